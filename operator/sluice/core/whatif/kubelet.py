"""Made-up pods: each runs from the moment it is made, and ends with what it is expected to hand on, or at its limit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sluice.core import Instant, Json
from sluice.core.base.ownership import AttemptRef
from sluice.core.base.text import as_json, as_text
from sluice.core.pod.deadlines import seconds_allowed
from sluice.core.pod.view import ContainerState, PodView
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState
from sluice.core.spec.outputs import MARK, OutputsFile

_KILLED = 137


@dataclass(frozen=True, slots=True)
class Expected:
    """What a task does: it takes `duration_s`, each item of a fan-out as long, and hands on `outputs`, which are lists
    if it is a fan-out. A key that it declares and that is not there is null.
    """

    duration_s: float
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def of_unit(self, task: TaskState) -> Json:
        """The outputs of one task, or of one item."""
        found = {key: self.outputs.get(key) for key in task.definition.outputs}
        return found if task.group is None else {key: _at(value, task.index) for key, value in found.items()}


def _at(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, list) and index < len(value) else None


def see(run: RunState, pod: PodView) -> None:
    run.shared.observe_pod(run.tasks.with_claims(pod))
    run.pods.observe(pod)


def running_pod(run: RunState, number: int, now: Instant, limit_s: int | None = None) -> PodView:
    task, identity = run.tasks[number], run.identity
    name = run.tasks.pod_name(number)
    return PodView(
        name=name,
        namespace=identity.namespace,
        uid=name,
        version=1,
        attempt_of=AttemptRef(
            identity.ref, task.definition.name, None if task.group is None else task.index, task.attempt
        ),
        phase="Running",
        created_at=now,
        scheduled_at=now,
        deadline_at=None if limit_s is None else now + limit_s,
        container=ContainerState(started_at=now),
    )


def allowed_s(task: TaskState, now: Instant) -> int | None:
    """How long its node lets the pod go on that is made now; None for no limit."""
    return seconds_allowed(task.definition, task.first_started_at, now)


def ended(pod: PodView, task: TaskState, outputs: Json, now: Instant) -> PodView:
    """The pod as it is when its program has ended well, or its node has ended it since its time was up."""
    if pod.deadline_at is not None and pod.deadline_at <= now:
        container = replace(pod.container, finished_at=now, exit_code=_KILLED)
        return replace(pod, version=pod.version + 1, phase="Failed", reason="DeadlineExceeded", container=container)
    text = written(task, outputs) if outputs and not task.definition.outputs_in_log else ""
    file = OutputsFile(text, len(text.encode()) + 1) if text else None
    container = replace(pod.container, finished_at=now, exit_code=0, written=file)
    return replace(pod, version=pod.version + 1, phase="Succeeded", container=container)


def written(task: TaskState, outputs: Json) -> str:
    """What the program leaves in its file, or in its log."""
    if task.definition.outputs_as_text:
        return as_text(outputs[task.definition.outputs[0]])
    return (MARK if task.definition.outputs_in_log else "") + as_json(outputs)


def killed(pod: PodView, now: Instant) -> PodView:
    """The pod as it is when the operator has ended it."""
    container = replace(pod.container, finished_at=now, exit_code=_KILLED)
    return replace(pod, version=pod.version + 1, phase="Failed", deletion_asked_at=now, container=container)
