"""What becomes of a run on a made-up cluster: each pod starts the moment it is made, and ends well after a known time.

The decisions are those of the operator; only the clock, the pods and what they hand on are made up. Nothing fails but
what takes longer than it may. A task that runs another Workflow has a child run of its own if that Workflow is known,
else it is one that ends after a known time. What a run asks of people was answered beforehand (see `approve`).

Runs that are under way already go on beside it, and those that wait to start do so in their turn (see `door`). They
take what is shared, and count for nothing else.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sluice.api.run import WorkflowRunSpec
from sluice.core import Instant, Json
from sluice.core.base.ownership import AttemptRef
from sluice.core.base.text import as_json
from sluice.core.pod.view import PodView
from sluice.core.quota.run_queue import UnfinishedRun
from sluice.core.quota.run_tree import tree_of
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.decide import decide
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.run.children import ChildView
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.identity import RunIdentity
from sluice.core.status.reasons import reason
from sluice.core.status.run_outputs import run_outputs
from sluice.core.status.run_phase import expected_phase, run_message
from sluice.core.whatif.begin import approve, started
from sluice.core.whatif.course import Attempt, Callee, Course, UnderWay
from sluice.core.whatif.door import Door, Entrant
from sluice.core.whatif.kubelet import Expected, ended, killed, running_pod, see, written

_FIRST_INSTANT: Instant = 1.0  # 0 would be no time at all to those who ask whether a run has started
MAX_PODS, MAX_RUNS = 100_000, 1000
"""Of a run and all beneath it, far above what anybody waits for."""


def simulate(
    run: RunState,
    expected: Sequence[Expected],
    callees: Mapping[str, Callee] | None = None,
    beside: Sequence[UnderWay] = (),
) -> Course:
    """The course of a run that starts now. `expected` are its named tasks; `callees` are by name."""
    simulation = Simulation(Door(run.shared, {}), run.shared, callees or {}, run.identity.started_at)
    for other in beside:
        simulation.go_on(other)
    entrant = Entrant(run.identity, UnfinishedRun(run.identity.name), None, lambda _: UnderWay(run, expected))
    return simulation.course(entrant)


@dataclass(slots=True, eq=False)
class _Live:
    """A run under way. `parent` is the one that called it; `beside`: it is none of those that the course is of."""

    run: RunState
    expected: Sequence[Expected]
    parent: "_Live | None" = None
    beside: bool = False
    wakes_at: Instant | None = None
    held_up: Counter[str] = field(default_factory=Counter)

    @property
    def above(self) -> set[str]:
        """The Workflows of this run and of those above it."""
        return {self.run.identity.workflow} | (self.parent.above if self.parent is not None else set())

    @property
    def uid(self) -> str:
        return self.run.identity.uid

    def expects(self, number: int) -> Expected:
        return self.expected[self.run.tasks.named_task_of(number)]

    def outputs(self, number: int) -> Json:
        return self.expects(number).of_unit(self.run.tasks[number])


@dataclass(frozen=True, slots=True)
class _Begun:
    """An attempt under way: the pod or the child run of a unit."""

    live: _Live
    number: int
    at: Instant


class Simulation:
    """`now` is when the run that is planned asks to start."""

    def __init__(self, door: Door, shared: SharedLimits, callees: Mapping[str, Callee], now: Instant) -> None:
        self._door, self._callees = door, callees
        self._began_at = self._now = max(_FIRST_INSTANT, now)
        self._root: _Live | None = None
        self._live: dict[str, _Live] = {}
        self._awake: dict[str, _Live] = {}
        self._begun: dict[str, _Begun] = {}
        """By the name of the pod, or of the child run, which is its UID as well."""
        self._events: list[tuple[Instant, int, str]] = []
        """When an attempt ends, or a run is to be decided about: its name or UID. The number keeps them in order."""
        self._count = self._runs = 0
        self._circle = ""
        """Which Workflow runs itself."""
        self._pods: list[Attempt] = []
        self._calls: list[Attempt] = []
        self._held_up: Counter[str] = Counter()
        self._held_up_s: defaultdict[str, float] = defaultdict(float)
        shared.subscribe(wake=lambda identity: self._wake(identity.uid), changed=lambda _: None)

    def go_on(self, other: UnderWay) -> None:
        """Its pods end as long after their start as they are expected to, those that are late at once."""
        live = _Live(other.run, other.expected, beside=True)
        for number, task in enumerate(other.run.tasks):
            if task.step is TaskStep.LIVE and task.pod is not None and not task.pod.terminal:
                self._goes(live, number, task.pod, task.pod.container.started_at or self._now)
        self._add(live)

    def course(self, entrant: Entrant) -> Course:
        """Of the run that is planned."""
        self._door.wait(entrant)
        trouble = ""
        while not self._over and not (trouble := trouble or self._circle or self._too_large()):
            if self._awake:
                self._decide(self._awake.pop(next(iter(self._awake))))
            elif (let_in := self._door.let_in()) is not None:
                self._enter(let_in, planned=let_in is entrant)
            elif self._events and not self._door.turns_away(entrant):
                self._pass_time(entrant)
            else:
                trouble = self._door.why(entrant) if self._root is None else self._stuck()
        run = entrant.start(self._now).run if self._root is None else self._root.run
        if not trouble and expected_phase(run) != "Succeeded":
            trouble = run_message(run)
        return Course(run, self._pods, self._calls, self._now - self._began_at, self._held_up_s, trouble)

    @property
    def _over(self) -> bool:
        return self._root is not None and self._root.run.finished_at is not None

    def _stuck(self) -> str:
        return stuck([live.run for live in self._live.values() if not live.beside][-1])

    def _enter(self, entrant: Entrant, *, planned: bool) -> None:
        """It starts."""
        made = entrant.start(self._now)
        live = _Live(made.run, made.expected, beside=not planned)
        if planned:
            self._root = live
        self._add(live)

    def _too_large(self) -> str:
        if len(self._pods) <= MAX_PODS and self._runs <= MAX_RUNS:
            return ""
        return f"it is not simulated to its end: it would make more than {MAX_PODS} pods or {MAX_RUNS} runs"

    def _add(self, live: _Live) -> None:
        self._runs += 1
        self._live[live.uid] = self._awake[live.uid] = live

    def _wake(self, uid: str) -> None:
        if uid in self._live:
            self._awake[uid] = self._live[uid]

    def _pass_time(self, entrant: Entrant) -> None:
        """To the next event, and all that come at the same time."""
        at = max(self._now, self._events[0][0])
        if self._root is None:
            self._held_up_s[self._door.held_up_by(entrant)] += at - self._now
        for kind, tasks in self._held_up.items():
            if tasks:
                self._held_up_s[kind] += at - self._now
        self._now = at
        while self._events and self._events[0][0] <= at:
            name = heapq.heappop(self._events)[2]
            if name in self._begun and name not in self._live:
                self._end(name)
            self._wake(name)

    def _at(self, when: Instant, name: str) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, name))

    def _decide(self, live: _Live) -> None:
        run = live.run
        decision = decide(run, self._now)
        for create in decision.create:
            (self._call if create.is_child_run else self._start)(live, create)
        for delete in decision.delete:
            self._kill(delete.name)
        for read in decision.read:
            run.log_read(read.number, read.attempt, written(run.tasks[read.number], live.outputs(read.number)))
        if run.creates.recording:
            _, units = run.take_status_changes()
            run.status_written({}, 0, [(unit, run.tasks[unit].attempt) for unit in units])
            self._wake(live.uid)
        elif decision.read or decision.delete:
            self._wake(live.uid)
        if decision.wake_at is not None and decision.wake_at != live.wakes_at:
            live.wakes_at = decision.wake_at
            self._at(decision.wake_at, live.uid)
        if not live.beside:
            self._held_up.subtract(live.held_up)
            live.held_up = Counter(run.time.waiting)
            self._held_up.update(live.held_up)
        if decision.finished:
            self._finish(live)

    # Pods.

    def _start(self, live: _Live, create: CreateIntent) -> None:
        pod = running_pod(live.run, create.number, self._now)
        see(live.run, pod)
        self._goes(live, create.number, pod, self._now)

    def _goes(self, live: _Live, number: int, pod: PodView, since: Instant) -> None:
        """It runs `since` then, until it has done its work or its time is up."""
        self._begun[pod.name] = _Begun(live, number, since)
        done_at = since + live.expects(number).duration_s
        self._at(max(self._now, done_at if pod.deadline_at is None else min(done_at, pod.deadline_at)), pod.name)

    def _end(self, name: str) -> None:
        """An attempt ends by itself, or at its limit."""
        begun = self._begun[name]
        live, task = begun.live, begun.live.run.tasks[begun.number]
        if task.definition.is_sub_workflow:
            self._call_ended(name, "Succeeded", as_json(live.outputs(begun.number)))
            return
        self._note(self._pods, name)
        if task.pod is not None:
            see(live.run, ended(task.pod, task, live.outputs(begun.number), self._now))
        self._wake(live.uid)

    def _kill(self, name: str) -> None:
        live, task = self._begun[name].live, self._begun[name].live.run.tasks[self._begun[name].number]
        self._note(self._pods, name)
        if task.pod is not None:
            see(live.run, killed(task.pod, self._now))

    def _note(self, attempts: list[Attempt], name: str) -> None:
        begun = self._begun.pop(name)
        if begun.live.beside:
            return
        started_s, ended_s = begun.at - self._began_at, self._now - self._began_at
        attempts.append(Attempt(begun.live.run, begun.number, started_s, ended_s))

    # Child runs.

    def _call(self, live: _Live, create: CreateIntent) -> None:
        run, number = live.run, create.number
        name = run.tasks.pod_name(number)
        self._begun[name] = _Begun(live, number, self._now)
        run.children.observe(self._child(name, 1, "Running"))
        spec = WorkflowRunSpec.read(create.child_run(self._now)["spec"])
        callee = self._callees.get(spec.workflow)
        if spec.workflow in live.above:
            whose = f"task {run.tasks[number].definition.name} of {run.identity.workflow}"
            self._circle = f"{whose} runs Workflow {spec.workflow}, in whose run it is: that has no end"
        if callee is None or self._circle:
            self._at(self._now + live.expects(number).duration_s, name)
            return
        parameters = callee.definition.values(spec.arguments or {})
        identity = RunIdentity(
            name, run.identity.namespace, name, spec.workflow, parameters, depth=run.identity.depth + 1
        )
        identity = replace(identity, tree=tree_of(identity.ref, run.identity.tree))
        child = started(identity, callee.definition, callee.settings, spec, run.shared, self._now)
        approve(child)
        self._add(_Live(child, callee.expected, live, beside=live.beside))

    def _finish(self, live: _Live) -> None:
        del self._live[live.uid]
        self._awake.pop(live.uid, None)
        if live.parent is None:
            self._door.left(live.run.identity)
            return
        phase, outputs = expected_phase(live.run), run_outputs(live.run)
        text = outputs if isinstance(outputs, str) else ""
        self._call_ended(live.run.identity.name, phase, text, run_message(live.run))

    def _call_ended(self, name: str, phase: str, outputs: str, message: str = "") -> None:
        live = self._begun[name].live
        live.run.children.observe(self._child(name, 2, phase, outputs, message))
        self._note(self._calls, name)
        self._wake(live.uid)

    def _child(self, name: str, version: int, phase: str, outputs: str = "", message: str = "") -> ChildView:
        begun = self._begun[name]
        run, task = begun.live.run, begun.live.run.tasks[begun.number]
        index = None if task.group is None else task.index
        attempt = AttemptRef(run.identity.ref, task.definition.name, index, task.attempt)
        return ChildView(name, name, version, attempt, phase, message, begun.at, self._now, outputs)


def stuck(run: RunState) -> str:
    """The first task that others wait for, and what it waits for itself."""
    first = next(n for n, task in enumerate(run.tasks.named) if task.step not in (TaskStep.WAITING, TaskStep.ENDED))
    return f"task {run.tasks.named[first].definition.name} would never end: {reason(run, first).text}"
