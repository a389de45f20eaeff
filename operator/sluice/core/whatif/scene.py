"""A run that would start, and all that it would find: its Workflow, the Pools, and other runs, which go on or wait."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sluice.api.chart import PodLimits
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core import Instant, Json
from sluice.core.base.faults import Fault
from sluice.core.pod.defaults import NO_DEFAULTS, PodDefaults
from sluice.core.pod.view import PodView
from sluice.core.quota.calls import CalledWorkflow, calls_of, circles_that_may_wait, most_of_each, why_circle
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.quota.run_pools import run_request
from sluice.core.quota.run_queue import UnfinishedRun
from sluice.core.quota.run_tree import tree_of
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.quota.waiters import Request
from sluice.core.run.orders import STOPPED_BY_HAND
from sluice.core.spec.arguments import argument_faults
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, RunIdentity, known_claim, pool_claim
from sluice.core.spec.run_limits import run_priority
from sluice.core.status.durations import Durations
from sluice.core.validation.numbers import limit_faults
from sluice.core.whatif.begin import approve, started
from sluice.core.whatif.course import Callee, Course, UnderWay
from sluice.core.whatif.door import Door, Entrant
from sluice.core.whatif.kubelet import Expected
from sluice.core.whatif.simulate import Simulation

Which = Literal["low_s", "typical_s", "high_s"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A Workflow with what is known of it. `outputs` are what its tasks hand on, by task."""

    definition: Definition
    settings: WorkflowSettings
    durations: Durations
    outputs: Mapping[str, Json] = field(default_factory=dict)

    def expected(self, times: list[float]) -> list[Expected]:
        tasks = zip(self.definition.tasks, times, strict=True)
        return [Expected(took_s, self.outputs.get(task.name, {})) for task, took_s in tasks]


@dataclass(frozen=True, slots=True)
class Scene:
    """A run that would start, and what it would find. `status` is what it begins with: what it keeps of another."""

    identity: RunIdentity
    subject: Subject
    now: Instant
    spec: WorkflowRunSpec
    callees: Mapping[str, Subject] = field(default_factory=dict)
    pools: Mapping[str, int] = field(default_factory=dict)
    """Slots by Pool. A task whose Pool is not among them waits for ever."""
    held_by_runs: Collection[str] = ()
    """Of these the Pools that whole runs hold."""
    caps: PodLimits = field(default_factory=PodLimits)
    defaults: PodDefaults = NO_DEFAULTS
    status: Json = field(default_factory=dict)
    made_by_workflow: bool = False
    """Does the Workflow make it? Else a person does."""
    beside: Sequence["Other"] = ()
    """Other runs, in the order in which they came."""

    @property
    def refused(self) -> str:
        """Why the operator lets it not start at all."""
        subject, values = self.subject, self.identity.parameters
        faults = (
            [] if self.made_by_workflow else argument_faults(self.spec.arguments or {}, subject.definition.parameters)
        )
        faults = [*faults, *limit_faults(subject.settings, self.spec, values), *self._circles]
        if self.spec.state == "Stopped" and not faults:
            return f"{STOPPED_BY_HAND} before it had started"
        return "; ".join(map(str, faults))

    @property
    def _circles(self) -> Iterator[Fault]:
        """Calls over which runs could wait for each other for ever."""
        called = {
            name: CalledWorkflow(calls_of(each.definition), limited=Concurrency.of(each.settings).holds(own=False))
            for name, each in self.callees.items()
        }
        return (Fault("spec.workflow", why_circle(circle)) for circle in circles_that_may_wait(called))

    def play(self, which: Which = "typical_s") -> Course:
        """The course of the run with these of each task's times."""
        shared = SharedLimits(pods=self.caps.pods or None, pods_per_namespace=self.caps.pods_per_namespace or None)
        for name, slots in self.pools.items():
            key = PoolKey(self.identity.namespace, name)
            shared.set_pool(key, slots, "Runs" if name in self.held_by_runs else "Tasks")
        rules = {each.identity.workflow: Concurrency.of(each.subject.settings) for each in self.beside}
        rules |= {name: Concurrency.of(each.settings) for name, each in self.callees.items()}
        door = Door(shared, rules | {self.identity.workflow: Concurrency.of(self.subject.settings)})
        callees = {
            name: Callee(each.definition, each.settings, each.expected(_times(each.durations, which)))
            for name, each in self.callees.items()
        }
        if words := self.refused:
            return Course(self._entrant(shared, which).start(self.now).run, [], [], 0, {}, words, starts=False)
        simulation = Simulation(door, shared, callees, self.now)
        for other in self.beside:
            if other.has_begun:
                door.goes(other.identity, other.asks, known_claim(other.status.get("pools")))
                simulation.go_on(other.under_way(shared, self.now))
            else:
                door.wait(other.entrant(shared))
        return simulation.course(self._entrant(shared, which))

    def _entrant(self, shared: SharedLimits, which: Which) -> Entrant:
        identity = replace(self.identity, tree=tree_of(self.identity.ref)) if self._calls else self.identity
        subject = self.subject

        def start(now: Instant) -> UnderWay:
            run = started(identity, subject.definition, subject.settings, self.spec, shared, now, self.status)
            approve(run)
            return UnderWay(run, subject.expected(_times(subject.durations, which)))

        priority = run_priority(subject.settings, self.spec)
        asks = UnfinishedRun(
            identity.name,
            self.now,
            own=self.made_by_workflow,
            priority=priority,
            key=Concurrency.of(subject.settings).value(identity.parameters),
        )
        claims = [pool_claim(each.settings.pools or ()) for each in (subject, *self.callees.values())]
        return Entrant(identity, asks, _slots(identity, most_of_each(claims), subject, asks), start)

    @property
    def _calls(self) -> bool:
        return any(task.is_sub_workflow for task in self.subject.definition.tasks)


@dataclass(frozen=True, slots=True)
class Other:
    """Another run that has not ended: its status, and its pods."""

    identity: RunIdentity
    subject: Subject
    spec: WorkflowRunSpec
    status: Json
    pods: Sequence[PodView]
    asks: UnfinishedRun

    @property
    def has_begun(self) -> bool:
        return "startedAt" in self.status or "pools" in self.status or bool(self.pods)

    def under_way(self, shared: SharedLimits, now: Instant) -> UnderWay:
        subject = self.subject
        run = started(
            self.identity, subject.definition, subject.settings, self.spec, shared, now, self.status, self.pods
        )
        for pod in self.pods:
            shared.observe_pod(run.tasks.with_claims(pod))
        return UnderWay(run, subject.expected(_times(subject.durations, "typical_s")))

    def entrant(self, shared: SharedLimits) -> Entrant:
        claim = pool_claim(self.subject.settings.pools or ())
        slots = _slots(self.identity, claim, self.subject, self.asks)
        return Entrant(self.identity, self.asks, slots, lambda now: self.under_way(shared, now))


def _slots(identity: RunIdentity, claim: PoolClaim, subject: Subject, asks: UnfinishedRun) -> Request | None:
    if not claim:
        return None
    return run_request(identity, claim, subject.definition, priority=asks.priority, created_at=asks.created_at)


def _times(durations: Durations, which: Which) -> list[float]:
    return [getattr(each, which) for each in durations.took]
