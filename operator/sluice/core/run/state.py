"""The state of one run: its parts, and what happens to the run as a whole or to a unit from start to end.

Each part keeps its own fields: `tasks` the units, `ready` those that may start, `pods` and `children` their attempts.
The shell reports to `pods` and `children` what it sees; `reconcile` draws the conclusions. A report marks one unit in
`dirty`, and an ended unit touches only its dependents, so both cost time in proportion to what changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.api.run import ApprovalDecision, DesiredState, TaskPhase
from sluice.core import Instant, Json
from sluice.core.base.times import span
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.run_tree import tree_pool
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.run.child_runs import ChildRuns
from sluice.core.run.counts import Counts
from sluice.core.run.create_window import CreateWindow
from sluice.core.run.dirty import DirtyUnits, Topic
from sluice.core.run.fan_out import FanOut
from sluice.core.run.lingering_pods import LingeringPods
from sluice.core.run.orders import RESUMED_BY_HAND, STOPPED_BY_HAND, Orders
from sluice.core.run.pod_attempts import PodAttempts
from sluice.core.run.ready_tasks import ReadyTasks
from sluice.core.run.retries import PAID_BY_CLUSTER, Retry
from sluice.core.run.slots import Slots
from sluice.core.run.stored_status import StoredStatus
from sluice.core.run.task_state import TaskState, TaskStep
from sluice.core.run.tasks import Tasks
from sluice.core.run.time_accounting import TimeAccounting
from sluice.core.run.timers import Timers
from sluice.core.run.waiting_reasons import WaitingReasons
from sluice.core.run.wind_down import WindDown
from sluice.core.spec.definition import Definition
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.outputs import RUN_MAX_BYTES, TASK_MAX_BYTES, inline_outputs_budget, outputs_line, outputs_size
from sluice.core.spec.run_limits import RunLimits


@dataclass(slots=True)
class RunState:
    """One run. What is public may be read anywhere; only the methods here and in its parts change it."""

    identity: RunIdentity
    revision: str
    definition: Definition
    limits: RunLimits = field(default_factory=RunLimits)
    shared: SharedLimits = field(default_factory=SharedLimits)
    state: DesiredState = "Running"
    resumes_when: str = RESUMED_BY_HAND
    """What a suspended run waits for."""
    replaced_by: str = ""
    """The run for which this one is stopped."""
    approvals: Mapping[str, ApprovalDecision] = field(default_factory=dict)
    """What people have decided, by task."""
    closed: bool = False
    """Has the shell dropped the run? Then no intent proceeds."""
    finished_at: Instant | None = None
    looked_at: Instant | None = None
    """When it was last decided about."""
    output_bytes: int = 0
    """Of the outputs of all tasks, as JSON."""
    outputs_budget: int = 0
    """How many of them one task may have in the status."""
    dirty: DirtyUnits = field(default_factory=DirtyUnits)
    timers: Timers = field(default_factory=Timers)
    time: TimeAccounting = field(default_factory=TimeAccounting)
    creates: CreateWindow = field(default_factory=CreateWindow)
    stored: StoredStatus = field(default_factory=StoredStatus)
    waiting: WaitingReasons = field(default_factory=WaitingReasons)
    wind_down: WindDown = field(init=False)
    tasks: Tasks = field(init=False)
    counts: Counts = field(init=False)
    slots: Slots = field(init=False)
    ready: ReadyTasks = field(init=False)
    pods: PodAttempts = field(init=False)
    children: ChildRuns = field(init=False)
    _claimed: set[str] = field(default_factory=set)
    """Templates whose PersistentVolumeClaim is known to exist."""

    def __post_init__(self) -> None:
        tasks, dirty = Tasks(self.identity, self.definition), self.dirty
        slots, wind_down = Slots(tasks), WindDown(dirty)
        ready = ReadyTasks(tasks, dirty, wind_down, self.limits.priority)
        self.tasks, self.slots, self.wind_down, self.ready = tasks, slots, wind_down, ready
        self.counts = Counts(open=sum(not task.final for task in self.definition.tasks))
        self.pods = PodAttempts(tasks, dirty, slots, LingeringPods(slots), ready, wind_down, self.creates, self.shared)
        self.children = ChildRuns(tasks, dirty, slots, ready, wind_down)
        self.outputs_budget = inline_outputs_budget(sum(bool(task.outputs) for task in self.definition.tasks))

    # The run as a whole.

    def finish(self, now: Instant) -> None:
        self.finished_at = now

    def close(self) -> None:
        """The shell drops the run. A create that is under way gives back its slots when it is answered."""
        self.closed = True
        self.shared.retain_waiters(self.identity.uid, {})
        self._cap_tree(there=False)
        self.pods.release_unmade()

    def may_start(self, number: int) -> bool:
        """May the pod of a unit be made, for all that people and the end of the run have to say?"""
        stopping = self.wind_down.why and not self.tasks[number].definition.final
        return not self.closed and self.state != "Suspended" and not stopping

    def check_wind_down(self, now: Instant) -> bool:
        """Does the run wind down? Once it does it goes on to, unless a person stopped it and takes that back."""
        if not self.wind_down.why and self.limits.fail_fast != "None" and self.counts.any_fails:
            draining = self.limits.fail_fast == "Drain"
            self.wind_down.begin("another task failed, and failFast is set", draining=draining)
        self.check_timeout(now)
        return bool(self.wind_down.why)

    def check_timeout(self, now: Instant) -> None:
        if (ends_at := self.ends_at) is not None and now >= ends_at:
            self.wind_down.begin(f"the run took longer than its timeout, {span(self.limits.timeout_s or 0)}")

    @property
    def ends_at(self) -> Instant | None:
        """When its timeout stops it; None if it has none, or is stopped already."""
        stopped = bool(self.wind_down.why) and not self.wind_down.draining
        if self.limits.timeout_s is None or stopped:
            return None
        return self.identity.started_at + self.limits.timeout_s

    # What people and other runs say.

    def take_orders(self, orders: Orders) -> None:
        self.replaced_by = self.replaced_by or orders.replaced_by
        self.set_state(orders.state, orders.why, orders.resumes_when)
        self.set_limits(orders.limits)

    def set_limits(self, limits: RunLimits) -> None:
        if limits == self.limits:
            return
        self.limits = limits
        self._cap_tree()
        self.ready.pods_wait_otherwise()
        self.ready.set_priority(limits.priority)

    def _cap_tree(self, *, there: bool = True) -> None:
        """Its `parallelism` is that of the runs beneath it as well."""
        own = tree_pool(self.identity.ref)
        if any(name == own for name, _ in self.identity.tree):
            self.shared.set_pool(PoolKey(self.identity.namespace, own), self.limits.parallelism if there else None)

    def set_state(self, state: DesiredState, why: str = STOPPED_BY_HAND, resumes_when: str = RESUMED_BY_HAND) -> None:
        """`why` is what the tasks of a stopped run say, `resumes_when` those of a suspended one."""
        if state == self.state and resumes_when == self.resumes_when:
            return
        if state == "Stopped" != self.state:
            self.wind_down.begin(why)
        elif self.state == "Stopped" != state:
            self.wind_down.take_back()
        elif state != self.state:
            self.wind_down.look_again()
        self.state, self.resumes_when = state, resumes_when
        self.children.desired_state_changed()
        asking = (number for number, task in enumerate(self.tasks) if task.step is TaskStep.ON_HOLD)
        self.dirty.mark(Topic.STATUS, *self.ready.pods, *self.ready.children, *asking)

    def set_approvals(self, approvals: Mapping[str, ApprovalDecision]) -> None:
        for name, decision in approvals.items():
            number = self.tasks.number(name)
            if number is not None and decision != self.approvals.get(name):
                self.dirty.mark(Topic.APPROVAL, number)
        self.approvals = approvals

    # A unit from start to end.

    def make_ready(self, number: int) -> None:
        definition = self.tasks[number].definition
        if definition.approval is None and definition.wait is None:
            self.ready.add(number)
            return
        self.tasks[number].move(TaskStep.ON_HOLD)
        self.wind_down.changed(number)
        self.dirty.mark(Topic.APPROVAL if definition.wait is None else Topic.WAIT, number)
        self.dirty.mark(Topic.STATUS, number)

    def hold(self, number: int, now: Instant) -> Instant:
        """An approval asks for a decision, or a wait begins. Returns since when."""
        task = self.tasks[number]
        task.on_hold_since = task.on_hold_since or now
        self.dirty.mark(Topic.STATUS, number)
        return task.on_hold_since

    def set_deadline(self, number: int, when: Instant) -> None:
        """The deadline of an attempt: a timer, unless it is set already."""
        task = self.tasks[number]
        if when != task.alarm_at:
            task.alarm_at = when
            self.timers.set(when, number, task.attempt)

    def clear_deadline(self, number: int) -> None:
        """The unit got on before it."""
        self.tasks[number].alarm_at = None

    def look_again(self, number: int, when: Instant, deadline: Instant) -> None:
        """To look into its pod then, unless its deadline comes first: one timer serves for both."""
        self.tasks[number].look_at = when
        self.set_deadline(number, min(when, deadline))

    def warned(self, number: int, attempt: int, warning: str) -> None:
        """`warning` is why the pod of this attempt does not start: `FailedMount: …`."""
        task = self.tasks[number]
        if task.step is TaskStep.LIVE and task.attempt == attempt and warning != task.warning:
            task.warning = warning
            self.dirty.mark(Topic.STATUS, number)

    def terminate(self, number: int, cause: Outcome) -> None:
        """Its pod is to be deleted, or its child run to be stopped, for this. The unit ends when that has ended."""
        task = self.tasks[number]
        task.termination_cause = cause
        if task.step is TaskStep.CALLING:
            self.children.desired_state_changed()
            self.dirty.mark(Topic.STATUS, number)

    def attempt_ended(self, number: int, ended: Outcome) -> None:
        """Its slot is free, unless the pod goes on."""
        task = self.tasks[number]
        if task.pod is not None and not (task.pod.terminal or task.pod_deleted):
            self.pods.lingering.add(task.pod, number)
        else:
            self.slots.free(number)
        self.time.attempt_ended(ended.ending, task.pod, was_unschedulable=task.was_unschedulable)
        if task.pod is not None and not task.pod_deleted:
            self.stored.pods_ended([task.pod])

    def schedule_retry(self, number: int, until: Instant) -> None:
        task = self.tasks[number]
        task.move(TaskStep.BACKOFF)
        task.retry_at = until
        self.wind_down.changed(number)
        self.timers.set(until, number, task.attempt)
        self.dirty.mark(Topic.STATUS, number)

    def retry(self, number: int, last: Outcome, retry: Retry, at: Instant) -> None:
        """An attempt has ended, and another one follows."""
        task = self.tasks[number]
        task.last, task.used = last, retry.used
        if task.pod is not None and last.ending in PAID_BY_CLUSTER:
            task.avoid_node = task.pod.node
        self.schedule_retry(number, at)

    def set_outputs(self, number: int, outputs: Json) -> None:
        """A unit has ended with these outputs."""
        task, size = self.tasks[number], outputs_size(outputs)
        task.outputs = outputs
        self.output_bytes += size
        if task.group is not None:
            self.tasks.fan_outs[task.group].output_bytes += size

    def end(self, number: int, phase: TaskPhase, last: Outcome | None = None, skipped: str = "") -> None:
        """A unit ends for good. A named task counts for the run and for its dependents. `last` is how its last attempt
        ended, if that is news; `skipped` why it was skipped, if not by its trigger rule.
        """
        task = self.tasks[number]
        task.move(TaskStep.ENDED)
        task.phase, task.restored_entry = phase, None
        task.last, task.skipped = last or task.last, skipped
        self.dirty.mark(Topic.STATUS, number)
        if phase == "Failed" and task.definition.allow_failure and task.definition.output_defaults:
            self._set_default_outputs(number)
        if task.group is None:
            self.count_end(number)

    def _set_default_outputs(self, number: int) -> None:
        """A unit has failed and may. If they do not fit beside the other outputs, there are none."""
        task = self.tasks[number]
        defaults = task.definition.output_defaults
        fan_out = self.tasks.fan_outs.get(number if task.group is None else task.group)
        if task.group is None and task.definition.for_each is not None:
            lists = (self.tasks.lists_of_items(number) if fan_out is not None else None) or {}
            task.outputs = {key: lists.get(key, []) for key in defaults}
            return
        size, of_task = outputs_size(defaults), fan_out.output_bytes if fan_out is not None else 0
        if of_task + size <= TASK_MAX_BYTES and self.output_bytes + size <= RUN_MAX_BYTES:
            self.set_outputs(number, defaults)

    def count_end(self, number: int) -> None:
        """A named task has ended: what is known of it without looking at it again."""
        task = self.tasks[number]
        self.counts.task_ended(task)
        for dependent in self.definition.graph.dependents[number]:
            if self.tasks.leader(dependent) != number:  # that one goes by the items
                optional = task.definition.name in self.tasks[dependent].definition.reads.optional
                self.tasks[dependent].tally.add(task.counted_as, optional=optional)

    # Logs, in which outputs may be.

    def wants_log(self, number: int, attempt: int) -> bool:
        """Is the end of this attempt's log still to be read?"""
        task = self.tasks[number]
        return not self.closed and task.step is TaskStep.LIVE and task.attempt == attempt and not task.pod_deleted

    def log_read(self, number: int, attempt: int, end: str) -> None:
        """`end` is the end of the log of an attempt that has ended, or the whole log where that was asked for."""
        if self.wants_log(number, attempt):
            task = self.tasks[number]
            task.log = end if task.definition.outputs_as_text else outputs_line(end, task.bytes_in_log)
            self.dirty.mark(Topic.POD, number)

    def log_unread(self, number: int, attempt: int, why: str) -> None:
        """The log could not be read. It is tried again for as long as the pod is there."""
        if self.wants_log(number, attempt):
            self.tasks[number].log_trouble = why
            self.wind_down.changed(number)
            self.dirty.mark(Topic.STATUS, number)

    # Fan-outs.

    def add_items(self, number: int, items: list[Any]) -> FanOut:
        """The items of a fan-out are counted."""
        fan_out = self.tasks.add_items(number, items)
        self.dirty.mark(Topic.STATUS, number)
        if self.tasks[number].step is TaskStep.WAITING:
            self.tasks[number].move(TaskStep.FANNED_OUT)
        return fan_out

    def items_to_record(self, number: int) -> None:
        """The items of a fan-out must be in the status before a pod of theirs is made."""
        self.creates.recording += 1
        if not self.tasks.fan_outs[number].items:
            self.tasks[number].outputs = self.tasks.lists_of_items(number)

    def leading_item_ended(self, number: int, item: TaskState) -> int:
        """An item of another fan-out has ended, by whose items this one goes. Returns the unit that waited for it."""
        unit = self.tasks.fan_outs[number].first + item.index
        self.tasks[unit].tally.add(item.counted_as)
        return unit

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

    # The status on the API server.

    def take_status_changes(self) -> tuple[list[int], list[int]]:
        """(units whose entry may have changed, those of them that must be recorded before a pod is made)."""
        changed = self.dirty.take(Topic.STATUS)
        recorded = [
            unit
            for unit in changed
            if self.tasks[unit].step is TaskStep.RECORDING
            or (unit in self.tasks.fan_outs and not self.tasks.fan_outs[unit].recorded)
        ]
        return sorted({*changed, *self.dirty.take(Topic.WORDING)}), recorded

    def status_written(self, entries: Mapping[int, Json], ended_pods: int, recorded: Iterable[tuple[int, int]]) -> None:
        """The API server has stored these entries, the ends of the first `ended_pods` pods, and what is `recorded`:
        (number, attempt); of fan-outs, their items.
        """
        self.stored.written(entries, ended_pods)
        for number, attempt in recorded:
            if (fan_out := self.tasks.fan_outs.get(number)) is None:
                self.pods.recorded(number, attempt)
                continue
            self.creates.recording -= not fan_out.recorded
            fan_out.recorded = True
            self.dirty.mark(Topic.RECORDED_ITEMS, number)

    def status_found(self, entries: Json) -> None:
        """Somebody else has written to the status: its entries are these, by task, and ours are to be said again."""
        numbered = {self.tasks.number(name): entry for name, entry in entries.items()}
        self.stored.replaced({number: entry for number, entry in numbered.items() if number is not None})
        for number, entry in self.stored.entries.items():
            self.waiting.note(number, entry.get("reason", "") if entry.get("phase") in ("Pending", "Running") else "")
        self.dirty.mark(Topic.STATUS, *range(len(self.tasks)))

    def restore_times(self, finished_at: Instant | None, time: TimeAccounting) -> None:
        self.finished_at, self.time = finished_at, time

    def restore_item(self, number: int, outputs: Json) -> None:
        """An item whose record has been restored; `outputs` are those that the status has of it."""
        task = self.tasks[number]
        fan_out = self.tasks.fan_outs[task.group or 0]
        if outputs:
            fan_out.output_bytes += outputs_size(outputs)
            task.outputs = task.of_its_phase(outputs) if task.counted_as == "Succeeded" else task.outputs
        if task.step is TaskStep.ENDED:
            fan_out.ended(task.index, task.phase, None)

    def restore_items(self, number: int, outputs: Json) -> None:
        """A fan-out whose items have been restored, with the lists of their outputs."""
        task, fan_out = self.tasks[number], self.tasks.fan_outs[number]
        fan_out.recorded = True
        if outputs:
            self.output_bytes += fan_out.output_bytes - outputs_size(outputs)  # the lists say null of some items
            task.outputs = task.of_its_phase(outputs) if task.counted_as == "Succeeded" else None
        if task.step is not TaskStep.ENDED:
            self.counts.restore_fan_out(task, fan_out)

    # PersistentVolumeClaims, which the shell knows of.

    def is_claimed(self, template: str) -> bool:
        return template in self._claimed

    def claimed(self, template: str) -> None:
        self._claimed.add(template)
