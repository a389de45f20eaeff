"""A DAG as a Workflow: its tasks in the order of the file, its parameters, its limits and its schedule."""

from collections import Counter
from typing import Any

from sluice.api import API_VERSION
from sluice.core import Json
from sluice.importers.airflow.dags.dag import RETURNED, Translation
from sluice.importers.airflow.dags.external import after
from sluice.importers.airflow.dags.names import parameter_of, workflow_of
from sluice.importers.airflow.dags.schedule import Triggers
from sluice.importers.airflow.dags.values import duration, number, seconds_of
from sluice.importers.airflow.record.recording import RecordedTask
from sluice.importers.airflow.sluice_airflow.names import name_of
from sluice.importers.airflow.tasks import common
from sluice.importers.airflow.tasks.actions import action
from sluice.importers.airflow.tasks.branches import condition, set_choice_outputs
from sluice.importers.airflow.tasks.mapping import for_each
from sluice.importers.airflow.tasks.teardowns import hidden_by, is_final, is_looked_away_from
from sluice.importers.airflow.texts.holes import DATES, filled

_RUNS_NOTHING = {"approval", "join", "wait"}
_NO_POD = {*_RUNS_NOTHING, "workflow"}
_TYPES = {
    "string": "String",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "object": "Json",
    "array": "Json",
}
_TOLERANT = {
    "AllDone",
    "AllFailed",
    "OneFailed",
    "OneDone",
    "OneSucceeded",
    "AllDoneOneSucceeded",
    "Always",
    "NoneSkipped",
    "AllSkipped",
}
_NOTES = {
    "tags",
    "doc_md",
    "on_failure_callback",
    "on_success_callback",
    "owner_links",
    "access_control",
    "default_view",
    "orientation",
    "sla_miss_callback",
    "dag_display_name",
}
_SHARED = ("retries", "timeout")


def workflow_of_dag(dag: Translation, schedule: Triggers, files: Json, marks: list[str]) -> Json:
    for name, value in dag.dag.params.items():
        _declare(name, value, dag)
    set_choice_outputs(dag)
    tasks = [_task(task, dag, marks) for task in dag.dag.tasks]
    if dag.dates:
        tasks.insert(0, _dates_task(dag))
    for what, instead in schedule.losses:
        dag.lose(None, what, instead)
    times = after(dag, schedule)
    if times.get("trigger") != "Manual":
        _ask_for_values(dag)
        _pause(times, dag)
    spec: Json = {}
    if description := dag.dag.description:
        dag.note(None, f"description: {str(description)[:200]}")
    if dag.parameters:
        spec["parameters"] = list(dag.parameters.values())
    spec |= times | _limits(dag, tasks, schedule)
    if any("function" in task for task in tasks):
        spec |= files
    elif any("files" in task for task in tasks):
        spec["files"] = {path: files["files"][path] for path in dag.travelling}
    if defaults := _defaults(tasks, dag):
        spec["defaults"] = defaults
    spec["tasks"] = tasks
    if dag.returned is not None:
        task, key = dag.returned
        spec["outputs"] = {RETURNED: f"$(tasks.{dag.names[task]}.outputs.{parameter_of(key)})"}
    name = workflow_of(str(dag.dag.id))
    return {"apiVersion": API_VERSION, "kind": "Workflow", "metadata": {"name": name}, "spec": spec}


def _task(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    does = action(task, dag, marks)
    before = common.order(task, dag)
    used = [each for each in dag.read[task.id] if each not in dag.upstream[task.id]]
    if late := [dag.names[each] for each in used if each in dag.reachable(task.id, dag.upstream)]:
        before["dependsOn"] = [*before.get("dependsOn", []), *late]
    fields: Json = {"name": dag.names[task.id]}
    if task.group:
        fields["group"] = name_of(task.group)
    fields |= before
    if when := condition(task, dag):
        fields["when"] = when
    if not set(does) & _NO_POD:
        fields |= for_each(task, dag)
    fields |= common.limits(task, dag, has_pod=not set(does) & _NO_POD)
    if set(does) & _RUNS_NOTHING:
        fields.pop("retries", None)
    if is_looked_away_from(task):
        fields["allowFailure"] = True
    if is_final(task, dag):
        fields["finally"] = True
    made: Json = filled(fields | does, marks, dag)
    if "forEach" in made and (width := common.items_at_once(task)):
        made["forEach"]["parallelism"] = width
    return made


def _dates_task(dag: Translation) -> Json:
    """Makes the texts of the run's times for tasks that have no shell."""
    lines = [f'echo "{name}=$({command})" >> "$SLUICE_OUTPUTS"' for name, command in dag.dates.items()]
    dag.note(None, f"the task {DATES} makes {', '.join(dag.dates)} for tasks that have no shell")
    return {"name": DATES, "bash": "\n".join(lines) + "\n", "outputs": list(dag.dates)}


def _declare(name: str, value: Any, dag: Translation) -> None:
    parameter = dag.parameters[dag.parameter(name)]
    schema: Json = {}
    if isinstance(value, dict) and "$param_of" in value:
        schema = value["schema"] if isinstance(value.get("schema"), dict) else {}
        if isinstance(value.get("description"), str):
            parameter["description"] = value["description"][:1024]
        value = value["$param_of"]
    kind = schema.get("type")
    kinds = [each for each in (kind if isinstance(kind, list) else [kind]) if each != "null"]
    found = _TYPES.get(str(kinds[0])) if len(kinds) == 1 else None
    found = found or _type_of(value)
    if found != "String":
        parameter["type"] = found
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        parameter["enum"] = [each for each in schema["enum"] if each is not None]
    if value is not None:
        parameter["default"] = value
    if limits := sorted(
        set(schema) - {"type", "enum", "title", "description_md", "section", "format", "description", "examples"}
    ):
        dag.lose(None, f"{', '.join(limits)} of the parameter {name}", "not checked")


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer"
    if isinstance(value, float):
        return "Number"
    return "Json" if isinstance(value, dict | list) else "String"


def _ask_for_values(dag: Translation) -> None:
    """A run that starts by itself needs a value for each parameter."""
    for name, parameter in dag.parameters.items():
        if "default" not in parameter:
            dag.lose(
                None, f"parameter {name}", "needs a `default`; --variables FILE gives those of Variables", left=True
            )


def _pause(times: Json, dag: Translation) -> None:
    if dag.dag.fields.get("is_paused_upon_creation") is not True:
        return
    if "schedule" in times:
        times["schedule"]["suspend"] = True
    else:
        dag.lose(None, "is_paused_upon_creation", "it runs by itself as soon as it is there")


def _limits(dag: Translation, tasks: list[Json], schedule: Triggers) -> Json:
    said = dag.dag.fields
    spec: Json = {}
    if (width := number(said.get("max_active_tasks", said.get("concurrency")))) is not None and width > 0:
        spec["parallelism"] = width
    if (runs := common.runs_at_once(dag)) > 1 and "schedule" in schedule.fields:
        spec["concurrency"] = {"maxRuns": runs}
    if timeout := seconds_of(said.get("dagrun_timeout")):
        spec["timeout"] = duration(timeout)
    if said.get("fail_fast") is True or said.get("fail_stop") is True:
        spec["failFast"] = "Stop"
    if _goes_by_leaves(tasks, dag):
        spec["failWhen"] = "LeafFailed"
    if said.get("render_template_as_native_obj") is True:
        dag.lose(None, "render_template_as_native_obj", "templates give texts; make values of them in the task")
    if noted := sorted(_NOTES & {name for name, value in said.items() if value}):
        dag.note(None, f"{', '.join(noted)} of the DAG have no meaning here")
    return spec


def _goes_by_leaves(tasks: list[Json], dag: Translation) -> bool:
    """Does a task run after a failure, so that it takes a leaf to fail the run?"""
    teardowns = {dag.names[task.id]: task for task in dag.dag.tasks if is_looked_away_from(task)}
    if not any(task.get("runIf") in _TOLERANT for task in tasks if task["name"] not in teardowns):
        return False
    for task in tasks:
        teardown = teardowns.get(task["name"])
        if teardown is not None and "finally" not in task and (hidden := hidden_by(teardown, dag)):
            dag.lose(teardown, "teardown", f"the run succeeds although {', '.join(hidden)} before it failed")
    return True


def _defaults(tasks: list[Json], dag: Translation) -> Json:
    """The image of scripts and functions, and what all tasks with a pod say alike, which is taken out of them."""
    defaults: Json = {}
    with_pod = [task for task in tasks if not set(task) & _NO_POD]
    if any(set(task) & {"bash", "function"} and "image" not in task for task in with_pod):
        defaults["image"] = dag.options.image
    said = [task for task in with_pod if task["name"] != DATES]
    for field in _SHARED:
        values = Counter(repr(task.get(field)) for task in said)
        if len(said) > 1 and len(values) == 1 and said[0].get(field) is not None:
            defaults[field] = said[0][field]
            for task in said:
                del task[field]
    return defaults
