"""Faults of `approval`: fields without a meaning where there is no pod, and decisions that no task asks for."""

from collections.abc import Collection, Iterator

from sluice.core.base.faults import Fault, Hint, listed
from sluice.core.spec.definition import Definition
from sluice.core.validation.manifest import ParsedManifest

_FIELDS = frozenset({"name", "group", "dependsOn", "runIf", "when", "allowFailure", "approval"})
_RUNS_NOTHING = "an approval waits for a person and has no pod; remove this, or make another task of it"
_WORDS = {
    "timeout": "an approval has no pod; write `approval.timeout`",
    "deadline": "an approval has no pod; write `approval.timeout`",
    "pendingTimeout": "an approval has no pod; write `approval.timeout`",
    "retries": "a decision is final; remove this",
    "finally": "what runs at the end must not wait for a person; remove this, or the approval",
}


def approvals(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        if task.approval is None:
            continue
        path = f"spec.tasks[{number}]"
        for field in task.model_dump(by_alias=True, exclude_none=True).keys() - _FIELDS:
            yield Fault(f"{path}.{field}", _WORDS.get(field, _RUNS_NOTHING))
        if task.approval.default is not None and task.approval.timeout is None:
            yield Fault(f"{path}.approval.default", "counts when the time is up, and there is no limit; add `timeout`")


def unknown_approvals(approvals: Collection[str], definition: Definition) -> list[Fault]:
    """Faults of a run's `spec.approvals` that are about no approval task. `approvals` are its keys."""
    known = {task.name for task in definition.tasks if task.approval is not None}
    unknown = set(approvals) - known
    return listed(
        Fault(f"spec.approvals.{name}", f"no approval task is called '{name}'", Hint(name, known)) for name in unknown
    )
