"""Attempts that are pods, from the decision to make the pod until it is terminal or gone.

An attempt that may start only once is recorded in the status before its pod is made. A pod that the API server refused
is made again under the same number; it may also turn up, if the create was carried out although the answer said no.
"""

from dataclasses import dataclass

from sluice.core import Instant
from sluice.core.pod.outcome import POD_DISOWNED
from sluice.core.pod.view import PodView
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.run.create_window import CreateBackoff, CreateWindow
from sluice.core.run.dirty import DirtyUnits, Topic
from sluice.core.run.lingering_pods import LingeringPods
from sluice.core.run.ready_tasks import ReadyTasks
from sluice.core.run.slots import Slots
from sluice.core.run.task_state import HOLDS_SLOT, CreateFailure, TaskStep
from sluice.core.run.tasks import Tasks
from sluice.core.run.wind_down import WindDown


@dataclass(slots=True)
class PodAttempts:
    _tasks: Tasks
    _dirty: DirtyUnits
    _slots: Slots
    lingering: LingeringPods
    _ready: ReadyTasks
    _wind_down: WindDown
    _creates: CreateWindow
    _shared: SharedLimits
    hardened: bool = False
    """Does the namespace ask for pods that satisfy PodSecurity's `restricted`?"""

    # Making the pod.

    def begin(self, number: int, now: Instant) -> bool:
        """The next attempt of a ready unit takes its slot. Returns whether its pod may be made at once; else the
        attempt must be recorded first.
        """
        task = self._tasks[number]
        task.begin(now)
        self._slots.take(number)
        if task.definition.at_most_once:
            task.move(TaskStep.RECORDING)
            self._creates.recording += 1
            self._dirty.mark(Topic.STATUS, number)
            return False
        task.move(TaskStep.CREATING)
        self._creates.in_flight += 1
        return True

    def recorded(self, number: int, attempt: int) -> None:
        """The attempt is in the run's status on the API server now."""
        task = self._tasks[number]
        if task.step is TaskStep.RECORDING and task.attempt == attempt:
            self._create_after_record(number)
            self._dirty.mark(Topic.RECORDED_ATTEMPT, number)

    def _create_after_record(self, number: int) -> None:
        self._tasks[number].move(TaskStep.CREATING)
        self._creates.recording -= 1
        self._creates.in_flight += 1

    def confirm(self, number: int, attempt: int, *, wanted: bool) -> bool:
        """Is the pod of this attempt still to be made? Asked right before it is. `wanted`: may the unit still start?"""
        task = self._tasks[number]
        if task.step is not TaskStep.CREATING or task.attempt != attempt:
            self._release(number, attempt)
            return False
        if not wanted or self._creates.overfull():
            self._release(number, attempt)
            self._creates.in_flight -= 1
            self._slots.free(number)
            if task.refused is None:  # it was not begun, and is not counted
                task.attempt -= 1
            self._ready.add(number)
            return False
        return True

    def was_not_made(self, number: int, attempt: int) -> bool:
        """The pod of this attempt holds no slots of pools. Returns whether it is waited for."""
        self._release(number, attempt)
        task = self._tasks[number]
        return task.step is TaskStep.CREATING and task.attempt == attempt

    def refused(self, number: int, failure: CreateFailure) -> None:
        """The API server did not make the pod, which is now or later made again."""
        self.given_up(number, failure)
        self._slots.free(number)

    def given_up(self, number: int, failure: CreateFailure) -> None:
        """The API server did not make the pod, and asking again would not help: the attempt is about to end."""
        self._tasks[number].refused = failure
        self._creates.in_flight -= 1

    def pause_creates(self, backoff: CreateBackoff) -> None:
        """The API server takes no more pods of this run for now."""
        self._creates.refused(backoff)
        self._ready.pods_wait_otherwise()

    def harden(self) -> None:
        self.hardened = True

    def release_unmade(self) -> None:
        """None of those is made any more that are not yet on their way to the API server."""
        granted = self._dirty.peek(Topic.RECORDED_ATTEMPT)
        for number, task in enumerate(self._tasks):
            if task.step is TaskStep.RECORDING or number in granted:
                self._release(number, task.attempt)

    def _release(self, number: int, attempt: int) -> None:
        """The pod of this attempt was not made, so it holds none of what runs share."""
        self._shared.release(self._tasks.identity.namespace, self._tasks.pod_name(number, attempt))

    # What was seen of it.

    def observe(self, pod: PodView) -> None:
        """A pod of this run as it is now: from a watch, a LIST or the answer to a POST."""
        if pod.terminal:
            self.lingering.over(pod)
        number = self._tasks.unit_of(pod)
        if number is None:
            return
        task = self._tasks[number]
        if pod.attempt != task.attempt or task.pod_deleted:
            return
        if task.refused is not None and task.step in (TaskStep.READY, TaskStep.BACKOFF):
            self._created_late(number)
        if task.step not in HOLDS_SLOT:
            return
        if task.pod is not None and (pod.uid != task.pod.uid or pod.version <= task.pod.version):
            return
        task.pod = pod.after(task.pod)
        if task.step is not TaskStep.LIVE:
            self._created(number)
        self._dirty.mark(Topic.POD, number)

    def observe_deleted(self, pod: PodView) -> None:
        """A pod of this run was removed from the API server; `pod` is how it was last seen."""
        self.lingering.over(pod)
        number = self._tasks.unit_of(pod)
        if number is None:
            return
        task = self._tasks[number]
        if pod.attempt != task.attempt or task.step not in HOLDS_SLOT:
            return
        if task.pod is not None and task.pod.uid != pod.uid:
            return
        if task.step is not TaskStep.LIVE:  # gone before the answer to its creation was read
            self._created(number)
        task.pod, task.pod_deleted = pod.after(task.pod), True
        self._dirty.mark(Topic.POD, number)

    def observe_disowned(self, pod: PodView) -> None:
        """A pod of this run no longer says that it is: it counts as gone, as it would after a restart. `pod` is how it
        was before.
        """
        number = self._tasks.unit_of(pod)
        if number is not None and pod.attempt == self._tasks[number].attempt and not pod.attempt_over:
            self._tasks[number].termination_cause = self._tasks[number].termination_cause or POD_DISOWNED
        self.observe_deleted(pod)

    def _created_late(self, number: int) -> None:
        """A create that counted as refused was carried out after all."""
        self._ready.remove(number)
        self._slots.take(number)
        self._creates.in_flight += 1
        self._tasks[number].move(TaskStep.CREATING)

    def _created(self, number: int) -> None:
        task = self._tasks[number]
        if task.step is TaskStep.RECORDING:  # somebody was faster than the record
            self._create_after_record(number)
        self._creates.in_flight -= 1
        task.move(TaskStep.LIVE)
        task.refused, task.retry_at, task.avoid_node = None, None, ""
        self._wind_down.changed(number)
        ready = sum(count for _, count in self._ready.pods.sizes()) if self._creates.size is not None else 0
        if self._creates.succeeded(ready):
            self._ready.pods_wait_otherwise()

    def restore(self, number: int) -> None:
        """An attempt is under way; its pod is gone if there is none."""
        task = self._tasks[number]
        task.move(TaskStep.LIVE)
        task.retry_at, task.pod_deleted = None, task.pod is None
        self._slots.take(number)
        self._dirty.mark(Topic.POD, number)
