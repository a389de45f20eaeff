"""A run that has not ended, for the simulation: its graph, its state, and how long its tasks take."""

from collections.abc import Iterable, Iterator, Mapping

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.cli.plan.seen.known import OtherRun
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.base.foreign import mapping
from sluice.core.base.naming import LABEL_BACKFILL_UID, LABEL_GENERATION, graph_of, label_number
from sluice.core.base.ownership import controller_of
from sluice.core.base.times import instant
from sluice.core.pod.view import PodView, pod_view
from sluice.core.quota.run_concurrency import Concurrency, has_started_container
from sluice.core.quota.run_queue import UnfinishedRun
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.run_limits import run_priority
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.status.durations import Sources, durations
from sluice.core.status.stored_entries import usable_entries
from sluice.core.whatif.limits import that_may_strike
from sluice.core.whatif.scene import Other, Subject


def beside(other: OtherRun, pools: Mapping[str, int]) -> Other:
    """`pools` are those of the cluster, with their slots."""
    spec, metadata, written = WorkflowRunSpec.read_usable(other.run["spec"]), other.run["metadata"], other.workflow
    definition, width = Definition.of(graph_of(written["spec"])), foreign.integer(written["spec"].get("parallelism"))
    times = durations(definition, Sources(kept=other.kept, width=width, pools=pools))
    identity = RunIdentity(
        other.name,
        metadata["namespace"],
        metadata["uid"],
        spec.workflow,
        definition.values(spec.arguments or {}),
        scheduled=ScheduledTime.of(spec),
    )
    subject = Subject(that_may_strike(definition, times.took), WorkflowSettings.read_usable(written["spec"]), times)
    status, pods = mapping(other.run.get("status")), list(_views(other.pods))
    asks = _asks(other, identity, subject.settings, spec, pods)
    return Other(identity, subject, spec, status, pods, asks)


def _asks(
    other: OtherRun, identity: RunIdentity, settings: WorkflowSettings, spec: WorkflowRunSpec, pods: list[PodView]
) -> UnfinishedRun:
    metadata, status = other.run["metadata"], mapping(other.run.get("status"))
    labels, maker = mapping(metadata.get("labels")), controller_of(metadata, "Workflow")
    ours = maker is not None and maker.uid == other.workflow["metadata"]["uid"]
    return UnfinishedRun(
        name=other.name,
        created_at=instant(metadata.get("creationTimestamp")) or 0.0,
        own=ours and LABEL_BACKFILL_UID not in labels,
        generation=label_number(labels.get(LABEL_GENERATION, "")),
        revision=foreign.string(status.get("revision")) or spec.revision or "",
        priority=run_priority(settings, spec),
        key=Concurrency.of(settings).value(identity.parameters),
        begun=has_started_container({"tasks": usable_entries(status)}, pods),
        called=controller_of(metadata, "WorkflowRun") is not None,
    )


def _views(pods: Iterable[Json]) -> Iterator[PodView]:
    for pod in pods:
        try:
            yield pod_view(pod)
        except Unreadable:
            continue
