"""What is known of the cluster before a plan is made. Offline it is nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice.api.chart import ChartDefaults, PodLimits
from sluice.core import Json
from sluice.core.pod.room import Node
from sluice.core.status.durations import KeptRun
from sluice.core.triggers.resume import Past


@dataclass(frozen=True, slots=True)
class KnownWorkflow:
    """A Workflow as it is on the cluster."""

    workflow: Json | None = None
    """None if it is not there."""
    past: Past | None = None
    """What its next run resumes from; None if it starts afresh."""
    meets: str = ""
    """What becomes of its next run while the last one goes on; '' if that has ended."""
    kept: Sequence[KeptRun] = ()
    """Earlier runs that succeeded, the newest first."""
    outputs: Mapping[str, Json] = field(default_factory=dict)
    """What the tasks of the newest of these handed on."""


NOTHING = KnownWorkflow()


@dataclass(frozen=True, slots=True)
class OtherRun:
    """A run that has not ended: the run, its Workflow with the run's graph, and its pods."""

    run: Json
    workflow: Json
    pods: Sequence[Json]
    kept: Sequence[KeptRun] = ()

    @property
    def name(self) -> str:
        return str(self.run["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class Known:
    namespace: str = ""
    """Empty offline."""
    workflows: Mapping[str, KnownWorkflow] = field(default_factory=dict)
    resumed: Mapping[str, Past] = field(default_factory=dict)
    """The runs from which runs of the file resume, by name."""
    pools: Mapping[str, int] | None = None
    """Slots by name; None if they are not known."""
    held_by_runs: frozenset[str] = frozenset()
    """Of these the Pools that whole runs hold."""
    in_use: Mapping[str, int] = field(default_factory=dict)
    """How many slots are held of those whose holders are not all among `others`."""
    others: Sequence[OtherRun] = ()
    """The runs that hold slots or wait for some, have a place under `concurrency`, or pods under the chart's caps."""
    more_others: int = 0
    """How many such runs there are besides."""
    pods_besides: PodLimits = field(default_factory=PodLimits)
    """The pods of none of these that count under the chart's caps."""
    chart: ChartDefaults | None = None
    nodes: Sequence[Node] | None = None
    """None if they may not be read."""
    quotas: Sequence[Json] = ()
    unseen: tuple[str, ...] = ()
    """What could not be read, and what the plan lacks for it."""
