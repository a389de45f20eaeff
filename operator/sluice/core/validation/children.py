"""Faults of tasks that run another Workflow: fields without a meaning there, and a Workflow that always runs
itself. One that does so on a condition may come to an end.
"""

from collections.abc import Iterator

from sluice.core.base.faults import Fault
from sluice.core.spec.arguments import arguments_fit
from sluice.core.validation.manifest import ParsedManifest

_FIELDS = frozenset(
    {
        "name",
        "group",
        "dependsOn",
        "runIf",
        "when",
        "allowFailure",
        "finally",
        "forEach",
        "retries",
        "outputs",
        "pendingTimeout",
        "deadline",
        "workflow",
    }
) | frozenset({"priority", "expectedDuration"})


def sub_workflows(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        if task.workflow is None or task.approval is not None:
            continue
        path = f"spec.tasks[{number}]"
        for field in task.model_dump(by_alias=True, exclude_none=True).keys() - _FIELDS:
            words = f"this task runs a Workflow and has no pod; set it in Workflow '{task.workflow.name}', or remove it"
            yield Fault(f"{path}.{field}", words)
        yield from arguments_fit(task.workflow.arguments or {}, f"{path}.workflow.arguments")
        if task.workflow.name == found.name and task.when is None:
            words = f"'{found.name}' would run itself, without end; name another Workflow"
            yield Fault(f"{path}.workflow.name", words)
