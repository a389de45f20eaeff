"""The state of a unit: a task, or an item of a fan-out.

`TRANSITIONS` is the machine that each unit goes through; README.md beside this file draws it. A unit holds a slot of
the run's parallelism from RECORDING until its pod is terminal or gone. Two kinds of task hold none: an approval, and a
task that runs another Workflow. The items of a fan-out are units of their own, numbered after the named tasks.

Only `RunState` and its parts change a unit, so that counts, slots and dirty units stay in step.
"""

from dataclasses import dataclass, field, replace
from enum import Enum

from sluice.api.run import TaskPhase
from sluice.core import Instant, Json
from sluice.core.graph.trigger_rules import Tally
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.view import PodView
from sluice.core.run.children import ChildView
from sluice.core.run.polling import Polling
from sluice.core.run.retries import RetriesUsed, Retry, next_attempt, reset_retries
from sluice.core.spec.ending import Outcome
from sluice.core.spec.outputs import bytes_in_log
from sluice.core.spec.task import TaskDefinition


class TaskStep(Enum):
    WAITING = "for its dependencies"
    READY = "to start when the limits allow it"
    BACKOFF = "between two attempts"
    ON_HOLD = "for a person's decision"
    RECORDING = "until the attempt is in the run's status"
    CREATING = "for the API server's answer"
    LIVE = "for its pod to end"
    FANNED_OUT = "for its items to end"
    CALLING = "for its run of another Workflow to end"
    ENDED = "ended"


TRANSITIONS: dict[tuple[TaskStep, TaskStep], str] = {
    (TaskStep.WAITING, TaskStep.READY): "dependencies allow it",
    (TaskStep.WAITING, TaskStep.ON_HOLD): "the dependencies of an approval or a wait allow it",
    (TaskStep.WAITING, TaskStep.FANNED_OUT): "its items are counted",
    (TaskStep.WAITING, TaskStep.ENDED): "skipped, stopped, failed upstream, or restored",
    (TaskStep.WAITING, TaskStep.LIVE): "restored",
    (TaskStep.WAITING, TaskStep.CALLING): "restored",
    (TaskStep.WAITING, TaskStep.BACKOFF): "restored",
    (TaskStep.READY, TaskStep.READY): "the run's priority changed",
    (TaskStep.READY, TaskStep.RECORDING): "granted, at most once",
    (TaskStep.READY, TaskStep.CREATING): "granted, or created although refused",
    (TaskStep.READY, TaskStep.CALLING): "granted, or created although refused",
    (TaskStep.READY, TaskStep.ENDED): "stopped, or its time is up",
    (TaskStep.BACKOFF, TaskStep.READY): "the backoff is over",
    (TaskStep.BACKOFF, TaskStep.CREATING): "created although refused",
    (TaskStep.BACKOFF, TaskStep.CALLING): "created although refused",
    (TaskStep.BACKOFF, TaskStep.ENDED): "stopped, or its time is up",
    (TaskStep.ON_HOLD, TaskStep.ENDED): "decided, timed out, or stopped",
    (TaskStep.RECORDING, TaskStep.CREATING): "recorded",
    (TaskStep.CREATING, TaskStep.READY): "cancelled, or refused for the whole run",
    (TaskStep.CREATING, TaskStep.BACKOFF): "refused",
    (TaskStep.CREATING, TaskStep.LIVE): "created",
    (TaskStep.CREATING, TaskStep.ENDED): "refused for good",
    (TaskStep.LIVE, TaskStep.BACKOFF): "the attempt ended, with another to come",
    (TaskStep.LIVE, TaskStep.ENDED): "the last attempt ended",
    (TaskStep.CALLING, TaskStep.BACKOFF): "refused, or ended with another attempt to come",
    (TaskStep.CALLING, TaskStep.ENDED): "the last child run ended",
    (TaskStep.FANNED_OUT, TaskStep.ENDED): "its last item ended",
}
"""Every move that a unit can make, and why. Any other is a bug of ours."""


ANY_ATTEMPT = -1
"""In place of an attempt's number: a timer for the task as a whole."""

HOLDS_SLOT = frozenset({TaskStep.RECORDING, TaskStep.CREATING, TaskStep.LIVE})


@dataclass(frozen=True, slots=True)
class CreateFailure:
    """How the API server last refused a task: what it said, since when, and how many times in a row."""

    refusal: CreateError
    message: str
    since: Instant
    tries: int


@dataclass(slots=True)
class TaskState:
    """The state of a task, or of an item of a fan-out. `attempt` is the newest that began, 0 before the first."""

    definition: TaskDefinition
    tally: Tally
    critical_path_s: float
    order: tuple[int, ...]
    """Its place among units with the same priority and critical path."""
    group: int | None = None
    """Of an item: the number of its task."""
    index: int = 0
    step: TaskStep = TaskStep.WAITING
    phase: TaskPhase = "Pending"
    attempt: int = 0
    pod: PodView | None = None
    child: ChildView | None = None
    pod_deleted: bool = False
    """Was its pod, or its child run, removed from the API server?"""
    used: RetriesUsed = field(default_factory=RetriesUsed)
    retry_at: Instant | None = None
    """When the next attempt starts. Set from the end of one attempt until the pod of the next exists."""
    avoid_node: str = ""
    """Where the last attempt was when the cluster ended it, until the pod of the next exists."""
    last: Outcome | None = None
    """How the last attempt ended."""
    begun_at: Instant | None = None
    """When its pod was asked for, until it exists."""
    was_unschedulable: bool = False
    """Did its pod find no node at first?"""
    gated: bool = False
    """Had its pod a scheduling gate when it was last looked at?"""
    ungated_at: Instant | None = None
    """When its pod was first seen without the scheduling gates that it had: nothing of the pod says since when."""
    termination_cause: Outcome | None = None
    """Why we are deleting the pod, or stopping the child run."""
    alarm_at: Instant | None = None
    """The deadline for which a timer is set."""
    look_at: Instant | None = None
    """When to look into its pod, which does not start, the next time."""
    warning: str = ""
    """What that told: its newest Warning Event, or why the ConfigMaps that it mounts are not there."""
    refused: CreateFailure | None = None
    on_hold_since: Instant | None = None
    """Since when an approval asks for a decision, or a wait goes on."""
    skipped: str = ""
    """Why it was skipped, if not by its trigger rule."""
    first_started_at: Instant | None = None
    """Of a task with a deadline: when its first attempt started."""
    polling: Polling | None = None
    """How far a task that polls has come; None until its first try has started."""
    reads_ended: int = 0
    """Of the tasks that it reads so many, the first ones, were seen to have ended."""
    restored_entry: Json | None = None
    """What the status says of it since before a restart: of an ended attempt that is more than can be seen today."""
    outputs: Json | None = None
    """What it handed on, if it declares any and has succeeded, or failed under `allowFailure` with defaults."""
    log: str | None = None
    """What of the current attempt's log has its outputs, once that was read: a line, empty if there is none, or all."""
    log_asked_at: Instant | None = None
    """Since when it is being read; None if it is not."""
    log_trouble: str = ""
    """Why it could not be read the last time."""

    def move(self, to: TaskStep) -> None:
        """Raises AssertionError for a move that is not in TRANSITIONS."""
        if (self.step, to) not in TRANSITIONS:
            raise AssertionError(f"{self.definition.name}: {self.step.name} -> {to.name} is no transition")
        self.step = to

    # Restored from the API server.

    def restore_record(
        self,
        *,
        attempt: int,
        used: RetriesUsed,
        polling: Polling | None,
        first_started_at: Instant | None,
        on_hold_since: Instant | None,
        retry_at: Instant | None,
    ) -> None:
        self.attempt, self.used, self.polling, self.on_hold_since, self.retry_at = (
            attempt,
            used,
            polling,
            on_hold_since,
            retry_at,
        )
        self.first_started_at = first_started_at

    def restore_end(self, phase: TaskPhase, last: Outcome, entry: Json) -> None:
        self.move(TaskStep.ENDED)
        self.phase, self.last, self.restored_entry = phase, last, entry
        self.retry_at = None

    def restore_backoff(self, last: Outcome, avoid_node: str, entry: Json) -> None:
        self.move(TaskStep.BACKOFF)
        self.last, self.avoid_node, self.restored_entry = last, avoid_node, entry

    def restore_pod(self, pod: PodView | None) -> None:
        self.pod, self.gated = pod, self.definition.has_scheduling_gates

    def missed_attempt(self, ended: Outcome | None, pod: PodView | None = None) -> None:
        """The current attempt was followed by one that the status does not know. `ended` is how it must have ended,
        None if that is paid for already.
        """
        if ended is not None:
            if pod is not None:
                self.note_first_try(pod)
            if retry := self.after(ended):
                self.used = retry.used
        self.attempt += 1

    def note_pod(self, now: Instant) -> Instant | None:
        """Its pod exists. Returns when it was asked for, if that has not been accounted for."""
        if self.pod is not None and self.pod.unschedulable:
            self.was_unschedulable = True
        if self.pod is not None and self.pod.gated:
            self.gated, self.ungated_at = True, None
        elif self.gated:
            self.gated, self.ungated_at = False, now
        begun_at, self.begun_at = self.begun_at, None
        return begun_at

    @property
    def outputs_in_log(self) -> bool:
        """Are its outputs in its log? Its task, or its own file, may say so."""
        return self.definition.outputs_in_log or self.bytes_in_log is not None

    @property
    def bytes_in_log(self) -> int | None:
        """How many bytes of outputs its file says are in its log."""
        if self.pod is None or self.definition.outputs_as_text:
            return None
        return bytes_in_log(self.pod.container.written)

    def request_log(self, now: Instant) -> None:
        self.log_asked_at = now

    def drop_log(self) -> None:
        """Its outputs have been read."""
        self.log = None

    @property
    def next_attempt(self) -> int:
        """The number of the next one. An attempt that the API server refused is made again under its number."""
        return self.attempt + (self.refused is None)

    def know_numbers(self, definition: TaskDefinition) -> None:
        """It is about to start, or is counted: what it says by placeholders is known."""
        self.definition = definition

    def begin(self, now: Instant) -> None:
        """The next attempt: nothing is known of it yet."""
        self.attempt, self.begun_at = self.next_attempt, now
        self.pod, self.child, self.pod_deleted, self.termination_cause, self.alarm_at = None, None, False, None, None
        self.was_unschedulable, self.gated, self.ungated_at = False, False, None
        self.log, self.log_asked_at, self.log_trouble = None, None, ""
        self.look_at, self.warning = None, ""

    @property
    def counted_as(self) -> TaskPhase:
        """How an ended unit counts for its dependents and for the run."""
        return "Succeeded" if self.phase == "Failed" and self.definition.allow_failure else self.phase

    def of_its_phase(self, outputs: Json) -> Json | None:
        """Of outputs that the status has of it: one that failed and may hands on its defaults only."""
        if self.phase == "Succeeded":
            return outputs
        kept = self.definition.output_defaults.keys() & outputs.keys()
        return {key: outputs[key] for key in sorted(kept) if outputs[key] is not None} or None

    # What the status says of it.

    @property
    def shown_phase(self) -> TaskPhase:
        return "Running" if self.runs else self.phase

    @property
    def shown_attempt(self) -> int:
        """The newest attempt whose pod has existed, or was announced before it was made.

        An attempt that is merely asked for is not written down: after a crash it would be taken for lost.
        """
        refused = self.refused is not None and self.step not in HOLDS_SLOT and self.step is not TaskStep.CALLING
        return self.attempt - 1 if refused or self._asked_for else self.attempt

    @property
    def between_attempts(self) -> bool:
        """Has the attempt that is shown ended?"""
        under_way = self.step in HOLDS_SLOT or self.step is TaskStep.CALLING
        return not under_way or self._asked_for

    @property
    def _asked_for(self) -> bool:
        """Does nobody know yet whether the pod or the child run of the attempt exists?"""
        if self.step is TaskStep.CALLING:
            return self.child is None and not self.pod_deleted
        return self.step is TaskStep.CREATING and not self.definition.at_most_once

    @property
    def deadline_at(self) -> Instant | None:
        """When its `deadline` strikes; None if it has none, or it does not count yet."""
        limit_s = self.definition.deadline_s
        return None if limit_s is None or self.first_started_at is None else self.first_started_at + limit_s

    def note_first_start(self, at: Instant | None) -> None:
        """An attempt started then; None if it has not."""
        if self.definition.deadline_s is not None and self.first_started_at is None:
            self.first_started_at = at

    def note_first_try(self, pod: PodView) -> None:
        if self.definition.poll is not None and self.polling is None and pod.container.started_at is not None:
            self.polling = Polling(pod.container.started_at)

    def after(self, ended: Outcome, chance: float = 0.5) -> Retry | None:
        """The attempt that follows one that ended so, and who pays for it; None if there is none."""
        poll = self.definition.poll
        if poll is None or self.polling is None or not poll.not_yet(ended):
            return next_attempt(self.definition.retries, self.used, ended, chance)
        self.polling = replace(self.polling, tries=self.polling.tries + 1)
        return Retry(reset_retries(self.used), poll.every_s)

    @property
    def started_at(self) -> Instant | None:
        """Since when its container or its child run runs, or a decision is asked for."""
        if self.pod is not None:
            return self.pod.container.started_at
        return self.on_hold_since if self.child is None else self.child.started_at

    @property
    def runs(self) -> bool:
        """Does its container run, or its child run?"""
        if self.step is TaskStep.CALLING:
            return self.child is not None and self.child.phase == "Running"
        return self.step is TaskStep.LIVE and self.started_at is not None
