"""The operator's process: kopf and the probe from the start, the work from when the Lease is ours.

On SIGTERM the Lease is given back. When the Lease is lost the process ends, and its successor starts from a LIST.
However it ends, it does so within seconds (see `shutdown`).
"""

import asyncio
import gc
import logging
import resource
import sys
from collections.abc import Collection
from contextlib import suppress
from functools import partial

import kopf
import uvloop

from sluice import __version__
from sluice.controller.clock import Clock
from sluice.controller.gauges import Gauges
from sluice.controller.informers.kopf_informers import NoMemories, register, settings, until_served
from sluice.controller.informers.pod_informer import run_pod_informer
from sluice.controller.informers.resync import list_objects
from sluice.controller.kube.client import KubeClient, with_retries
from sluice.controller.kube.leader_election import LeaderElection, Lease
from sluice.controller.kube.namespaces import readable_namespaces, until_readable
from sluice.controller.kube.own_loop import OwnLoop, Turns
from sluice.controller.observability.endpoints import serve_health, serve_metrics
from sluice.controller.observability.liveness import Liveness, WatchHealth
from sluice.controller.observability.logging import set_up
from sluice.controller.settings import Settings
from sluice.controller.shutdown import MainTasks, Shutdown
from sluice.controller.wiring import Controller, wire
from sluice.core.base.errors import SluiceError

_COLLECT_AFTER = 10_000  # objects; most of ours live as long as their run, so looking for cycles among them seldom pays
_RELEASE_S = 3.0
_CANCELLED_WITHIN_S = 2.0
_HANGS_S = 30.0
"""An event loop without a turn for so long hangs. The largest piece of work that a tenant can ask for takes a few
seconds, and on a busy machine several times that; what takes longer is a bug, and another operator may do better.
"""

log = logging.getLogger("sluice")


async def operate(config: Settings, shutdown: Shutdown, clock: Clock, beside: OwnLoop) -> None:
    """`beside` has the leader election, so that no piece of work here, however long, costs the Lease."""
    stopping = asyncio.create_task(shutdown.begun())
    leases = await KubeClient.connect(clock)
    lease = Lease(config.lease_namespace, config.lease_name, config.identity, config.lease_duration_s)
    leader = LeaderElection(leases, lease, clock)
    kube = await KubeClient.connect(clock, may_write=leader.leads)
    namespaces = await readable_namespaces(kube, config.namespaces)
    left_out = frozenset(config.namespaces).difference(namespaces)
    controller = wire(config, kube, namespaces, clock)

    pod_watches = {namespace: WatchHealth(clock) for namespace in controller.cache.namespaces}
    health = Liveness(pod_watches, tuple(controller.queues), shutdown)
    servers = [await serve_health(config.health_port, health)]
    if config.metrics_port:
        gauges = Gauges(leader, controller.cache, controller.live, controller.shared)
        servers.append(await serve_metrics(config.metrics_port, gauges))

    served, listening, stop_shell = asyncio.Event(), asyncio.Event(), asyncio.Event()
    registry = kopf.OperatorRegistry()
    register(registry, controller.cache, listening, kube.server)

    async def run_shell() -> None:
        await until_served(kube, controller.cache.stores)
        served.set()
        await kopf.operator(
            registry=registry,
            settings=settings(),
            memories=NoMemories(),
            identity=config.identity,  # type: ignore[arg-type]  # kopf's own type for it, a str, is private
            standalone=True,
            clusterwide=not namespaces,
            namespaces=namespaces,
            stop_flag=stop_shell,
        )

    async def work() -> None:
        await served.wait()
        await _work(leader, beside, kube, controller, pod_watches, left_out, listening, shutdown, clock)

    shell, working = asyncio.create_task(run_shell()), asyncio.create_task(work())
    await asyncio.wait({shell, working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    shutdown.begin("the work has ended")
    working.cancel()
    _, hanging = await asyncio.wait({working}, timeout=_CANCELLED_WITHIN_S)
    if not hanging:  # else the Lease runs out by itself: something may still be under way
        with suppress(SluiceError, TimeoutError):
            await asyncio.wait_for(beside.run(leader.release()), timeout=_RELEASE_S)
    stop_shell.set()
    if not served.is_set():
        shell.cancel()
    ended = await asyncio.gather(working, shell, return_exceptions=True)
    for closing in (*(server.cleanup() for server in servers), kube.close(), beside.run(leases.close())):
        await closing
    for result in ended:
        if isinstance(result, Exception):
            raise result


async def _work(
    leader: LeaderElection,
    beside: OwnLoop,
    kube: KubeClient,
    controller: Controller,
    pod_watches: dict[str, WatchHealth],
    left_out: Collection[str],
    listening: asyncio.Event,
    shutdown: Shutdown,
    clock: Clock,
) -> None:
    """Waits for the Lease, fills the cache, and works until it is cancelled."""
    cache = controller.cache
    await beside.run(leader.acquire())
    shutdown.unless(leader.leads)
    listening.set()
    synced = {namespace: asyncio.Event() for namespace in cache.namespaces}
    async with MainTasks(shutdown) as tasks:
        tasks.start(_until_lost(leader, beside, shutdown, Turns(clock)))
        if left_out:
            tasks.start(until_readable(kube, left_out))
        for namespace in cache.namespaces:
            await with_retries(partial(list_objects, kube, cache, namespace))
        # Only now the pods: what one holds whose run is not open yet is bounded by the slots of its Pools.
        for namespace, known in synced.items():
            tasks.start(run_pod_informer(kube, cache.pods, namespace, known, pod_watches[namespace], clock))
        for known in synced.values():
            await known.wait()
        log.info("%d Workflows, %d runs", len(cache.workflows), len(cache.runs))
        for worker in controller.workers():
            tasks.start(worker)


async def _until_lost(leader: LeaderElection, beside: OwnLoop, shutdown: Shutdown, turns: Turns) -> None:
    def hangs() -> str:
        awaited_s = turns.awaited_s()
        return f"the event loop has had no turn for {awaited_s:.0f} s" if awaited_s > _HANGS_S else ""

    await beside.run(leader.keep(hangs))
    shutdown.lease_lost()


def main() -> None:
    if sys.argv[1:] in (["--version"], ["--help"]):
        print(f"sluice-operator {__version__}: runs in a cluster, set up by the chart's environment variables")  # noqa: T201
        return
    run(Clock())


def run(clock: Clock) -> None:
    """Works until it is told to end, or loses the Lease."""
    config = Settings.from_environment()
    set_up(config.log_format, config.log_level)
    gc.set_threshold(_COLLECT_AFTER)
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # anybody may connect to the probe's port
    shutdown = Shutdown()
    shutdown.on_signals()
    with OwnLoop() as beside:
        uvloop.run(operate(config, shutdown, clock, beside))


if __name__ == "__main__":
    main()
