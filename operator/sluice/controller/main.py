"""The operator's process: kopf and the probe from the start, the work from when the Lease is ours.

On SIGTERM the Lease is given back. When the Lease is lost the process ends, and its successor starts from a LIST.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from contextlib import suppress
from functools import partial

import kopf
import uvloop

from sluice import __version__
from sluice.controller.gauges import Gauges
from sluice.controller.kube.cache import Cache
from sluice.controller.kube.client import KubeClient, with_retries
from sluice.controller.kube.event_recorder import EventRecorder
from sluice.controller.kube.kopf_informers import register, settings
from sluice.controller.kube.leader_election import LeaderElection
from sluice.controller.kube.namespaces import readable_namespaces
from sluice.controller.kube.objects import Key
from sluice.controller.kube.pod_informer import run_pod_informer
from sluice.controller.kube.resync import list_objects, resync
from sluice.controller.observability.endpoints import serve_health, serve_metrics
from sluice.controller.observability.liveness import Liveness, Watches
from sluice.controller.observability.logging import set_up
from sluice.controller.resources.pod_gc import PodGarbageCollector
from sluice.controller.resources.pools import PoolController
from sluice.controller.resources.revisions import Revisions
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.controller.run.live import LiveRuns
from sluice.controller.run.reconciler import RunReconciler
from sluice.controller.settings import Settings
from sluice.controller.workflow.backfill import BackfillReconciler
from sluice.controller.workflow.reconciler import WorkflowReconciler
from sluice.core.base.errors import SluiceError
from sluice.core.quota.shared_limits import SharedLimits

_COLLECT_AFTER = 10_000  # objects; most of ours live as long as their run, so looking for cycles among them seldom pays
_WORKERS = 16
_RELEASE_S = 3.0

log = logging.getLogger("sluice")


async def operate(config: Settings) -> None:
    leases = await KubeClient.connect()
    leader = LeaderElection(leases, config.lease_namespace, config.lease_name, config.identity)
    kube = await KubeClient.connect(may_write=leader.leads)
    events = EventRecorder(kube)
    retention = PodGarbageCollector(kube, config.keep_succeeded_s, config.keep_failed_s)
    revisions = Revisions(kube)
    namespaces = await readable_namespaces(kube, config.namespaces)
    store = Cache(
        on_workflow=lambda key: workflows.changed(key),  # noqa: PLW0108  # the two are made further down
        on_run=lambda key: runs.run_changed(key),  # noqa: PLW0108
        on_pool=lambda key: pools.seen(key),  # noqa: PLW0108
        on_backfill=lambda key: backfills.queue.add(key),  # noqa: PLW0108
        on_pod=lambda pod, gone: runs.pod_changed(pod, gone),  # noqa: PLW0108
        on_child=lambda child, gone: runs.child_changed(child, gone),  # noqa: PLW0108
        namespaces=namespaces or ("",),
    )
    judgements = ValidationCache(chart_has_image=config.pod_defaults.image)
    shared = SharedLimits(
        wake=lambda run: runs.queue.add(Key(run.namespace, run.name)),
        changed=lambda key: pools.used(key),  # noqa: PLW0108
        pods=config.pods,
        pods_per_namespace=config.pods_per_namespace,
    )
    live = LiveRuns(store)
    runs = RunReconciler(kube, store, live, revisions, judgements, events, retention, shared, config.pod_defaults)
    pools = PoolController(kube, store, shared, runs.look_again)
    workflows = WorkflowReconciler(kube, store, revisions, judgements, events, config.on_first_sight)
    backfills = BackfillReconciler(kube, store, judgements, events, config.on_first_sight)

    listening = asyncio.Event()
    of_runs = (runs.queue, runs.admissions.queue, runs.status.queue)
    queues = (workflows.queue, backfills.queue, *of_runs, pools.queue, pools.telling)
    watches = Watches(store.namespaces)
    servers = [await serve_health(config.health_port, Liveness(watches, queues))]
    if config.metrics_port:
        servers.append(await serve_metrics(config.metrics_port, Gauges(leader, store, live, shared)))

    async def work() -> None:
        await leader.acquire()
        listening.set()
        synced = {namespace: asyncio.Event() for namespace in store.namespaces}
        async with asyncio.TaskGroup() as group:
            group.create_task(_until_lost(leader))
            for namespace, known in synced.items():
                group.create_task(run_pod_informer(kube, store, namespace, known, watches.of("pods", namespace)))
            for namespace, known in synced.items():
                await with_retries(partial(list_objects, kube, store, namespace))
                await known.wait()
            log.info("%d Workflows, %d runs", len(store.workflows), len(store.runs))
            for worker in (
                *(of_keys.run(_WORKERS) for of_keys in queues),
                runs.pods.run(config.creates_in_flight),
                runs.children.run(_WORKERS),
                runs.logs.run(),
                runs.claims.run(),
                retention.run(),
                resync(kube, store, watches),
            ):
                group.create_task(worker)

    registry = kopf.OperatorRegistry()
    register(registry, store, watches, listening)
    ready, stop_shell, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()
    shell = asyncio.create_task(
        kopf.operator(
            registry=registry,
            settings=settings(),
            identity=config.identity,  # type: ignore[arg-type]  # kopf's own type for it, a str, is private
            standalone=True,
            clusterwide=not namespaces,
            namespaces=namespaces,
            ready_flag=ready,
            stop_flag=stop_shell,
        )
    )
    working = asyncio.create_task(work())
    stopping = asyncio.create_task(_signalled(ready, stop))
    await asyncio.wait({shell, working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    ended = await _end(working, stopping)
    with suppress(SluiceError, TimeoutError):  # then it runs out by itself
        await asyncio.wait_for(leader.release(), timeout=_RELEASE_S)
    stop_shell.set()
    ended += await asyncio.gather(shell, return_exceptions=True)
    for closing in (*(server.cleanup() for server in servers), kube.close(), leases.close()):
        await closing
    for result in ended:
        if isinstance(result, Exception):
            raise result


async def _end(*tasks: asyncio.Task[None]) -> list[BaseException | None]:
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def _signalled(ready: asyncio.Event, stop: asyncio.Event) -> None:
    """Returns on SIGTERM or SIGINT.

    kopf sets its own handlers as it starts; ours replace them, so that our work ends first and the Lease is given back.
    """
    await ready.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


async def _until_lost(leader: LeaderElection) -> None:
    await leader.keep()
    log.error("no longer the leader; ending, so that a fresh process starts from what is so")
    os._exit(1)  # at once: nothing that is under way may still be sent


def main() -> None:
    if sys.argv[1:] in (["--version"], ["--help"]):
        print(f"sluice-operator {__version__}: runs in a cluster, set up by the chart's environment variables")  # noqa: T201
        return
    config = Settings.from_environment()
    set_up(config.log_format, config.log_level)
    gc.set_threshold(_COLLECT_AFTER)
    uvloop.run(operate(config))


if __name__ == "__main__":
    main()
