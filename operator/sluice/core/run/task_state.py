"""A unit of a run: a task, or an item of a fan-out, and how it stands.

A task goes WAITING -> READY -> [RECORDING ->] CREATING -> LIVE -> ENDED, with BACKOFF between two attempts. It holds
a slot of the run's parallelism from RECORDING until its pod is terminal or gone. Two kinds hold none: an approval goes
WAITING -> ASKING -> ENDED, and a task that runs another Workflow WAITING -> READY -> CALLING -> ENDED.

A fan-out goes WAITING -> FANNED_OUT -> ENDED. Its items are further units of the run, numbered after the named tasks,
and each goes through the steps of a task.
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
from sluice.core.spec.task import TaskDefinition


class TaskStep(Enum):
    WAITING = "for its dependencies"
    READY = "to start when the limits allow it"
    BACKOFF = "between two attempts"
    ASKING = "for a person's decision"
    RECORDING = "until the attempt is in the run's status"
    CREATING = "for the API server's answer"
    LIVE = "for its pod to end"
    FANNED_OUT = "for its items to end"
    CALLING = "for its run of another Workflow to end"
    ENDED = "ended"


ANY_ATTEMPT = -1
"""In place of an attempt's number: an alarm for the task as a whole."""

HOLDS_SLOT = frozenset({TaskStep.RECORDING, TaskStep.CREATING, TaskStep.LIVE})


@dataclass(frozen=True, slots=True)
class CreateFailure:
    """The API server's last no to a task: what it said, since when it says so, and how often in a row."""

    refusal: CreateError
    message: str
    since: Instant
    tries: int


@dataclass(slots=True)
class TaskState:
    """How a task, or an item of a fan-out, stands. `attempt` is the newest one that was begun, 0 before the first."""

    definition: TaskDefinition
    tally: Tally
    critical_path_s: float
    order: tuple[int, ...]
    """Its place among those with the same priority and way."""
    group: int | None = None
    """Of an item: the number of its task."""
    index: int = 0
    step: TaskStep = TaskStep.WAITING
    phase: TaskPhase = "Pending"
    attempt: int = 0
    pod: PodView | None = None
    child: ChildView | None = None
    gone: bool = False
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
    doomed: Outcome | None = None
    """Why we are deleting the pod, or stopping the child run."""
    alarm_at: Instant | None = None
    """The deadline that stands among the alarms."""
    refused: CreateFailure | None = None
    asked_at: Instant | None = None
    """Since when an approval asks for a decision."""
    skipped: str = ""
    """Why it was skipped, if not by its trigger rule."""
    polling: Polling | None = None
    """How far a task that polls has come; None until its first try has started."""
    told: Json | None = None
    """What the status says of it since before a restart: of an ended attempt that is more than can be seen today."""
    outputs: Json | None = None
    """What it handed on, if it has succeeded and declares any."""
    log: str | None = None
    """The line of the current attempt's log that has its outputs, once that log was read; empty if there is none."""
    log_asked: bool = False
    """Is it being read?"""
    log_trouble: str = ""
    """Why it could not be read the last time."""

    @property
    def next_attempt(self) -> int:
        """The number of the next one. An attempt that the API server refused is made again under its number."""
        return self.attempt + (self.refused is None)

    def begin(self, now: Instant) -> None:
        """The next attempt: nothing is known of it yet."""
        self.attempt, self.begun_at = self.next_attempt, now
        self.pod, self.child, self.gone, self.doomed, self.alarm_at = None, None, False, None, None
        self.was_unschedulable = False
        self.log, self.log_asked, self.log_trouble = None, False, ""

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
            return self.child is None and not self.gone
        return self.step is TaskStep.CREATING and not self.definition.at_most_once

    def see_try(self, pod: PodView) -> None:
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
        return self.asked_at if self.child is None else self.child.started_at

    @property
    def runs(self) -> bool:
        """Does its container run, or its child run?"""
        if self.step is TaskStep.CALLING:
            return self.child is not None and self.child.phase == "Running"
        return self.step is TaskStep.LIVE and self.started_at is not None
