"""The state of one run: its units, what they hold, and which of them have news.

Everything that happens to a run is a method here (a transition), which keeps counts, slots and dirty units in step. The
shell reports what it observes; `reconcile` draws the conclusions. A report marks one unit, and an ended unit touches
only its dependents, so both cost time in proportion to what changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.api.run import ApprovalDecision, DesiredState, TaskPhase
from sluice.core import Instant, Json
from sluice.core.base.times import span
from sluice.core.pod.view import PodView
from sluice.core.quota.ready_queue import ReadyEntry, ReadyQueue
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.run.children import ChildView
from sluice.core.run.counts import Counts
from sluice.core.run.create_window import CreateBackoff, CreateWindow
from sluice.core.run.dirty import DirtyUnits, News
from sluice.core.run.fan_out import FanOut
from sluice.core.run.orders import RESUMED_BY_HAND, STOPPED_BY_HAND, Orders
from sluice.core.run.retries import PAID_BY_CLUSTER, Retry
from sluice.core.run.stored_status import StoredStatus
from sluice.core.run.task_state import HOLDS_SLOT, CreateFailure, TaskState, TaskStep
from sluice.core.run.tasks import Tasks
from sluice.core.run.time_accounting import TimeAccounting
from sluice.core.run.timers import Timers
from sluice.core.spec.definition import Definition
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.outputs import inline_outputs_budget, outputs_line, outputs_size
from sluice.core.spec.run_limits import RunLimits


@dataclass(slots=True)
class RunState:
    """One run. What is public may be read anywhere; only the methods below change it."""

    identity: RunIdentity
    revision: str
    definition: Definition
    limits: RunLimits = field(default_factory=RunLimits)
    shared: SharedLimits = field(default_factory=SharedLimits)
    state: DesiredState = "Running"
    approvals: Mapping[str, ApprovalDecision] = field(default_factory=dict)
    """What people have decided, by task."""
    closed: bool = False
    """Has the shell dropped the run? Then no intent proceeds."""
    winding_down: str = ""
    """Why all tasks except `finally` tasks are being ended; empty while they are not."""
    draining: bool = False
    """Does it wind down, and what runs may end by itself?"""
    replaced_by: str = ""
    """The run for which this one is stopped."""
    tasks: Tasks = field(init=False)
    counts: Counts = field(init=False)
    started_at: Instant | None = None
    finished_at: Instant | None = None
    live: int = 0
    """Units that hold a slot."""
    hardened: bool = False
    """Does the namespace ask for pods that satisfy PodSecurity's `restricted`?"""
    creates: CreateWindow = field(default_factory=CreateWindow)
    recording: int = 0
    """Tasks and fan-outs that must be in the status before a pod is made."""
    time: TimeAccounting = field(default_factory=TimeAccounting)
    timers: Timers = field(default_factory=Timers)
    ready: ReadyQueue = field(default_factory=ReadyQueue)
    ready_children: ReadyQueue = field(default_factory=ReadyQueue)
    """Tasks that are ready to run another Workflow: no limit on pods holds them back."""
    desired_state_version: int = 0
    """Grows whenever the desired state of the child runs may have changed."""
    resumes_when: str = RESUMED_BY_HAND
    """What a suspended run waits for."""
    output_bytes: int = 0
    """Of the outputs of all tasks, as JSON."""
    outputs_budget: int = 0
    """How many of them one task may have in the status."""
    stored: StoredStatus = field(default_factory=StoredStatus)
    _dirty: DirtyUnits = field(default_factory=DirtyUnits)
    _stop_looked: bool = False
    """Has a stop looked at all units? Then the next one need only look at those that changed."""
    _claimed: set[str] = field(default_factory=set)
    """Templates whose PersistentVolumeClaim is known to exist."""
    _children: dict[str, int] = field(default_factory=dict)
    """The tasks that wait for a child run, by its name."""

    def __post_init__(self) -> None:
        self.tasks = Tasks(self.identity, self.definition)
        self.counts = Counts(open=sum(not task.final for task in self.definition.tasks))
        self.outputs_budget = inline_outputs_budget(sum(bool(task.outputs) for task in self.definition.tasks))

    def set_outputs(self, number: int, outputs: Json) -> None:
        """A unit has succeeded, with these outputs."""
        task, size = self.tasks[number], outputs_size(outputs)
        task.outputs = outputs
        self.output_bytes += size
        if task.group is not None:
            self.tasks.fan_outs[task.group].output_bytes += size

    def _take_slot(self, number: int) -> None:
        """A child run takes one of its fan-out's, and none of the run's."""
        self.live += not self.tasks[number].definition.is_sub_workflow
        if (group := self.tasks[number].group) is not None:
            self.tasks.fan_outs[group].live += 1

    def _free_slot(self, number: int) -> None:
        self.live -= not self.tasks[number].definition.is_sub_workflow
        if (group := self.tasks[number].group) is not None:
            self.tasks.fan_outs[group].live -= 1

    def check_wind_down(self, now: Instant) -> bool:
        """Does the run wind down? Once it does it goes on to, unless a person stopped it and takes that back."""
        if not self.winding_down and self.limits.fail_fast != "None" and self.counts.any_fails:
            self.winding_down = "another task failed, and failFast is set"
            self.draining = self.limits.fail_fast == "Drain"
        if (ends_at := self.ends_at) is not None and now >= ends_at:
            self._wind_down(f"the run took longer than its timeout, {span(self.limits.timeout_s or 0)}")
        return bool(self.winding_down)

    def _wind_down(self, why: str) -> None:
        """It stops what runs; empty if somebody takes that back."""
        self.winding_down, self.draining = why, False
        self._stop_looked = False

    @property
    def ends_at(self) -> Instant | None:
        """When its timeout stops it; None if it has none, or is stopped already."""
        stopped = bool(self.winding_down) and not self.draining
        if self.limits.timeout_s is None or self.started_at is None or stopped:
            return None
        return self.started_at + self.limits.timeout_s

    def _mark_stop_candidate(self, number: int) -> None:
        if self._stop_looked:
            self._dirty.mark(News.STOP, number)

    def drop_ended_from_queues(self) -> None:
        """Some of the units that were ready have ended."""
        for ready in (self.ready, self.ready_children):
            ready.keep(lambda number: self.tasks[number].step is TaskStep.READY)

    def make_ready(self, number: int) -> None:
        task = self.tasks[number]
        self._mark_stop_candidate(number)
        if task.definition.approval is not None or task.definition.wait is not None:
            task.move(TaskStep.ASKING)
            self._dirty.mark(News.APPROVAL, number)
            self.mark_status(number)
            return
        task.move(TaskStep.READY)
        task.restored_entry = None
        definition = task.definition
        priority = self.limits.priority if definition.priority is None else definition.priority
        refusals = task.refused.tries if task.refused else 0
        ready = self.ready_children if definition.is_sub_workflow else self.ready
        ready.add(
            self.tasks.wait_key(number), ReadyEntry(refusals, -priority, -task.critical_path_s, task.order, number)
        )
        self.mark_status(number)

    # What the shell observes.

    def observe_pod(self, pod: PodView) -> None:
        """A pod of this run as it is now: from a watch, a LIST or the answer to a POST."""
        number = self.tasks.unit_of(pod)
        if number is None:
            return
        task = self.tasks[number]
        if pod.attempt != task.attempt or task.pod_deleted:
            return
        if task.refused is not None and task.step in (TaskStep.READY, TaskStep.BACKOFF):
            self._created_late(number)
        if task.step not in HOLDS_SLOT:
            return
        if task.pod is not None and (pod.uid != task.pod.uid or pod.version <= task.pod.version):
            return
        task.pod = pod
        if task.step is not TaskStep.LIVE:
            self._pod_created(number)
        self._dirty.mark(News.POD, number)

    def _created_late(self, number: int) -> None:
        """A create that counted as refused was carried out after all."""
        self.ready.keep(lambda other: other != number)
        self._take_slot(number)
        self.creates.in_flight += 1
        self.tasks[number].move(TaskStep.CREATING)

    def observe_pod_deleted(self, pod: PodView) -> None:
        """A pod of this run was removed from the API server; `pod` is how it was last seen."""
        number = self.tasks.unit_of(pod)
        if number is None:
            return
        task = self.tasks[number]
        if pod.attempt != task.attempt or task.step not in HOLDS_SLOT:
            return
        if task.pod is not None and task.pod.uid != pod.uid:
            return
        if task.step is not TaskStep.LIVE:  # gone before the answer to its creation was read
            self._pod_created(number)
        task.pod, task.pod_deleted = pod, True
        self._dirty.mark(News.POD, number)

    def observe_child(self, child: ChildView) -> None:
        """A child run as it is now."""
        number = self._children.get(child.name)
        if number is None:
            return
        task = self.tasks[number]
        if task.pod_deleted or (task.child is not None and child.version <= task.child.version):
            return
        if task.refused is not None and task.step in (TaskStep.READY, TaskStep.BACKOFF):  # it was carried out after all
            self.ready_children.keep(lambda other: other != number)
            self._take_slot(number)
            task.move(TaskStep.CALLING)
            self._mark_stop_candidate(number)
        if task.step is not TaskStep.CALLING:
            return
        task.child, task.refused, task.retry_at = child, None, None
        self._dirty.mark(News.POD, number)

    def confirm_child(self, number: int, attempt: int) -> bool:
        """Is the child run of this attempt still to be made? Asked right before it is."""
        return not self.closed and self.is_calling(number, attempt) and not self.tasks[number].pod_deleted

    def observe_child_deleted(self, child: ChildView) -> None:
        """A child run was removed from the API server; `child` is how it was last seen."""
        number = self._children.get(child.name)
        if number is not None and self.tasks[number].step is TaskStep.CALLING:
            self.tasks[number].pod_deleted = True
            self.tasks[number].refused = None  # it was made, so its attempt counts
            self._dirty.mark(News.POD, number)

    def desired_state_of(self, child: str) -> tuple[DesiredState, str]:
        """The desired state of a child run, and why if that is Stopped."""
        number = self._children.get(child)
        if number is None:  # made after all, when nobody waited for it any more
            return "Stopped", "its attempt has ended"
        task = self.tasks[number]
        if task.termination_cause is not None:
            return "Stopped", task.termination_cause.message
        if task.step is TaskStep.ENDED:  # while nobody knew that the child exists
            return "Stopped", self.winding_down or "its task has ended"
        return ("Suspended" if self.state == "Suspended" else "Running"), ""

    def _pod_created(self, number: int) -> None:
        task = self.tasks[number]
        if task.step is TaskStep.RECORDING:  # somebody was faster than the record
            self.recording -= 1
            self.creates.in_flight += 1
            task.move(TaskStep.CREATING)
        self.creates.in_flight -= 1
        task.move(TaskStep.LIVE)
        self._mark_stop_candidate(number)
        task.refused, task.retry_at, task.avoid_node = None, None, ""
        ready = sum(count for _, count in self.ready.sizes()) if self.creates.size is not None else 0
        if self.creates.succeeded(ready):
            self.mark_status(*self.ready)
        self._dirty.mark(News.POD, number)

    def confirm_create(self, number: int, attempt: int) -> bool:
        """Is the pod of this attempt still to be made? Asked right before it is, since people may think again."""
        task = self.tasks[number]
        if self.closed or task.step is not TaskStep.CREATING or task.attempt != attempt:
            self._release(number, attempt)
            return False
        stopping = self.winding_down and not task.definition.final
        if self.state == "Suspended" or stopping or self.creates.overfull():
            self._release(number, attempt)
            self.creates.in_flight -= 1
            self._free_slot(number)
            if task.refused is None:  # it was not begun, and is not counted
                task.attempt -= 1
            self.make_ready(number)
            return False
        return True

    def wants_log(self, number: int, attempt: int) -> bool:
        """Is the end of this attempt's log still to be read?"""
        task = self.tasks[number]
        return not self.closed and task.step is TaskStep.LIVE and task.attempt == attempt and not task.pod_deleted

    def log_read(self, number: int, attempt: int, end: str) -> None:
        """`end` is the end of the log of an attempt that has ended."""
        if self.wants_log(number, attempt):
            self.tasks[number].log = outputs_line(end)
            self._dirty.mark(News.POD, number)

    def log_unread(self, number: int, attempt: int, why: str) -> None:
        """The log could not be read. It is tried again for as long as the pod is there."""
        if self.wants_log(number, attempt):
            self.tasks[number].log_trouble = why
            self._mark_stop_candidate(number)
            self.mark_status(number)

    def _release(self, number: int, attempt: int) -> None:
        """The pod of this attempt was not made, so it holds none of what runs share."""
        self.shared.release(self.identity.namespace, self.tasks.pod_name(number, attempt))

    def close(self) -> None:
        """The shell drops the run. A create that is under way gives back its slots when it is answered."""
        self.closed = True
        self.shared.retain_waiters(self.identity.uid, {})
        granted = self._dirty.peek(News.RECORDED_ATTEMPT)
        for number, task in enumerate(self.tasks):
            if task.step is TaskStep.RECORDING or number in granted:
                self._release(number, task.attempt)

    def _recorded(self, attempts: Iterable[tuple[int, int]]) -> None:
        """These (number, attempt) stand in the run's status on the API server now; of fan-outs, their items."""
        for number, attempt in attempts:
            task = self.tasks[number]
            if number in self.tasks.fan_outs:
                self.recording -= not self.tasks.fan_outs[number].recorded
                self.tasks.fan_outs[number].recorded = True
                self._dirty.mark(News.RECORDED_ITEMS, number)
            elif task.step is TaskStep.RECORDING and task.attempt == attempt:
                task.move(TaskStep.CREATING)
                self.recording -= 1
                self.creates.in_flight += 1
                self._dirty.mark(News.RECORDED_ATTEMPT, number)

    def take_orders(self, orders: Orders) -> None:
        self.replaced_by = self.replaced_by or orders.replaced_by
        self.set_state(orders.state, orders.why, orders.resumes_when)
        self.set_limits(orders.limits)

    def set_limits(self, limits: RunLimits) -> None:
        if limits == self.limits:
            return
        reorder = limits.priority != self.limits.priority
        self.limits = limits
        self.mark_status(*self.ready)
        if reorder:
            waiting, self.ready, self.ready_children = [*self.ready, *self.ready_children], ReadyQueue(), ReadyQueue()
            for number in waiting:
                self.make_ready(number)

    def set_state(self, state: DesiredState, why: str = STOPPED_BY_HAND, resumes_when: str = RESUMED_BY_HAND) -> None:
        """`why` is what the tasks of a stopped run say, `resumes_when` those of a suspended one."""
        if state == self.state and resumes_when == self.resumes_when:
            return
        if state != self.state:
            if "Stopped" in (state, self.state):
                self._wind_down(why if state == "Stopped" else "")
            self._stop_looked = False
        self.state, self.resumes_when = state, resumes_when
        self.desired_state_version += 1
        self.mark_status(*self.ready)
        self.mark_status(*self.ready_children)
        self.mark_status(*(number for number, task in enumerate(self.tasks) if task.step is TaskStep.ASKING))

    def set_approvals(self, approvals: Mapping[str, ApprovalDecision]) -> None:
        for name, decision in approvals.items():
            number = self.tasks.number(name)
            if number is not None and decision != self.approvals.get(name):
                self._dirty.mark(News.APPROVAL, number)
        self.approvals = approvals

    # What `reconcile` decides.

    def start(self, now: Instant) -> None:
        self.started_at = self.started_at or now

    def finish(self, now: Instant) -> None:
        self.finished_at = now

    def take(self, news: News) -> list[int]:
        """The units with news of this kind, in ascending order; they count as read from now on."""
        return self._dirty.take(news)

    def has(self, news: News) -> bool:
        return self._dirty.any(news)

    def mark_status(self, *units: int) -> None:
        """Their entries in the status may have changed."""
        self._dirty.mark(News.STATUS, *units)

    def ask_again(self, number: int) -> None:
        """The timer of an approval or of a wait went off."""
        self._dirty.mark(News.APPROVAL, number)

    def begin(self, number: int, now: Instant) -> bool:
        """The next attempt of a ready unit takes its slot. Returns whether its pod or child run may be made at once;
        else the attempt must be recorded first.
        """
        task = self.tasks[number]
        task.begin(now)
        self._take_slot(number)
        if task.definition.is_sub_workflow:
            task.move(TaskStep.CALLING)
            self._children[self.tasks.pod_name(number)] = number
            return True
        if task.definition.at_most_once:
            task.move(TaskStep.RECORDING)
            self.recording += 1
            self.mark_status(number)
            return False
        task.move(TaskStep.CREATING)
        self.creates.in_flight += 1
        return True

    def create_refused(self, number: int, failure: CreateFailure) -> None:
        """The API server did not make the pod, which is now or later made again."""
        self.tasks[number].refused = failure
        self.creates.in_flight -= 1
        self._free_slot(number)

    def create_given_up(self, number: int, failure: CreateFailure) -> None:
        """The API server did not make the pod, and asking again would not help: the attempt is about to end."""
        self.tasks[number].refused = failure
        self.creates.in_flight -= 1

    def child_refused(self, number: int, failure: CreateFailure) -> None:
        self.tasks[number].refused = failure

    def give_up_slot(self, number: int) -> None:
        """A child run that was refused holds none while it waits for its next turn."""
        self._free_slot(number)

    def release_create(self, number: int, attempt: int) -> bool:
        """The pod of this attempt was not made, so it holds no slots of pools. Returns whether it is waited for."""
        self._release(number, attempt)
        task = self.tasks[number]
        return task.step is TaskStep.CREATING and task.attempt == attempt

    def is_calling(self, number: int, attempt: int) -> bool:
        """Does the unit wait for the child run of this attempt to be made?"""
        task = self.tasks[number]
        return task.step is TaskStep.CALLING and task.attempt == attempt and task.child is None

    def harden(self) -> None:
        self.hardened = True

    def back_off_creates(self, backoff: CreateBackoff) -> None:
        self.creates.refused(backoff)
        self.mark_status(*self.ready)

    def attempt_ended(self, number: int, ended: Outcome) -> None:
        """The pod of an attempt is terminal or gone: its slot is free."""
        task = self.tasks[number]
        self._free_slot(number)
        self.time.attempt_ended(ended.ending, task.pod, was_unschedulable=task.was_unschedulable)
        if task.pod is not None and not task.pod_deleted:
            self.stored.pods_ended([task.pod])

    def call_ended(self, number: int) -> None:
        """A child run has ended or is gone."""
        self._children.pop(self.tasks.pod_name(number), None)
        self._free_slot(number)

    def schedule_retry(self, number: int, until: Instant) -> None:
        task = self.tasks[number]
        task.move(TaskStep.BACKOFF)
        task.retry_at = until
        self._mark_stop_candidate(number)
        self.timers.set(until, number, task.attempt)
        self.mark_status(number)

    def retry(self, number: int, last: Outcome, retry: Retry, at: Instant) -> None:
        """An attempt has ended, and another one follows."""
        task = self.tasks[number]
        task.last, task.used = last, retry.used
        if task.pod is not None and last.ending in PAID_BY_CLUSTER:
            task.avoid_node = task.pod.node
        self.schedule_retry(number, at)

    def ask(self, number: int, now: Instant) -> Instant:
        """An approval asks for a decision, or a wait begins. Returns since when."""
        task = self.tasks[number]
        task.asked_at = task.asked_at or now
        self.mark_status(number)
        return task.asked_at

    def leading_item_ended(self, number: int, item: TaskState) -> int:
        """An item of another fan-out has ended, by whose items this one goes. Returns the unit that waited for it."""
        unit = self.tasks.fan_outs[number].first + item.index
        self.tasks[unit].tally.add(item.counted_as)
        return unit

    def terminate(self, number: int, cause: Outcome) -> None:
        """Its pod is to be deleted, or its child run to be stopped, for this. The unit ends when that has ended."""
        task = self.tasks[number]
        task.termination_cause = cause
        if task.step is TaskStep.CALLING:
            self.desired_state_version += 1
            self.mark_status(number)

    def end(self, number: int, phase: TaskPhase, last: Outcome | None = None, skipped: str = "") -> None:
        """A unit ends for good. A named task counts for the run and for its dependents. `last` is how its last attempt
        ended, if that is news; `skipped` why it was skipped, if not by its trigger rule.
        """
        task = self.tasks[number]
        task.move(TaskStep.ENDED)
        task.phase, task.restored_entry = phase, None
        task.last, task.skipped = last or task.last, skipped
        self.mark_status(number)
        if task.group is None:
            self.count_end(number)

    def count_end(self, number: int) -> None:
        """A named task has ended: what is known of it without looking at it again."""
        task = self.tasks[number]
        self.counts.task_ended(task)
        for dependent in self.definition.graph.dependents[number]:
            if self.tasks.leader(dependent) != number:  # that one goes by the items
                self.tasks[dependent].tally.add(task.counted_as)

    def item_ended(self, number: int) -> TaskPhase | None:
        """An item has ended. Returns how its fan-out has, if it was the last."""
        item = self.tasks[number]
        named = self.tasks[item.group or 0]
        fan_out = self.tasks.fan_outs[item.group or 0]
        phase = self.counts.item_ended(item, fan_out)
        if phase == "Failed":
            named.last = Outcome(Ending.ERROR, fan_out.message())
        if phase == "Succeeded":
            named.outputs = self.tasks.lists_of_items(item.group or 0)
        return phase

    def add_items(self, number: int, items: list[Any]) -> FanOut:
        """The items of a fan-out are counted."""
        fan_out = self.tasks.add_items(number, items)
        self.mark_status(number)
        if self.tasks[number].step is TaskStep.WAITING:
            self.tasks[number].move(TaskStep.FANNED_OUT)
        return fan_out

    def items_to_record(self, number: int) -> None:
        """The items of a fan-out must be in the status before a pod of theirs is made."""
        self.recording += 1
        if not self.tasks.fan_outs[number].items:
            self.tasks[number].outputs = self.tasks.lists_of_items(number)

    def stop_candidates(self) -> list[int]:
        """The units that a stop has to look at: all at first, then those that became ready or got a pod since."""
        looked, self._stop_looked = self._stop_looked, True
        candidates = self._dirty.take(News.STOP)
        return candidates if looked else list(range(len(self.tasks)))

    def set_deadline(self, number: int, when: Instant) -> None:
        """The deadline of an attempt: a timer, unless it is set already."""
        task = self.tasks[number]
        if when != task.alarm_at:
            task.alarm_at = when
            self.timers.set(when, number, task.attempt)

    def clear_deadline(self, number: int) -> None:
        """The unit got on before it."""
        self.tasks[number].alarm_at = None

    # The status on the API server.

    def take_status_changes(self) -> tuple[list[int], list[int]]:
        """(units whose entry may have changed, those of them that must be recorded before a pod is made)."""
        changed = self.take(News.STATUS)
        recorded = [
            unit
            for unit in changed
            if self.tasks[unit].step is TaskStep.RECORDING
            or (unit in self.tasks.fan_outs and not self.tasks.fan_outs[unit].recorded)
        ]
        return sorted({*changed, *self.take(News.WORDING)}), recorded

    def wording_waits(self, number: int) -> None:
        """Its entry is looked at again with the next patch."""
        self._dirty.mark(News.WORDING, number)

    def status_written(self, entries: Mapping[int, Json], ended_pods: int, recorded: Iterable[tuple[int, int]]) -> None:
        """The API server has stored these entries, the ends of the first `ended_pods` pods, and these attempts."""
        self.stored.written(entries, ended_pods)
        self._recorded(recorded)

    def status_found(self, entries: Json) -> None:
        """Somebody else has written to the status: its entries are these, by task, and ours are to be said again."""
        numbered = {self.tasks.number(name): entry for name, entry in entries.items()}
        self.stored.replaced({number: entry for number, entry in numbered.items() if number is not None})
        self.mark_status(*range(len(self.tasks)))

    # Restored from the API server (`reconcile.restore`).

    def restore_times(self, started_at: Instant | None, finished_at: Instant | None, time: TimeAccounting) -> None:
        self.started_at, self.finished_at, self.time = started_at, finished_at, time

    def restore_live(self, number: int) -> None:
        """An attempt is under way; its pod is gone if there is none."""
        task = self.tasks[number]
        task.move(TaskStep.LIVE)
        task.retry_at, task.pod_deleted = None, task.pod is None
        self._take_slot(number)
        self._dirty.mark(News.POD, number)

    def restore_call(self, number: int, child: ChildView | None) -> None:
        task = self.tasks[number]
        task.move(TaskStep.CALLING)
        task.child, task.retry_at, task.pod_deleted = child, None, child is None
        self._take_slot(number)
        self._children[self.tasks.pod_name(number)] = number
        self._dirty.mark(News.POD, number)

    def restore_ended_children(self, number: int, names: Iterable[str]) -> None:
        self._children |= dict.fromkeys(names, number)

    def restore_item(self, number: int, outputs: Json) -> None:
        """An item whose record has been restored; `outputs` are those that the status has of it."""
        task = self.tasks[number]
        if task.phase == "Succeeded" and outputs:
            task.outputs = outputs
        if task.step is TaskStep.ENDED:
            self.tasks.fan_outs[task.group or 0].ended(task.index, task.phase, None)

    def restore_items(self, number: int, outputs: Json) -> None:
        """A fan-out whose items have been restored, with the lists of their outputs."""
        task, fan_out = self.tasks[number], self.tasks.fan_outs[number]
        fan_out.recorded = True
        if outputs:
            fan_out.output_bytes = outputs_size(outputs)
            task.outputs = outputs if task.phase == "Succeeded" else None
        if task.step is not TaskStep.ENDED:
            self.counts.restore_fan_out(task, fan_out)

    # PersistentVolumeClaims, which the shell knows of.

    def is_claimed(self, template: str) -> bool:
        return template in self._claimed

    def claimed(self, template: str) -> None:
        self._claimed.add(template)
