"""What is known of the cluster before a plan is made. Offline it is nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice.api.chart import ChartDefaults
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
class GoingRun:
    """A run that holds slots, or waits for some: the run, its Workflow's spec with the run's graph, and its pods."""

    run: Json
    spec: Json
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
    in_use: Mapping[str, int] = field(default_factory=dict)
    """Of these, how many others hold just now."""
    going: Sequence[GoingRun] = ()
    """The runs that hold them, as far as they can be read."""
    chart: ChartDefaults | None = None
    nodes: Sequence[Node] | None = None
    """None if they may not be read."""
    quotas: Sequence[Json] = ()
    unseen: tuple[str, ...] = ()
    """What could not be read, and what the plan lacks for it."""
