"""All faults of a manifest, each with its path. The operator and `sluice lint` both call this.

Each task is parsed by itself, so that a wrong field in one does not hide the faults of the others. Then the checks run
in order over what could be parsed.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from sluice.api.crd import MAX_WORKFLOW_NAME
from sluice.api.pool import PoolSpec
from sluice.api.run import WorkflowRunSpec
from sluice.api.task import Task, TaskTemplate
from sluice.api.workflow import Parameter, WorkflowSpec
from sluice.core import Json
from sluice.core.base.errors import Fault
from sluice.core.base.naming import graph_of
from sluice.core.graph.references import references
from sluice.core.spec.definition import Definition
from sluice.core.validation import concurrency, container, graph, limits, outputs, retries, values, volumes
from sluice.core.validation.after import successions
from sluice.core.validation.approvals import approvals
from sluice.core.validation.arguments import argument_faults
from sluice.core.validation.backfill import backfill_faults
from sluice.core.validation.children import sub_workflows
from sluice.core.validation.fan_out import fan_outs
from sluice.core.validation.manifest import Manifest, name_of
from sluice.core.validation.schedule import schedules
from sluice.core.validation.shape import parse_model
from sluice.core.validation.when import when_faults

__all__ = ["backfill_faults", "pool_faults", "run_faults", "workflow_faults", "workflow_warnings"]

_ANY_TASK: Json = {"name": "any"}  # where only the number of tasks counts


def workflow_faults(manifest: Json, *, chart_has_image: bool = False) -> list[Fault]:
    """All faults of a Workflow, by path. An empty list means that it can run.

    `chart_has_image`: the operator has a default image for tasks.
    """
    faults = list(_name_faults(manifest))
    raw = manifest.get("spec")
    if not isinstance(raw, dict):
        return [*faults, Fault("spec", "is required; it needs at least `tasks`")]
    parts: Json = {"tasks": [], "parameters": [], "defaults": {}}
    parts |= {name: raw[name] for name in parts if isinstance(raw.get(name), type(parts[name]))}
    empty = {"tasks": [_ANY_TASK] * len(parts["tasks"]), "parameters": [], "defaults": {}}
    parse_model(
        WorkflowSpec, raw | {name: empty[name] for name in parts if raw.get(name) == parts[name]}, "spec", faults
    )
    tasks = {
        number: parse_model(Task, task, f"spec.tasks[{number}]", faults) for number, task in enumerate(parts["tasks"])
    }
    parameters = {
        number: parse_model(Parameter, parameter, f"spec.parameters[{number}]", faults)
        for number, parameter in enumerate(parts["parameters"])
    }
    found = Manifest(
        name=name_of(manifest.get("metadata")) or "",
        raw=raw,
        defaults=parse_model(TaskTemplate, parts["defaults"], "spec.defaults", faults),
        parameters={number: parameter for number, parameter in parameters.items() if parameter is not None},
        names=[name_of(task) for task in parts["tasks"]],
        tasks={number: task for number, task in tasks.items() if task is not None},
        references={
            number: list(references(parts["tasks"][number], f"spec.tasks[{number}]"))
            for number, task in tasks.items()
            if task is not None
        },
        final=frozenset(task.name for task in tasks.values() if task is not None and task.finally_),
        chart_has_image=chart_has_image,
    )
    faults += [fault for check in _CHECKS for fault in check(found)]
    return sorted(faults, key=_position)


def workflow_warnings(manifest: Json) -> list[Fault]:
    """What may go wrong with a Workflow. It must have no faults."""
    spec = manifest["spec"]
    definition = Definition.of(graph_of(spec))
    warnings = list(values.placeholders_in_shell_commands(definition))
    if spec.get("parallelism") != 1:
        warnings += volumes.one_node_at_a_time(definition)
    return sorted(warnings, key=_position)


def run_faults(spec: Json, parameters: Mapping[str, str | None]) -> list[Fault]:
    """All faults of a WorkflowRun. `parameters` are its Workflow's: the default by name, None if there is none."""
    faults: list[Fault] = []
    found = parse_model(WorkflowRunSpec, spec, "spec", faults)
    if found is None:
        return sorted(faults)
    return sorted(argument_faults(found.parameters or {}, parameters))


def pool_faults(manifest: Json) -> list[Fault]:
    """All faults of a Pool."""
    faults: list[Fault] = []
    parse_model(PoolSpec, manifest.get("spec"), "spec", faults)
    return sorted(faults)


def _name_faults(manifest: Json) -> Iterator[Fault]:
    name = name_of(manifest.get("metadata")) or ""
    if len(name) > MAX_WORKFLOW_NAME:
        yield Fault(
            "metadata.name", f"has {len(name)} characters; at most {MAX_WORKFLOW_NAME} fit, as runs are named after it"
        )


_CHECKS: tuple[Callable[[Manifest], Iterator[Fault]], ...] = (
    graph.unique_names,
    graph.known_dependencies,
    graph.trigger_rules,
    graph.no_cycles,
    outputs.declared_once,
    outputs.log_has_some,
    outputs.known_references,
    when_faults,
    values.no_placeholder_in_scripts,
    values.known_placeholders,
    values.parameters,
    values.scripts_fit,
    fan_outs,
    approvals,
    sub_workflows,
    container.something_to_run,
    container.timeouts,
    container.quantities,
    container.pod_templates,
    retries.out_of_memory,
    volumes.claim_templates,
    volumes.known_volumes,
    retries.polls,
    limits.one_entry_for_a_pool,
    limits.held_by_tasks_or_by_runs,
    concurrency.contradictions,
    schedules,
    successions,
)


def _position(fault: Fault) -> tuple[list[tuple[int, int | str]], str]:
    """Sorts `tasks[10]` after `tasks[9]`."""
    parts = re.findall(r"\d+|[^\d]+", fault.path)
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts], fault.message
