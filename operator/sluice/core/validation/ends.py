"""Faults of placeholders that ask how another task ended, where there is nothing to ask: the trigger rule leaves one
answer only, or that kind of task has none.
"""

from collections.abc import Iterator

from sluice.api.task import Task
from sluice.core.base.faults import Fault
from sluice.core.graph.references import Reference, references
from sluice.core.validation.manifest import ParsedManifest

_NO_EXIT_CODE = {
    "for_each": "a fan-out",
    "join": "a join",
    "wait": "a wait",
    "approval": "an approval",
    "workflow": "a task that runs a Workflow",
}


def ends_asked_for(found: ParsedManifest) -> Iterator[Fault]:
    tasks = {task.name: task for task in found.tasks.values()}
    for number, task in found.tasks.items():
        for reference in found.references[number]:
            read = reference.read
            if not read.end or (other := tasks.get(read.task)) is None or other is task:
                continue
            leader = task.for_each.same_as if task.for_each is not None else None
            if read.end != "phase" and leader == other.name:
                words = f"of an item of '{other.name}' only the phase and the outputs are kept"
                yield Fault(reference.path, f"$({read}) stands for nothing: {words}")
                continue
            yield from _no_exit_code(reference, other)
            waits = reference.alone and other.name in found.dependencies[number]
            if waits and (only := _only_answer(read.end, task, other)):
                rule = task.run_if or "AllSucceeded"
                words = f"{only} whenever '{task.name}' starts, as its runIf is {rule}"
                yield Fault(reference.path, f"$({read}) is {words}; write runIf: AllDone, or leave it out")
    for reference in references({"outputs": found.outputs}, "spec"):
        if reference.read.end and (other := tasks.get(reference.read.task)) is not None:
            yield from _no_exit_code(reference, other)


def _no_exit_code(reference: Reference, other: Task) -> Iterator[Fault]:
    kind = next((words for field, words in _NO_EXIT_CODE.items() if getattr(other, field) is not None), None)
    if reference.read.end == "exitCode" and kind is not None:
        words = f"'{other.name}' is {kind}, and has no exit code"
        yield Fault(reference.path, f"$({reference.read}) stands for nothing: {words}; ask for its phase")


def _only_answer(end: str, task: Task, other: Task) -> str:
    """What it always is; empty if that depends."""
    match task.run_if or "AllSucceeded", end:
        case "AllSucceeded", _ if other.allow_failure or (end == "message" and other.approval is not None):
            return ""
        case "AllSucceeded", _:
            return {"phase": "Succeeded", "exitCode": "0", "message": "empty"}[end]
        case "AllSkipped", "exitCode" if other.skip_exit_codes:
            return ""
        case "AllSkipped", _:
            return {"phase": "Skipped", "exitCode": "empty", "message": "empty"}[end]
    return ""
