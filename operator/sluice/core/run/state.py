"""How a run stands: its units and fan-outs, what it may use and uses, and what has changed since it was last looked at.

How a unit stands, and the steps it goes through, is in `units`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sluice.api.run import ApprovalDecision, DesiredState, TaskPhase
from sluice.core import Instant, Json
from sluice.core.base.naming import outputs_name, pod_name
from sluice.core.base.text import as_values
from sluice.core.base.times import span
from sluice.core.graph.trigger_rules import Tally
from sluice.core.pod.outcome import pod_outcome
from sluice.core.pod.view import PodView
from sluice.core.quota.ready_queue import ReadyEntry, ReadyQueue, WaitKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.run.fan_out import FanOut
from sluice.core.run.task_state import CreateFailure, TaskState, TaskStep
from sluice.core.run.time_accounting import TimeAccounting
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.outputs import inline_outputs_budget, outputs_size
from sluice.core.spec.run_limits import RunLimits

STOPPED_BY_HAND, RESUMED_BY_HAND = "the run was stopped", "spec.state is Running"


@dataclass(slots=True)
class Hold:
    """The API server takes no more pods of this run for now. One try at a time until it does."""

    refused: CreateFailure
    until: Instant


@dataclass(slots=True)
class Standing:
    """One run, as `decide` sees it."""

    identity: RunIdentity
    revision: str
    definition: Definition
    limits: RunLimits = field(default_factory=RunLimits)
    shared: SharedLimits = field(default_factory=SharedLimits)
    state: DesiredState = "Running"
    approvals: Mapping[str, ApprovalDecision] = field(default_factory=dict)
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
    groups: dict[int, FanOut] = field(default_factory=dict)
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
    reworded: set[int] = field(default_factory=set)
    """Tasks whose status says the same in other words, which can wait."""
    reworded_at: dict[int, Instant] = field(default_factory=dict)
    """When other words were last written."""
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
    ledger: TimeAccounting = field(default_factory=TimeAccounting)
    ready: ReadyQueue = field(default_factory=ReadyQueue)
    calls: ReadyQueue = field(default_factory=ReadyQueue)
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
            TaskState(
                task, Tally(total=len(dependencies) - (task.same_as is not None)), task.critical_path_s, (number,)
            )
            for number, (task, dependencies) in enumerate(
                zip(definition.tasks, definition.graph.dependencies, strict=True)
            )
        ]
        self.outputs_room = inline_outputs_budget(sum(bool(task.outputs) for task in definition.tasks))
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

    def line(self, number: int) -> WaitKey:
        """The line in which a unit stands when it is ready."""
        task = self.tasks[number]
        capped = task.group if task.group is not None and self.groups[task.group].parallelism is not None else None
        return WaitKey(task.definition.pools, capped)

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

    def hand_on(self, number: int, outputs: Json) -> None:
        """A unit has succeeded, with these outputs."""
        task, size = self.tasks[number], outputs_size(outputs)
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
        is_last = task.step is TaskStep.ENDED and pod.attempt == task.attempt
        return not is_last and poll.not_yet(pod_outcome(pod))

    def chance(self, number: int) -> float:
        """A number between 0 and 1 that is the same for the same attempt, to spread retries."""
        return int.from_bytes(sha256(self.pod_name(number).encode()).digest()[:4], "big") / 2**32

    def stir(self, number: int) -> None:
        if self.stirred is not None:
            self.stirred.add(number)

    def only_ready_stay_ready(self) -> None:
        """Some of those that stood in a line have ended."""
        for ready in (self.ready, self.calls):
            ready.keep(lambda number: self.tasks[number].step is TaskStep.READY)

    def make_ready(self, number: int) -> None:
        task = self.tasks[number]
        self.stir(number)
        if task.definition.approval is not None:
            task.step = TaskStep.ASKING
            self.unheard.add(number)
            self.changed.add(number)
            return
        task.step, task.told = TaskStep.READY, None
        definition = task.definition
        priority = self.limits.priority if definition.priority is None else definition.priority
        refusals = task.refused.tries if task.refused else 0
        ready = self.calls if definition.calls else self.ready
        ready.add(self.line(number), ReadyEntry(refusals, -priority, -task.critical_path_s, task.order, number))
        self.changed.add(number)
