"""A run that would start, and all that it would find: its Workflow, the Pools, the runs that go on beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sluice.api.chart import PodCaps
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core import Instant, Json
from sluice.core.pod.defaults import NO_DEFAULTS, PodDefaults
from sluice.core.pod.view import PodView
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.run_tree import tree_of
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.status.durations import Durations
from sluice.core.whatif.kubelet import Expected
from sluice.core.whatif.simulate import Beside, Callee, Course, approve, simulate, started

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
    caps: PodCaps = field(default_factory=PodCaps)
    defaults: PodDefaults = NO_DEFAULTS
    status: Json = field(default_factory=dict)
    beside: Sequence["Going"] = ()
    """Other runs that hold slots, or wait for some."""

    def play(self, which: Which = "typical_s") -> Course:
        """The course of the run with these of each task's times."""
        shared = SharedLimits(pods=self.caps.pods or None, pods_per_namespace=self.caps.pods_per_namespace or None)
        for name, slots in self.pools.items():
            shared.set_pool(PoolKey(self.identity.namespace, name), slots)
        identity = replace(self.identity, tree=tree_of(self.identity.ref)) if self._calls else self.identity
        subject = self.subject
        run = started(identity, subject.definition, subject.settings, self.spec, shared, self.now, self.status)
        approve(run)
        callees = {
            name: Callee(each.definition, each.settings, each.expected(_times(each.durations, which)))
            for name, each in self.callees.items()
        }
        beside = [each.beside(shared, self.now) for each in self.beside]
        return simulate(run, subject.expected(_times(subject.durations, which)), callees, beside)

    @property
    def _calls(self) -> bool:
        return any(task.is_sub_workflow for task in self.subject.definition.tasks)


@dataclass(frozen=True, slots=True)
class Going:
    """A run that is under way: its status, and its pods."""

    identity: RunIdentity
    subject: Subject
    spec: WorkflowRunSpec
    status: Json
    pods: Sequence[PodView]

    def beside(self, shared: SharedLimits, now: Instant) -> Beside:
        subject = self.subject
        run = started(
            self.identity, subject.definition, subject.settings, self.spec, shared, now, self.status, self.pods
        )
        for pod in self.pods:
            shared.observe_pod(run.tasks.with_claims(pod))
        return Beside(run, subject.expected(_times(subject.durations, "typical_s")))


def _times(durations: Durations, which: Which) -> list[float]:
    return [getattr(each, which) for each in durations.took]
