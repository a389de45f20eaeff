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
from dataclasses import replace

from sluice.core import Instant
from sluice.core.base.text import as_json
from sluice.core.graph.placeholders import TooLong
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.view import PodView
from sluice.core.quota.run_concurrency import Concurrency, Replaced, TurnedAway
from sluice.core.quota.run_queue import UnfinishedRun
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.decide import decide
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.run.children import MAX_DEPTH
from sluice.core.run.orders import Orders
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.status.reasons import reason
from sluice.core.status.run_outputs import run_outputs
from sluice.core.status.run_phase import expected_phase, run_message
from sluice.core.whatif.course import Attempt, Callee, Course, UnderWay
from sluice.core.whatif.door import Door, Entrant
from sluice.core.whatif.kubelet import Expected, allowed_s, ended, killed, running_pod, see, written
from sluice.core.whatif.live import Begun, Called, Live

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
    called = callees or {}
    door = Door(run.shared, {name: Concurrency.of(each.settings) for name, each in called.items()})
    simulation = Simulation(door, run.shared, called, run.identity.started_at)
    for other in beside:
        simulation.go_on(other)
    entrant = Entrant(run.identity, UnfinishedRun(run.identity.name), None, lambda _: UnderWay(run, expected))
    return simulation.course(entrant)


class Simulation:
    """`now` is when the run that is planned asks to start."""

    def __init__(self, door: Door, shared: SharedLimits, callees: Mapping[str, Callee], now: Instant) -> None:
        self._door, self._callees = door, callees
        self._began_at = self._now = max(_FIRST_INSTANT, now)
        self._root: Live | None = None
        self._live: dict[str, Live] = {}
        self._awake: dict[str, Live] = {}
        self._begun: dict[str, Begun] = {}
        """By the name of the pod, or of the child run, which is its UID as well."""
        self._events: list[tuple[Instant, int, str]] = []
        """When an attempt ends, or a run is to be decided about: its name or UID. The number keeps them in order."""
        self._count = self._runs = 0
        self._circle = ""
        """Which Workflow runs itself, directly or through others."""
        self._endless = ""
        """That it does so until the operator ends it."""
        self._pods: list[Attempt] = []
        self._calls: list[Attempt] = []
        self._held_up: Counter[str] = Counter()
        self._held_up_s: defaultdict[str, float] = defaultdict(float)
        shared.subscribe(wake=lambda identity: self._wake(identity.uid), changed=lambda _: None)

    def go_on(self, other: UnderWay) -> None:
        """Its pods end as long after their start as they are expected to, those that are late at once."""
        live = Live(other.run, other.expected, beside=True)
        for number, task in enumerate(other.run.tasks):
            if task.step is TaskStep.LIVE and task.pod is not None and not task.pod.terminal:
                self._goes(live, number, task.pod, task.pod.container.started_at or self._now)
        self._add(live)

    def course(self, entrant: Entrant) -> Course:
        """Of the run that is planned."""
        self._door.wait(entrant)
        trouble = ""
        while not self._over and not (trouble := trouble or self._too_large()):
            if self._awake:
                self._decide(self._awake.pop(next(iter(self._awake))))
            elif (let_in := self._door.let_in()) is not None:
                self._enter(let_in, planned=let_in is entrant)
            elif answers := self._door.answers_for_good():
                self._turn_away(answers)
            elif self._events and not self._door.turns_away(entrant):
                self._pass_time(entrant)
            else:
                trouble = self._door.why(entrant) if self._root is None else self._stuck()
        run = entrant.start(self._now).run if self._root is None else self._root.run
        if not trouble and expected_phase(run) != "Succeeded":
            trouble = self._endless or run_message(run)
        lasted_s, starts = self._now - self._began_at, self._root is not None
        return Course(run, self._pods, self._calls, lasted_s, self._held_up_s, trouble, starts)

    @property
    def _over(self) -> bool:
        return self._root is not None and self._root.run.finished_at is not None

    def _stuck(self) -> str:
        return stuck([live.run for live in self._live.values() if not live.beside][-1])

    def _enter(self, entrant: Entrant, *, planned: bool) -> None:
        """It starts."""
        made, name = entrant.start(self._now), entrant.run.name
        if (begun := self._begun.get(name)) is not None:
            begun = self._begun[name] = replace(begun, at=self._now)
            begun.live.run.children.observe(begun.running())
            self._add(Live(made.run, made.expected, begun.live, beside=begun.live.beside))
            self._wake(begun.live.uid)
            return
        live = Live(made.run, made.expected, beside=not planned)
        if planned:
            self._root = live
        self._add(live)

    def _too_large(self) -> str:
        if len(self._pods) <= MAX_PODS and self._runs <= MAX_RUNS:
            return ""
        if self._circle:
            return self._circle
        return f"it is not simulated to its end: it would make more than {MAX_PODS} pods or {MAX_RUNS} runs"

    def _add(self, live: Live) -> None:
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
        heapq.heappush(self._events, (when, self._next(), name))

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _decide(self, live: Live) -> None:
        run = live.run
        decision = decide(run, self._now)
        for create in decision.create:
            try:
                (self._call if create.is_child_run else self._start)(live, create)
            except TooLong as error:
                create.failed(CreateError.TOO_LARGE, str(error), self._now)
                self._wake(live.uid)
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
        if run.children.desired_state_version != live.children_told:
            self._tell_children(live)
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

    def _start(self, live: Live, create: CreateIntent) -> None:
        limit_s = allowed_s(live.run.tasks[create.number], self._now)
        pod = running_pod(live.run, create.number, self._now, limit_s)
        see(live.run, pod)
        self._goes(live, create.number, pod, self._now)

    def _goes(self, live: Live, number: int, pod: PodView, since: Instant) -> None:
        """It runs `since` then, until it has done its work or its time is up."""
        self._begun[pod.name] = Begun(live, pod.name, number, since, self._next())
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
        attempts.append(Attempt(begun.live.run, begun.number, started_s, ended_s, (begun.order, self._next())))

    # Child runs.

    def _call(self, live: Live, create: CreateIntent) -> None:
        run, number = live.run, create.number
        spec = create.child_run(self._now)["spec"]
        begun = Begun(live, run.tasks.pod_name(number), number, self._now, self._next())
        self._begun[begun.name] = begun
        run.children.observe(begun.waiting())
        workflow = str(spec["workflow"])
        if not self._circle and any(workflow == each.workflow for each in live.lineage):
            whose = f"task {run.tasks[number].definition.name} of {run.identity.workflow}"
            self._circle = f"{whose} runs Workflow {workflow}, in whose run it is: that has no end"
        callee = self._callees.get(workflow)
        if callee is None:
            run.children.observe(begun.running())
            self._wake(live.uid)
            self._at(self._now + live.expects(number).duration_s, begun.name)
            return
        called = Called(begun, callee, spec)
        if words := called.refused:
            self._call_ended(begun.name, "Failed", message=words)
        else:
            self._door.wait(called.entrant())

    def _tell_children(self, live: Live) -> None:
        """Those that are to be stopped."""
        children, state = live.run.children, live.run.state
        live.children_told = children.desired_state_version
        for begun in [each for each in self._begun.values() if each.live is live]:
            if not live.run.tasks[begun.number].definition.is_sub_workflow:
                continue
            wanted, why = children.desired_state(begun.name, state)
            if wanted != "Stopped":
                continue
            if begun.name in self._live:
                self._live[begun.name].run.set_state(wanted, f"run {live.run.identity.name} stops it: {why}")
                self._wake(begun.name)
            else:
                self._end_before_start(begun.name, f"run {live.run.identity.name} stops it: {why}")

    def _turn_away(self, answers: Mapping[str, TurnedAway | Replaced]) -> None:
        """Child runs that `concurrency` turns away, or stops for others."""
        for name, answer in answers.items():
            if name in self._live and isinstance(answer, Replaced):
                run = self._live[name].run
                run.take_orders(Orders(run.limits, "Stopped", answer.words, replaced_by=answer.by))
                self._wake(name)
            elif name in self._begun:
                self._end_before_start(name, answer.words, turned_away=True)

    def _end_before_start(self, name: str, words: str, *, turned_away: bool = False) -> None:
        self._door.gone(name)
        self._call_ended(name, "Stopped", message=words, turned_away=turned_away)

    def _finish(self, live: Live) -> None:
        del self._live[live.uid]
        self._awake.pop(live.uid, None)
        self._door.left(live.run.identity)
        if live.parent is None:
            return
        phase, outputs = expected_phase(live.run), run_outputs(live.run)
        if phase == "Failed" and live.run.identity.depth == MAX_DEPTH:
            self._endless = self._circle
        text = outputs if isinstance(outputs, str) else ""
        self._call_ended(live.uid, phase, text, run_message(live.run), turned_away=bool(live.run.replaced_by))

    def _call_ended(
        self, name: str, phase: str, outputs: str = "", message: str = "", *, turned_away: bool = False
    ) -> None:
        begun = self._begun[name]
        begun.live.run.children.observe(begun.ended(phase, self._now, message, outputs, turned_away=turned_away))
        self._note(self._calls, name)
        self._wake(begun.live.uid)


def stuck(run: RunState) -> str:
    """The first task that others wait for, and what it waits for itself."""
    first = next(n for n, task in enumerate(run.tasks.named) if task.step not in (TaskStep.WAITING, TaskStep.ENDED))
    return f"task {run.tasks.named[first].definition.name} would never end: {reason(run, first).text}"
