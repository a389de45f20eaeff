"""The object graph of the operator: what each object is made of, what it is subscribed to, and who serves which queue.

Everything is constructed first and subscribed last, so nothing is referred to before it exists.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sluice.controller.clock import Clock, watch_clock
from sluice.controller.informers.cache import Cache, Kind
from sluice.controller.informers.cluster import Cluster
from sluice.controller.informers.resync import resync
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.event_recorder import EventRecorder
from sluice.controller.kube.objects import Key
from sluice.controller.queue.workqueue import WORKERS, WorkQueue
from sluice.controller.resources.file_configmaps import FileConfigMaps
from sluice.controller.resources.pod_gc import WORKERS as POD_GC_WORKERS
from sluice.controller.resources.pod_gc import PodGarbageCollector
from sluice.controller.resources.pools import PoolController
from sluice.controller.resources.pvcs import VolumeClaims
from sluice.controller.resources.revision_gc import RevisionGarbageCollector
from sluice.controller.resources.revisions import Revisions
from sluice.controller.resources.run_slots import RunSlots
from sluice.controller.resources.sidecar_cleanup import SidecarCleanup
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.controller.run.admission import RunAdmission
from sluice.controller.run.child_runs import ChildRunWriter
from sluice.controller.run.crashes import RunCrashes
from sluice.controller.run.event_handler import RunEventHandler
from sluice.controller.run.live import LiveRuns
from sluice.controller.run.log_reader import LogReader
from sluice.controller.run.open import RunOpener, StartGates
from sluice.controller.run.pod_writer import PodWriter
from sluice.controller.run.reconciler import RunReconciler, RunWorkers
from sluice.controller.run.resume import ResumePlanner
from sluice.controller.run.slow_starts import SlowStarts
from sluice.controller.run.status_writer import StatusWriter
from sluice.controller.settings import Settings
from sluice.controller.workflow.backfill import BackfillReconciler
from sluice.controller.workflow.reconciler import WorkflowReconciler
from sluice.core.quota.shared_limits import SharedLimits

_KINDS: Mapping[Kind, str] = {
    "pools": "Pool",
    "workflows": "Workflow",
    "workflowruns": "WorkflowRun",
    "backfills": "Backfill",
}
_CLAIM_WORKERS = 4

Work = Callable[[Key], Awaitable[None]]
Loop = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Controller:
    """What the process has to run. `queues` maps each queue to the work that is done for its keys; `loops` is what else
    runs as long as the process leads.
    """

    cache: Cache
    live: LiveRuns
    shared: SharedLimits
    queues: Mapping[WorkQueue[Key], Work]
    loops: Sequence[Loop]

    def workers(self) -> Iterator[Coroutine[Any, Any, None]]:
        """None of them ever returns."""
        for queue, work in self.queues.items():
            for _ in range(WORKERS):
                yield queue.run(work)
        for loop in self.loops:
            yield loop()


def wire(config: Settings, kube: KubeClient, namespaces: tuple[str, ...], clock: Clock) -> Controller:
    """`namespaces` are those that are watched; none means all."""
    cache = Cache(namespaces or ("",))
    cluster = Cluster(kube, cache, EventRecorder(kube, clock), clock)
    shared = SharedLimits(pods=config.pods, pods_per_namespace=config.pods_per_namespace)
    revisions = Revisions(kube)
    validation = ValidationCache(chart_has_image=config.pod_defaults.image)
    lingering = SidecarCleanup(kube, clock)
    pod_gc = PodGarbageCollector(
        kube,
        cache,
        lingering,
        clock,
        keep_succeeded_s=config.keep_succeeded_s,
        keep_failed_s=config.keep_failed_s,
    )
    claims = VolumeClaims(kube, cache, clock)

    live, run_queue = LiveRuns(cache), WorkQueue[Key]("runs", of="run", clock=clock)
    files = FileConfigMaps(kube, cache, revisions)
    in_flight = config.creates_in_flight
    pods = PodWriter(kube, cache, claims, files, pod_gc, config.pod_defaults, run_queue.add, clock, workers=in_flight)
    children = ChildRunWriter(kube, cache, run_queue.add, clock)
    logs = LogReader(kube, run_queue.add)
    status = StatusWriter(cluster, live, pods, claims, pod_gc, run_queue.add)
    admission, slots = RunAdmission(cache, revisions, run_queue.add, clock), RunSlots(cache, shared, run_queue.add)
    gates = StartGates(admission, ResumePlanner(kube, cache, revisions, validation, claims), slots)
    opener = RunOpener(cluster, revisions, validation, gates, shared, live, run_queue.add_after)
    slow_starts = SlowStarts(kube, files, pods, run_queue.add, clock)
    workers = RunWorkers(pods, children, logs, slow_starts, status)
    runs = RunReconciler(run_queue, cluster, live, opener, admission, workers, pod_gc)
    crashes = RunCrashes(cluster, live, run_queue.add_after)
    run_events = RunEventHandler(run_queue, live, status, shared, crashes)

    workflows = WorkflowReconciler(cluster, revisions, validation, config.on_first_sight)
    backfills = BackfillReconciler(cluster, validation, config.on_first_sight)
    pools = PoolController(kube, cache, shared, run_events.reasons_changed, clock)

    for plural, kind in _KINDS.items():
        cache.readers[plural].subscribe(partial(cluster.events.record_unreadable, kind))
    cache.subscribe("pools", pools.pool_changed)
    cache.subscribe("workflows", workflows.workflow_changed)
    cache.subscribe("workflowruns", slots.run_changed)
    cache.subscribe("workflowruns", run_queue.add)
    cache.subscribe("backfills", backfills.queue.add)
    cache.pods.subscribe(pod_gc.pod_changed)
    cache.pods.subscribe(run_events.pod_changed)
    cache.pods.subscribe(admission.pod_changed)
    cache.runs.subscribe(run_events.run_changed)
    cache.runs.subscribe(admission.run_changed)
    cache.workflows.subscribe(slots.workflow_changed)
    shared.subscribe(wake=run_events.may_start, changed=pools.usage_changed)

    def clock_was_set() -> None:
        workflows.queue.clock_was_set()
        run_queue.clock_was_set()

    return Controller(
        cache,
        live,
        shared,
        queues={
            workflows.queue: workflows.reconcile,
            backfills.queue: backfills.reconcile,
            run_queue: crashes.guarded(runs.reconcile),
            admission.queue: admission.admit,
            status.queue: crashes.proven(status.write),
            pools.queue: pools.write,
            pools.waiters_queue: pools.notify_waiters,
        },
        loops=(
            *(pods.run_creates for _ in range(config.creates_in_flight)),
            pods.run_deletes,
            *(children.run for _ in range(WORKERS)),
            logs.run,
            slow_starts.run,
            *(claims.run_deletes for _ in range(_CLAIM_WORKERS)),
            claims.run_sweeps,
            pod_gc.run,
            lingering.run,
            RevisionGarbageCollector(kube, cache, revisions, clock).run,
            *(pod_gc.run_deletes for _ in range(POD_GC_WORKERS)),
            partial(resync, kube, cache),
            partial(watch_clock, clock, clock_was_set),
        ),
    )
