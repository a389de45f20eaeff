"""Attempts that are runs of other Workflows: which task waits for which child run, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sluice.api.run import DesiredState
from sluice.core import Instant
from sluice.core.run.children import CHILD_DISOWNED, ChildView
from sluice.core.run.dirty import DirtyUnits, Topic
from sluice.core.run.ready_tasks import ReadyTasks
from sluice.core.run.slots import Slots
from sluice.core.run.task_state import CreateFailure, TaskStep
from sluice.core.run.tasks import Tasks
from sluice.core.run.wind_down import WindDown


@dataclass(slots=True)
class ChildRuns:
    _tasks: Tasks
    _dirty: DirtyUnits
    _slots: Slots
    _ready: ReadyTasks
    _wind_down: WindDown
    desired_state_version: int = 0
    """Grows whenever the desired state of a child run may have changed."""
    _waiting: dict[str, int] = field(default_factory=dict)
    """The unit that waits for a child run, by its name."""

    def begin(self, number: int, now: Instant) -> None:
        """The next attempt of a ready unit: its child run may be made."""
        task = self._tasks[number]
        task.begin(now)
        self._slots.take(number)
        task.move(TaskStep.CALLING)
        self._waiting[self._tasks.pod_name(number)] = number

    def is_awaited(self, number: int, attempt: int) -> bool:
        """Does the unit wait for the child run of this attempt to be made?"""
        task = self._tasks[number]
        return task.step is TaskStep.CALLING and task.attempt == attempt and task.child is None

    def confirm(self, number: int, attempt: int) -> bool:
        """Is the child run of this attempt still to be made? Asked right before it is."""
        return self.is_awaited(number, attempt) and not self._tasks[number].pod_deleted

    def refused(self, number: int, failure: CreateFailure) -> None:
        """The API server did not make it. The unit holds no slot while it waits for its next turn."""
        self.given_up(number, failure)
        self._slots.free(number)

    def given_up(self, number: int, failure: CreateFailure) -> None:
        """The API server did not make it, and asking again would not help: the attempt is about to end."""
        self._tasks[number].refused = failure

    def observe(self, child: ChildView) -> None:
        """A child run as it is now."""
        number = self._waiting.get(child.name)
        if number is None:
            return
        task = self._tasks[number]
        if task.pod_deleted or (task.child is not None and child.version <= task.child.version):
            return
        if task.refused is not None and task.step in (TaskStep.READY, TaskStep.BACKOFF):  # it was carried out after all
            self._ready.remove(number)
            self._slots.take(number)
            task.move(TaskStep.CALLING)
            self._wind_down.changed(number)
        if task.step is not TaskStep.CALLING:
            return
        task.child, task.refused, task.retry_at = child, None, None
        self._dirty.mark(Topic.POD, number)

    def observe_deleted(self, child: ChildView) -> None:
        """A child run was removed from the API server; `child` is how it was last seen."""
        number = self._waiting.get(child.name)
        if number is not None and self._tasks[number].step is TaskStep.CALLING:
            self._tasks[number].pod_deleted = True
            self._tasks[number].refused = None  # it was made, so its attempt counts
            self._dirty.mark(Topic.POD, number)

    def observe_disowned(self, child: ChildView) -> None:
        """A child run no longer says that it is one: it counts as gone, as it would after a restart. `child` is how it
        was before.
        """
        number = self._waiting.get(child.name)
        if number is not None and self._tasks[number].step is TaskStep.CALLING:
            self._tasks[number].termination_cause = self._tasks[number].termination_cause or CHILD_DISOWNED
        self.observe_deleted(child)

    def ended(self, number: int) -> None:
        """A child run has ended or is gone."""
        self._waiting.pop(self._tasks.pod_name(number), None)
        self._slots.free(number)

    def desired_state(self, child: str, parent: DesiredState) -> tuple[DesiredState, str]:
        """Of a child run, given that of its parent; and why if it is Stopped."""
        number = self._waiting.get(child)
        if number is None:  # made after all, when nobody waited for it any more
            return "Stopped", "its attempt has ended"
        task = self._tasks[number]
        if task.termination_cause is not None:
            return "Stopped", task.termination_cause.message
        if task.step is TaskStep.ENDED:  # while nobody knew that the child exists
            return "Stopped", self._wind_down.why or "its task has ended"
        return ("Suspended" if parent == "Suspended" else "Running"), ""

    def desired_state_changed(self) -> None:
        self.desired_state_version += 1

    def restore(self, number: int, child: ChildView | None) -> None:
        """An attempt is under way; its child run is gone if there is none."""
        task = self._tasks[number]
        task.move(TaskStep.CALLING)
        task.child, task.retry_at, task.pod_deleted = child, None, child is None
        self._slots.take(number)
        self._waiting[self._tasks.pod_name(number)] = number
        self._dirty.mark(Topic.POD, number)

    def restore_ended(self, number: int, names: Iterable[str]) -> None:
        """Child runs of a task that has ended."""
        self._waiting |= dict.fromkeys(names, number)
