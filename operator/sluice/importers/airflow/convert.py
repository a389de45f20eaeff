"""DAG files to Workflows: runs each in the box, and translates what it has recorded."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.validation import workflow_faults
from sluice.importers.airflow.dags.dag import Options, Translation
from sluice.importers.airflow.dags.names import workflow_of
from sluice.importers.airflow.dags.schedule import Triggers, schedule_of
from sluice.importers.airflow.dags.version import moving_start_date, version_of
from sluice.importers.airflow.record import box
from sluice.importers.airflow.record.recording import Dag, RecordedTask, Recording, read
from sluice.importers.airflow.record.roots import Roots
from sluice.importers.airflow.record.travel import TASK_FILE, CannotTravel, files_of, path_of
from sluice.importers.airflow.workflow import workflow_of_dag
from sluice.importers.report import Imported, Loss, Remark, Result

_ASKED = {
    "asked": "the importer went on as if it were empty or true; look at what follows",
    "called": "what it makes is missing",
    "edge": "the edge is missing",
}
_LONGEST_WORDS = 300
_NO_START = "it is another one each day; there is no `startAt`, and only what comes from now on is run"


@dataclass(frozen=True, slots=True)
class _Source:
    """A DAG file that was read."""

    file: Path
    roots: Roots
    recording: Recording


def convert(
    files: Sequence[Path],
    options: Options,
    roots: Sequence[Path] = (),
    found_in_folders: Collection[Path] = (),
    *,
    boxed: bool = True,
    run: bool = True,
) -> Result:
    """All files together, so that they can refer to each other. Raises isolation.NoBox.

    `found_in_folders`: those that nobody has named, and that need not make a DAG. `run`: are they run, or is only their
    syntax tree read?
    """
    result = Result()
    sources: list[_Source] = []
    found = [(file, Roots.of(file, roots)) for file in files]
    orders = ((_order(file, each, options, run=run), each.folders) for file, each in found)
    for (file, each), recorded in zip(found, box.record(orders, boxed=boxed), strict=True):
        try:
            sources.append(_Source(file, each, read(_text_of(recorded))))
        except (box.ChildEnded, ValueError) as error:
            result.refused.append(Remark(str(file), 1, str(error)))
    writers = _writers(sources)
    for source in sources:
        try:
            result.add(_converted(source, options, writers, found_in_folder=source.file in found_in_folders))
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as error:
            words = f"what came back of it is damaged: {type(error).__name__} {error}"[:_LONGEST_WORDS]
            result.refused.append(Remark(str(source.file), 1, words))
    _declare_arguments(result)
    return _without_twins(result)


def _declare_arguments(result: Result) -> None:
    """What a DAG is triggered with need not be among its params; what a Workflow is called with is a parameter."""
    specs = {each.name: each.manifest["spec"] for each in result.objects}
    calls = [task["workflow"] for spec in specs.values() for task in spec["tasks"] if "workflow" in task]
    for call in calls:
        if (called := specs.get(call["name"])) is not None:
            declared = {each["name"] for each in called.get("parameters", [])}
            default = {} if called.get("trigger") == "Manual" else {"default": ""}
            missing = [{"name": name} | default for name in call.get("arguments", {}) if name not in declared]
            if missing:
                called["parameters"] = [*called.get("parameters", []), *missing]


def _without_twins(result: Result) -> Result:
    """Refuses a Workflow whose name another one has."""
    names: set[str] = set()
    for each in list(result.objects):
        if each.name in names:
            result.objects.remove(each)
            place = Remark(each.source, 1, f"a second DAG becomes the Workflow {each.name}; give it another dag_id")
            result.refused.append(place)
        names.add(each.name)
    return result


def _order(file: Path, roots: Roots, options: Options, *, run: bool) -> str:
    order = {
        "file": str(file.resolve()),
        "module": path_of(file, roots)[: -len(".py")].replace("/", "."),
        "roots": [str(each) for each in roots.folders],
        "env": dict(options.env),
        "variables": dict(options.variables),
        "connections": dict(options.connections),
        "limits": box.LIMITS,
        "run": run,
    }
    return json.dumps(order)


def _text_of(recorded: str | box.ChildEnded) -> str:
    if isinstance(recorded, box.ChildEnded):
        raise recorded
    return recorded


def _converted(source: _Source, options: Options, writers: dict[str, list[str]], *, found_in_folder: bool) -> Result:
    file, recording, result = str(source.file), source.recording, Result()
    if recording.error is not None:
        result.refused.append(Remark(_shown(recording.error.file, source), recording.error.line, recording.error.words))
        return result
    dags = [dag for dag in recording.dags if dag.tasks]
    if not dags:
        makers = f"; these would: {', '.join(recording.makers)}" if recording.makers else ""
        kind = result.notes if found_in_folder else result.refused
        kind.append(Remark(file, 1, f"makes no DAG with tasks{makers}"))
        return result
    try:
        files = files_of(source.file, recording, source.roots)
    except CannotTravel as error:
        result.refused.append(Remark(file, 1, str(error)))
        return result
    events = [(kind, _shown(place, source), line, words) for kind, place, line, words in recording.events]
    result.notes += [Remark(place, line, words) for kind, place, line, words in events if kind not in _ASKED]
    lost = [Loss(place, line, words, _ASKED[kind]) for kind, place, line, words in events if kind in _ASKED]
    called = {task.fields["subdag"].get("$dag") for dag in dags for task in dag.tasks if _calls_sub_dag(task)}
    moving = moving_start_date(source.file)
    for dag in sorted(dags, key=lambda dag: dag.id not in called):  # what is called comes first, so that it is there
        if refused := _refused(dag, source):
            result.refused += refused
            continue
        airflow, told = version_of(source.file, dag, options)
        translation = Translation(dag, file, path_of(source.file, source.roots), options, airflow)
        if moving is not None and dag.start_date is not None:
            translation.losses.append(Loss(file, moving[0], f"start_date by {moving[1]}()", _NO_START))
            dag = dag.model_copy(update={"start_date": {"zone": dag.start_date.get("zone")}})  # noqa: PLW2901
        schedule = schedule_of(dag, airflow, writers) if dag.id not in called else Triggers({"trigger": "Manual"})
        translation.by_interval, translation.interval_s = schedule.by_interval, schedule.interval_s
        translation.travelling = [path for path in files["files"] if path != TASK_FILE]
        manifest = workflow_of_dag(translation, schedule, files, recording.marks)
        faults = [fault for fault in workflow_faults(manifest) if not _is_left(fault, manifest, translation)]
        if told:
            translation.note(None, told)
        result.notes += translation.notes
        result.refused += [Remark(file, _line(fault, manifest, translation), str(fault)) for fault in faults]
        if not faults:
            result.objects.append(Imported(manifest, [*lost, *translation.losses], source=file))
    return result


def _calls_sub_dag(task: RecordedTask) -> bool:
    return task.is_a("SubDagOperator") and isinstance(task.fields.get("subdag"), dict)


def _refused(dag: Dag, source: _Source) -> list[Remark]:
    """Faults of the graph, with the line that makes them."""
    file = str(source.file)
    names = [(dag.id or "", dag.line), *((task.id, task.line) for task in dag.tasks)]
    unknown = [line for name, line in names if "\ue000" in name or not name]
    if unknown:
        origins = ", ".join(source.recording.marks[:3]) or "nothing"
        words = (
            f"a name depends on {origins}, which only the installation knows; give --variables, --connections or --env"
        )
        return [Remark(file, line, words) for line in unknown]
    own = {edge.up: edge for edge in dag.connections if edge.up == edge.down}
    return [
        Remark(_shown(edge.file, source), edge.line, f"{edge.up} waits for itself here: it stands on both sides")
        for edge in own.values()
    ] or _circle(dag, source)


def _circle(dag: Dag, source: _Source) -> list[Remark]:
    """The last edge of a circle: of the tasks that stay when those that wait for nobody are taken away repeatedly."""
    waits = {task.id: {edge.up for edge in dag.connections if edge.down == task.id} for task in dag.tasks}
    while free := [task for task, before in waits.items() if not before & set(waits)]:
        for task in free:
            del waits[task]
    closing = next((edge for edge in reversed(dag.connections) if edge.up in waits and edge.down in waits), None)
    if closing is None:
        return []
    return [
        Remark(_shown(closing.file, source), closing.line, f"the tasks {', '.join(sorted(waits))} wait for each other")
    ]


def _writers(sources: Sequence[_Source]) -> dict[str, list[str]]:
    """By the URI of a dataset, the Workflows of the DAGs with a task that has it among its `outlets`."""
    found: dict[str, dict[str, None]] = {}
    for source in sources:
        for dag in source.recording.dags:
            for task in dag.tasks:
                outlets = task.fields.get("outlets")
                for outlet in outlets if isinstance(outlets, list) else []:
                    if isinstance(outlet, dict) and isinstance(outlet.get("$asset"), str) and dag.id:
                        found.setdefault(outlet["$asset"], {})[workflow_of(dag.id)] = None
    return {uri: list(names) for uri, names in found.items()}


def _is_left(fault: Fault, manifest: Json, dag: Translation) -> bool:
    left = {loss.task for loss in dag.losses if loss.left}
    return ("" in left and fault.path.startswith("spec.parameters[")) or any(
        fault.path.startswith(f"spec.tasks[{number}]")
        for number, task in enumerate(manifest["spec"]["tasks"])
        if task["name"] in left
    )


def _line(fault: Fault, manifest: Json, dag: Translation) -> int:
    """Of the task that a fault is about, else of the DAG."""
    for number, task in enumerate(manifest["spec"]["tasks"]):
        if fault.path.startswith(f"spec.tasks[{number}]"):
            return next((each.line for each in dag.dag.tasks if dag.names[each.id] == task["name"]), dag.dag.line)
    return dag.dag.line


def _shown(place: str, source: _Source) -> str:
    """A file as the user would write it."""
    if place in ("", str(source.file.resolve())):
        return str(source.file)
    return source.roots.path_of(Path(place)) or place
