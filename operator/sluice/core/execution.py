"""One run in memory: how each of its tasks stands, and what was seen of its pods.

The shell reports what it saw (`see_pod`, `pod_gone`, `refused`, `recorded`); `decide` draws the conclusions. Both cost
time in proportion to what changed: a report marks one task, and an ended task touches only its dependents.

How a task stands, and the steps it goes through, is in `units`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sluice.api.base import seconds
from sluice.api.run import State, TaskPhase
from sluice.core import Instant, Json
from sluice.core.children import ChildView
from sluice.core.definition import Definition
from sluice.core.fan_out import Group
from sluice.core.ledger import Ledger
from sluice.core.limits import SharedLimits
from sluice.core.naming import outputs_name, pod_name
from sluice.core.observation import PodView
from sluice.core.order import Line, Place, Ready
from sluice.core.outcome import outcome
from sluice.core.outputs import as_values, outputs_line, room_in_status, size_of
from sluice.core.pods import RunIdentity
from sluice.core.rules import Tally
from sluice.core.times import span
from sluice.core.units import HOLDS_SLOT, Refused, Step, TaskState

STOPPED_BY_HAND, RESUMED_BY_HAND = "the run was stopped", "spec.state is Running"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the Workflow and the run say, as they are now: it may change while the run goes on. None is no limit."""

    parallelism: int | None = None
    timeout_s: int | None = None
    fail_fast: bool = False
    leaf_failed: bool = False
    """Does the run fail only for a task that no other depends on?"""
    priority: int = 0

    @classmethod
    def of(cls, spec: Json, run: Json) -> "Limits":
        """From the specs of a Workflow and of its run."""
        return cls(
            parallelism=spec.get("parallelism"),
            timeout_s=seconds(spec["timeout"]) if "timeout" in spec else None,
            fail_fast=spec.get("failFast", False),
            leaf_failed=spec.get("failWhen") == "LeafFailed",
            priority=run.get("priority", spec.get("priority")) or 0,
        )


@dataclass(slots=True)
class Hold:
    """The API server takes no more pods of this run for now. One try at a time until it does."""

    refused: Refused
    until: Instant


@dataclass(slots=True)
class Execution:
    """One run."""

    identity: RunIdentity
    revision: str
    definition: Definition
    limits: Limits = field(default_factory=Limits)
    shared: SharedLimits = field(default_factory=SharedLimits)
    state: State = "Running"
    approvals: Mapping[str, Json] = field(default_factory=dict)
    """What people have decided, by task."""
    closed: bool = False
    """Has the shell let go of the run? Then nothing that was asked for is made any more."""
    winding_down: str = ""
    """Why all tasks but the `finally` ones are being brought to an end; empty while they are not."""
    replaced_by: str = ""
    """The run that it is stopped for."""
    failed: int = 0
    """Tasks that ended Failed and may not."""
    open: int = 0
    """Tasks that have not ended, the `finally` ones apart."""
    tasks: list[TaskState] = field(default_factory=list)
    """The named tasks in the order of the manifest, then the items of fan-outs, in the order of their counting."""
    groups: dict[int, Group] = field(default_factory=dict)
    """Fan-outs whose items are counted, by number."""
    started_at: Instant | None = None
    finished_at: Instant | None = None
    failing: int = 0
    """Fan-outs that have not ended and can only fail."""
    live: int = 0
    """Units that hold a slot."""
    counts: dict[TaskPhase, int] = field(default_factory=dict)
    """Ended named tasks by phase."""
    hardened: bool = False
    """Does the namespace ask for pods that satisfy PodSecurity's `restricted`?"""
    hold: Hold | None = None
    window: int | None = None
    """How many creates may be under way at once, None for any number. It shrinks to 1 on a hold and doubles on
    success."""
    creating: int = 0
    changed: set[int] = field(default_factory=set)
    """Tasks whose status may not be what was last written."""
    ended_pods: list[PodView] = field(default_factory=list)
    """Pods of ended attempts whose end is not yet on the API server."""
    written: dict[int, Json] = field(default_factory=dict)
    """The status of each task as it was last written."""
    said_at: dict[int, Instant] = field(default_factory=dict)
    """When that was."""
    reworded: set[int] = field(default_factory=set)
    """Tasks whose status says the same in other words, which can wait."""
    seen: set[int] = field(default_factory=set)
    """Tasks with news for `decide`."""
    unheard: set[int] = field(default_factory=set)
    """Approvals with news for `decide`."""
    stirred: set[int] | None = None
    """Units that have got ready, or have got a pod, since a stop has looked at them; None if none was looked at."""
    claimed: set[str] = field(default_factory=set)
    """Templates whose PersistentVolumeClaim is known to exist."""
    recording: int = 0
    """Tasks and fan-outs that must be in the status before a pod is made."""
    granted: list[int] = field(default_factory=list)
    """Tasks whose pod `decide` has not asked for yet: their attempt was recorded."""
    counted: list[int] = field(default_factory=list)
    """Fan-outs whose items `decide` has not looked at yet: they were recorded."""
    ledger: Ledger = field(default_factory=Ledger)
    ready: Ready = field(default_factory=Ready)
    calls: Ready = field(default_factory=Ready)
    """Tasks that are ready to run another Workflow: no limit on pods holds them back."""
    children: dict[str, int] = field(default_factory=dict)
    """The tasks that wait for a child run, by its name."""
    orders: int = 0
    """Grows whenever what the child runs are to do may have changed."""
    resumes_when: str = RESUMED_BY_HAND
    """What a suspended run waits for."""
    alarms: list[tuple[Instant, int, int]] = field(default_factory=list)
    """Heap of (when, number, attempt): backoffs and deadlines. An alarm for an older attempt is void."""
    output_bytes: int = 0
    """Of the outputs of all tasks, as JSON."""
    outputs_room: int = 0
    """How many of them one task may have in the status."""
    _number: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        definition = self.definition
        self.tasks = [
            TaskState(task, Tally(total=len(dependencies) - (task.same_as is not None)), task.way_s, (number,))
            for number, (task, dependencies) in enumerate(
                zip(definition.tasks, definition.graph.dependencies, strict=True)
            )
        ]
        self.outputs_room = room_in_status(sum(bool(task.outputs) for task in definition.tasks))
        self.open = sum(not task.final for task in definition.tasks)
        self._number = {task.name: number for number, task in enumerate(definition.tasks)}

    @property
    def ended(self) -> int:
        return sum(self.counts.values())

    @property
    def named(self) -> list[TaskState]:
        """The tasks of the manifest, without the items of fan-outs."""
        return self.tasks[: len(self.definition.tasks)]

    def number(self, task: str) -> int | None:
        return self._number.get(task)

    def unit(self, pod: PodView) -> int | None:
        """The number of the unit that a pod belongs to."""
        number = self._number.get(pod.task)
        if number is None or pod.owner_uid != self.identity.uid:
            return None
        if (pod.index is None) != (self.definition.tasks[number].for_each is None):
            return None
        if pod.index is None:
            return number
        group = self.groups.get(number)
        return group.first + pod.index if group is not None and pod.index < len(group.items) else None

    def leader(self, number: int) -> int | None:
        """The number of the fan-out by whose items a unit goes."""
        same_as = self.tasks[number].definition.same_as
        return None if same_as is None else self._number[same_as]

    def entry_of(self, number: int) -> int:
        """The number of the named task under which the status speaks of a unit."""
        group = self.tasks[number].group
        return number if group is None else group

    def item(self, number: int) -> Any:
        """What a unit of a fan-out is about."""
        task = self.tasks[number]
        return None if task.group is None else self.groups[task.group].items[task.index]

    def pod_name(self, number: int, attempt: int | None = None) -> str:
        """Of the pod, or of the child run, of an attempt: by default the newest."""
        task = self.tasks[number]
        index = None if task.group is None else task.index
        which = task.attempt if attempt is None else attempt
        return pod_name(self.identity.name, self.identity.uid, task.definition.name, which, index)

    def line(self, number: int) -> Line:
        """The line in which a unit stands when it is ready."""
        task = self.tasks[number]
        capped = task.group if task.group is not None and self.groups[task.group].parallelism is not None else None
        return Line(task.definition.pools, capped)

    def outputs_of(self, number: int) -> Json | None:
        """What a task has handed on; None if it has not succeeded, or declares no outputs."""
        return self.tasks[number].outputs

    def outputs_so_far(self, number: int) -> Json | None:
        """As `outputs_of`. Of a fan-out that goes on, what its items have handed on until now, if any has."""
        group = self.groups.get(number)
        return self.outputs_of_items(number) if group is not None and group.output_bytes else self.outputs_of(number)

    def outputs_of_items(self, number: int) -> Json | None:
        """Of a fan-out: for each key a list in the order of its items, null for those that have handed on nothing."""
        given = [self.tasks[unit].outputs or {} for unit in self.groups[number].units]
        return {key: [outputs.get(key) for outputs in given] for key in self.definition.tasks[number].outputs} or None

    def outputs_before(self, task: TaskState) -> dict[str, Json]:
        """What a task is given: the outputs of its direct dependencies, by name. An item that goes by that of another
        fan-out is given what that item handed on.
        """
        number = self._number[task.definition.name]
        before = self.definition.graph.dependencies[number]
        found = {self.tasks[n].definition.name: self.outputs_of(n) for n in before}
        if task.group is not None and (leader := self.leader(number)) is not None:
            found[self.tasks[leader].definition.name] = self.tasks[self.groups[leader].first + task.index].outputs
        return {name: outputs for name, outputs in found.items() if outputs is not None}

    def lost_outputs(self, task: TaskState) -> str:
        """What a task should be given and nobody has any more; empty if there is nothing of the kind."""
        given = self.outputs_before(task)
        before = (self.tasks[n] for n in self.definition.graph.dependencies[self._number[task.definition.name]])
        declared = [t.definition.name for t in before if t.phase == "Succeeded" and t.definition.outputs]
        lost = [name for name in declared if name not in given]
        place = f"ConfigMap {outputs_name(self.identity.name, self.identity.uid)} was deleted or changed"
        return f"the outputs of {', '.join(lost)} are gone: {place}" if lost else ""

    def values_of(self, task: TaskState) -> dict[str, str]:
        """What the placeholders in a task's strings stand for."""
        return self.identity.values | as_values(self.outputs_before(task))

    # What the shell reports.

    def see_pod(self, pod: PodView) -> None:
        """A pod of this run as it is now: from a watch, a LIST or the answer to a POST."""
        number = self.unit(pod)
        if number is None:
            return
        task = self.tasks[number]
        if pod.attempt != task.attempt or task.gone:
            return
        if task.refused is not None and task.step in (Step.READY, Step.BACKOFF):
            self._take_back(number)
        if task.step not in HOLDS_SLOT:
            return
        if task.pod is not None and pod.version <= task.pod.version:
            return
        task.pod = pod
        if task.step is not Step.LIVE:
            self.was_created(number)
        self.seen.add(number)

    def _take_back(self, number: int) -> None:
        """A creation that counted as refused was carried out after all."""
        self.ready.keep(lambda other: other != number)
        self.take_slot(number)
        self.creating += 1
        self.tasks[number].step = Step.CREATING

    def pod_gone(self, pod: PodView) -> None:
        """A pod of this run was removed from the API server; `pod` is how it was last seen."""
        number = self.unit(pod)
        if number is None:
            return
        task = self.tasks[number]
        if pod.attempt != task.attempt or task.step not in HOLDS_SLOT:
            return
        if task.pod is not None and task.pod.uid != pod.uid:
            return
        if task.step is not Step.LIVE:  # gone before the answer to its creation was read
            self.was_created(number)
        task.pod, task.gone = pod, True
        self.seen.add(number)

    def see_child(self, child: ChildView) -> None:
        """A child run as it is now."""
        number = self.children.get(child.name)
        if number is None:
            return
        task = self.tasks[number]
        if task.gone or (task.child is not None and child.version <= task.child.version):
            return
        if task.refused is not None and task.step in (Step.READY, Step.BACKOFF):  # it was carried out after all
            self.calls.keep(lambda other: other != number)
            self.take_slot(number)
            task.step = Step.CALLING
            self.stir(number)
        if task.step is not Step.CALLING:
            return
        task.child, task.refused, task.retry_at = child, None, None
        self.seen.add(number)

    def still_called(self, number: int, attempt: int) -> bool:
        """Is the child run of this attempt still to be made? Asked right before it is."""
        task = self.tasks[number]
        return not self.closed and task.step is Step.CALLING and task.attempt == attempt and task.child is None

    def child_gone(self, child: ChildView) -> None:
        """A child run was removed from the API server; `child` is how it was last seen."""
        number = self.children.get(child.name)
        if number is not None and self.tasks[number].step is Step.CALLING:
            self.tasks[number].gone = True
            self.seen.add(number)

    def orders_for(self, child: str) -> tuple[State, str]:
        """What a child run is to do, and why if it is to end."""
        number = self.children.get(child)
        task = None if number is None else self.tasks[number]
        if task is not None and task.doomed is not None:
            return "Stopped", task.doomed.message
        if task is not None and task.step is Step.ENDED:  # while nobody knew that the child exists
            return "Stopped", self.winding_down or "its task has ended"
        return ("Suspended" if self.state == "Suspended" else "Running"), ""

    def was_created(self, number: int) -> None:
        task = self.tasks[number]
        if task.step is Step.CREATING:
            self.creating -= 1
        task.step = Step.LIVE
        self.stir(number)
        task.refused, task.retry_at, task.avoid_node = None, None, ""
        if self.hold is not None:
            self.hold = None
            self.changed.update(self.ready)
        if self.window is not None:
            self.window *= 2
        self.seen.add(number)

    def still_wanted(self, number: int, attempt: int) -> bool:
        """Is the pod of this attempt still to be made? Asked right before it is, since people may think again."""
        task = self.tasks[number]
        if self.closed or task.step is not Step.CREATING or task.attempt != attempt:
            self.give_back(number, attempt)
            return False
        stopping = self.winding_down and not task.definition.final
        held = self.hold is not None and self.window is not None and self.creating > self.window
        if self.state == "Suspended" or stopping or held:
            self.give_back(number, attempt)
            self.creating -= 1
            self.free_slot(number)
            if task.refused is None:  # it was not begun, and is not counted
                task.attempt -= 1
            self.make_ready(number)
            return False
        return True

    def wants_log(self, number: int, attempt: int) -> bool:
        """Is the end of this attempt's log still to be read?"""
        task = self.tasks[number]
        return not self.closed and task.step is Step.LIVE and task.attempt == attempt and not task.gone

    def log_read(self, number: int, attempt: int, end: str) -> None:
        """`end` is the end of the log of an attempt that has ended."""
        if self.wants_log(number, attempt):
            self.tasks[number].log = outputs_line(end)
            self.seen.add(number)

    def log_unread(self, number: int, attempt: int, why: str) -> None:
        """The log could not be read. It is tried again for as long as the pod is there."""
        if self.wants_log(number, attempt):
            self.tasks[number].log_trouble = why
            self.changed.add(number)

    def give_back(self, number: int, attempt: int) -> None:
        """The pod of this attempt was not made, so it holds none of what runs share."""
        self.shared.give_back(self.identity.namespace, self.pod_name(number, attempt))

    def close(self) -> None:
        """The shell lets go of the run. What is on its way to the API server is given back when it answers."""
        self.closed = True
        self.shared.stay(self.identity.uid, {})
        granted = set(self.granted)
        for number, task in enumerate(self.tasks):
            if task.step is Step.RECORDING or number in granted:
                self.give_back(number, task.attempt)

    def recorded(self, attempts: Iterable[tuple[int, int]]) -> None:
        """These (number, attempt) stand in the run's status on the API server now; of fan-outs, their items."""
        for number, attempt in attempts:
            task = self.tasks[number]
            if number in self.groups:
                self.recording -= not self.groups[number].recorded
                self.groups[number].recorded = True
                self.counted.append(number)
            elif task.step is Step.RECORDING and task.attempt == attempt:
                task.step = Step.CREATING
                self.recording -= 1
                self.creating += 1
                self.granted.append(number)

    def set_limits(self, limits: Limits) -> None:
        if limits == self.limits:
            return
        reorder = limits.priority != self.limits.priority
        self.limits = limits
        self.changed.update(self.ready)
        if reorder:
            waiting, self.ready, self.calls = [*self.ready, *self.calls], Ready(), Ready()
            for number in waiting:
                self.make_ready(number)

    def set_state(self, state: State, why: str = STOPPED_BY_HAND, resumes_when: str = RESUMED_BY_HAND) -> None:
        """`why` is what the tasks of a stopped run say, `resumes_when` those of a suspended one."""
        if state == self.state and resumes_when == self.resumes_when:
            return
        if state != self.state:
            self.winding_down = why if state == "Stopped" else ""
            self.stirred = None
        self.state, self.resumes_when = state, resumes_when
        self.orders += 1
        self.changed.update(self.ready)
        self.changed.update(self.calls)
        self.changed.update(number for number, task in enumerate(self.tasks) if task.step is Step.ASKING)

    def set_approvals(self, approvals: Mapping[str, Json]) -> None:
        for name, decision in approvals.items():
            number = self._number.get(name)
            if number is not None and decision != self.approvals.get(name):
                self.unheard.add(number)
        self.approvals = approvals

    # What `decide` concludes.

    def hand_on(self, number: int, outputs: Json) -> None:
        """A unit has succeeded, with these outputs."""
        task, size = self.tasks[number], size_of(outputs)
        task.outputs = outputs
        self.output_bytes += size
        if task.group is not None:
            self.groups[task.group].output_bytes += size

    def take_slot(self, number: int) -> None:
        """A child run takes one of its fan-out's, and none of the run's."""
        self.live += not self.tasks[number].definition.calls
        if (group := self.tasks[number].group) is not None:
            self.groups[group].live += 1

    def free_slot(self, number: int) -> None:
        self.live -= not self.tasks[number].definition.calls
        if (group := self.tasks[number].group) is not None:
            self.groups[group].live -= 1

    def winds_down(self, now: Instant) -> bool:
        """Is the run being brought to an end? Once it is, it stays so, unless a person stopped it and thinks again."""
        if not self.winding_down:
            if self.limits.fail_fast and (self.failed or self.failing):
                self.winding_down = "another task failed, and failFast is set"
            elif self.limits.timeout_s is not None and now >= (self.started_at or now) + self.limits.timeout_s:
                self.winding_down = f"the run took longer than its timeout, {span(self.limits.timeout_s)}"
        return bool(self.winding_down)

    def is_spent(self, pod: PodView) -> bool:
        """Is it of a try that said "not yet", with others to come? Nobody needs it once that is recorded."""
        number = self.unit(pod)
        if number is None or (poll := self.tasks[number].definition.poll) is None:
            return False
        task = self.tasks[number]
        is_last = task.step is Step.ENDED and pod.attempt == task.attempt
        return not is_last and poll.not_yet(outcome(pod))

    def chance(self, number: int) -> float:
        """A number between 0 and 1 that is the same for the same attempt, to spread retries."""
        return int.from_bytes(sha256(self.pod_name(number).encode()).digest()[:4], "big") / 2**32

    def stir(self, number: int) -> None:
        if self.stirred is not None:
            self.stirred.add(number)

    def only_ready_stay_ready(self) -> None:
        """Some of those that stood in a line have ended."""
        for ready in (self.ready, self.calls):
            ready.keep(lambda number: self.tasks[number].step is Step.READY)

    def make_ready(self, number: int) -> None:
        task = self.tasks[number]
        self.stir(number)
        if task.definition.approval is not None:
            task.step = Step.ASKING
            self.unheard.add(number)
            self.changed.add(number)
            return
        task.step, task.told = Step.READY, None
        definition = task.definition
        priority = self.limits.priority if definition.priority is None else definition.priority
        refusals = task.refused.tries if task.refused else 0
        ready = self.calls if definition.calls else self.ready
        ready.add(self.line(number), Place(refusals, -priority, -task.way_s, task.order, number))
        self.changed.add(number)
