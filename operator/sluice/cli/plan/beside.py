"""A run that is under way, for the simulation: its graph, its state, and how long its tasks take."""

from collections.abc import Iterable, Iterator, Mapping

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.cli.plan.seen.known import GoingRun
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.base.foreign import mapping
from sluice.core.base.naming import graph_of
from sluice.core.pod.view import PodView, pod_view
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.status.durations import Sources, durations
from sluice.core.whatif.scene import Going, Subject


def beside(going: GoingRun, pools: Mapping[str, int]) -> Going:
    """`pools` are those of the cluster, with their slots."""
    spec, metadata = WorkflowRunSpec.read_usable(going.run["spec"]), going.run["metadata"]
    definition, width = Definition.of(graph_of(going.spec)), foreign.integer(going.spec.get("parallelism"))
    times = durations(definition, Sources(kept=going.kept, width=width, pools=pools))
    identity = RunIdentity(
        going.name,
        metadata["namespace"],
        metadata["uid"],
        spec.workflow,
        definition.values(spec.arguments or {}),
        scheduled=ScheduledTime.of(spec),
    )
    subject = Subject(definition, WorkflowSettings.read_usable(going.spec), times)
    return Going(identity, subject, spec, mapping(going.run.get("status")), list(_views(going.pods)))


def _views(pods: Iterable[Json]) -> Iterator[PodView]:
    for pod in pods:
        try:
            yield pod_view(pod)
        except Unreadable:
            continue
