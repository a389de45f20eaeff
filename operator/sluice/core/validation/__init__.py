"""All faults of a manifest, each with its path. The operator and `sluice lint` both call this.

Each task is parsed by itself, so that a wrong field in one does not hide the faults of the others. Then the checks run
in order over what could be parsed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

from pydantic import BaseModel

from sluice.api.parameter import Parameter
from sluice.api.pool import PoolSpec
from sluice.api.run import WorkflowRunSpec
from sluice.api.task import Task, TaskTemplate
from sluice.api.workflow import MAX_TASKS, WorkflowSpec
from sluice.core import Json
from sluice.core.base.faults import FOUND_AT_MOST, Fault, listed
from sluice.core.base.naming import graph_of
from sluice.core.graph.references import references
from sluice.core.spec.arguments import argument_faults, arguments_fit
from sluice.core.spec.definition import Definition
from sluice.core.spec.parameter import ParameterDeclaration
from sluice.core.validation import (
    concurrency,
    container,
    graph,
    limits,
    outputs,
    resources,
    retries,
    surprises,
    values,
    volumes,
)
from sluice.core.validation.after import successions
from sluice.core.validation.approvals import approvals
from sluice.core.validation.backfill import backfill_faults
from sluice.core.validation.children import sub_workflows
from sluice.core.validation.choices import choices, unused_parts
from sluice.core.validation.comparisons import texts_taken_for_numbers
from sluice.core.validation.ends import ends_asked_for
from sluice.core.validation.fan_out import fan_outs
from sluice.core.validation.files import files, files_of_tasks
from sluice.core.validation.joins import joins_and_waits
from sluice.core.validation.lookalikes import lookalikes
from sluice.core.validation.manifest import ParsedManifest, dependency_paths, name_of, names_with
from sluice.core.validation.names import metadata_faults
from sluice.core.validation.numbers import late_numbers
from sluice.core.validation.paths import paths_fit
from sluice.core.validation.schedule import schedules
from sluice.core.validation.shape import parse_model
from sluice.core.validation.when import conditions_fit, when_faults

__all__ = ["backfill_faults", "metadata_faults", "pool_faults", "run_faults", "workflow_faults", "workflow_warnings"]

_Part = TypeVar("_Part", bound=BaseModel)
_ANY_TASK: Json = {"name": "any"}  # where only the number of tasks counts


def workflow_faults(manifest: Json, *, chart_has_image: bool = False) -> list[Fault]:
    """All faults of a Workflow, by path. An empty list means that it can run.

    `chart_has_image`: the operator has a default image for tasks.
    """
    faults = list(metadata_faults("Workflow", manifest.get("metadata", {})))
    raw = manifest.get("spec")
    if not isinstance(raw, dict):
        return [*faults, Fault("spec", "is required; it needs at least `tasks`")]
    if too_long := list(paths_fit(raw)):
        return listed([*faults, *too_long])
    parts: Json = {"tasks": [], "parameters": [], "defaults": {}}
    parts |= {name: raw[name] for name in parts if isinstance(raw.get(name), type(parts[name]))}
    empty = {"tasks": [_ANY_TASK] * len(parts["tasks"]), "parameters": [], "defaults": {}}
    parse_model(
        WorkflowSpec, raw | {name: empty[name] for name in parts if raw.get(name) == parts[name]}, "spec", faults
    )
    tasks = _parsed(Task, parts["tasks"][:MAX_TASKS], "spec.tasks", faults)
    if too_long := list(conditions_fit(tasks)):
        return listed([*faults, *too_long])
    final = names_with("finally", raw)
    read = {number: list(references(parts["tasks"][number], f"spec.tasks[{number}]")) for number in tasks}
    found = ParsedManifest(
        name=name_of(manifest.get("metadata")) or "",
        raw=raw,
        defaults=parse_model(TaskTemplate, parts["defaults"], "spec.defaults", faults),
        parameters=_parsed(Parameter, parts["parameters"], "spec.parameters", faults),
        names=[name_of(task) for task in parts["tasks"]],
        tasks=tasks,
        references=read,
        final=final,
        chart_has_image=chart_has_image,
        dependencies={number: dependency_paths(number, task, read[number], final) for number, task in tasks.items()},
    )
    return listed(chain(faults, *(islice(check(found), FOUND_AT_MOST) for check in _CHECKS)))


def _parsed(model: type[_Part], parts: Sequence[Any], path: str, faults: list[Fault]) -> dict[int, _Part]:
    """Those that can be parsed, by number. The faults of the others are added to `faults`."""
    parsed = ((number, parse_model(model, part, f"{path}[{number}]", faults)) for number, part in enumerate(parts))
    return {number: part for number, part in parsed if part is not None}


def workflow_warnings(manifest: Json) -> list[Fault]:
    """What may go wrong with a Workflow. It must have no faults."""
    spec = manifest["spec"]
    definition = Definition.of(graph_of(spec))
    warnings = [
        *values.placeholders_in_shell_commands(definition),
        *unused_parts(definition),
        *texts_taken_for_numbers(definition),
        *outputs.mixed_streams(definition),
        *surprises.scripts(definition),
        *surprises.restart_policies(spec),
    ]
    if spec.get("parallelism") != 1:
        warnings += volumes.one_node_at_a_time(definition)
    return listed(warnings)


def run_faults(
    spec: Json, parameters: Mapping[str, ParameterDeclaration] | None, *, started: bool = False
) -> list[Fault]:
    """All faults of a WorkflowRun. `parameters` are its Workflow's, None if they are not known. One that has `started`
    goes on whatever the size of its arguments.
    """
    faults: list[Fault] = []
    found = parse_model(WorkflowRunSpec, spec, "spec", faults)
    if found is None:
        return listed(faults)
    given = found.arguments or {}
    faults += () if started else arguments_fit(given)
    faults += () if parameters is None else argument_faults(given, parameters)
    return listed(faults)


def pool_faults(manifest: Json) -> list[Fault]:
    """All faults of a Pool."""
    faults: list[Fault] = []
    parse_model(PoolSpec, manifest.get("spec"), "spec", faults)
    return listed(faults)


_CHECKS: tuple[Callable[[ParsedManifest], Iterator[Fault]], ...] = (
    graph.unique_names,
    graph.known_dependencies,
    graph.trigger_rules,
    graph.no_cycles,
    outputs.declared_once,
    outputs.log_has_some,
    outputs.stdout_is_one_value,
    outputs.known_references,
    ends_asked_for,
    when_faults,
    values.no_placeholder_in_scripts,
    values.known_placeholders,
    lookalikes,
    choices,
    values.parameters,
    late_numbers,
    values.scripts_fit,
    values.fit_for_exec,
    fan_outs,
    approvals,
    joins_and_waits,
    sub_workflows,
    container.something_to_run,
    files,
    files_of_tasks,
    container.timeouts,
    resources.quantities,
    resources.requests_and_limits,
    container.pod_templates,
    retries.out_of_memory,
    volumes.claim_templates,
    volumes.known_volumes,
    retries.at_most_once,
    retries.polls,
    retries.skipped_exit_codes,
    limits.one_entry_for_a_pool,
    limits.held_by_tasks_or_by_runs,
    concurrency.contradictions,
    schedules,
    successions,
)
