"""What is done to the system, each at a moment when it hits something: a request under way, or a pod that lives.

A fault returns what it hit, or None if there was nothing to hit; then it has not happened and does not count.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from random import Random
from threading import Event, Thread
from typing import TYPE_CHECKING

from sluice.core.base.naming import LABEL_ATTEMPT, LABEL_INDEX, LABEL_RUN, LABEL_RUN_UID, LABEL_TASK, POOLS
from sluice.core.pod.mounted_files import VOLUME
from tests.chaos.server import LATE, NODES, Json, Refused
from tests.chaos.system import Replica, System
from tests.cluster import kwok
from tests.cluster.local import controlplane
from tests.cluster.process import Daemon
from tests.controller.proxy import Act, Fault, Forward, cut, expire, hang_up, lose, refuse, swallow
from tests.e2e.kubernetes import eventually

if TYPE_CHECKING:
    from aiohttp import web

Strike = Callable[[System, Random], str | None]

# Of the namespace of the runs.
REQUESTS = {
    "POST pod": ("POST", r"/pods$"),
    "PATCH run status": ("PATCH", r"/workflowruns/[^/]+/status$"),
    "POST run": ("POST", r"/workflowruns$"),
    "PUT Lease": ("PUT", r"/leases/"),
}
WATCHES = {
    "watch of pods": r"/pods\?.*watch=(?!.*sendInitialEvents)",
    "watch of runs": r"/workflowruns\?.*watch=(?!.*sendInitialEvents)",
    "watch of Workflows": r"/workflows\?.*watch=(?!.*sendInitialEvents)",
}
_PATIENCE_S = 1  # of a usual machine
_OFTEN, _SELDOM = 4, 1  # of requests: pods and statuses are what it is about
_WEIGHTS = (_OFTEN, _OFTEN, _SELDOM, _SELDOM)


# At a request.


def kill_9(system: System, chance: Random) -> str | None:
    """A request of the killed process is not sent, or carried out and not answered, or arrives when it is long dead."""
    leader, request = system.leader, _any_request(chance)
    fate = chance.choice(["not sent", "carried out", "arrives late"])

    async def act(request: web.Request, forward: Forward) -> web.StreamResponse:
        if fate == "carried out":
            await forward()
        leader.operator.send(signal.SIGKILL)
        if fate == "arrives late":
            await asyncio.sleep(chance.uniform(0.5, 6))
            await forward(agent=LATE)
        return hang_up(request)

    if not _at(leader, request, act):
        return None
    leader.operator.exit_code()
    return f"{request}, {fate}"


def pause(system: System, chance: Random) -> str | None:
    """SIGSTOP at a request that arrives, for a second or until another leads; then SIGCONT."""
    leader, request = system.leader, _any_request(chance)
    until_replaced = chance.random() < 0.5

    async def act(_request: web.Request, forward: Forward) -> web.StreamResponse:
        leader.operator.send(signal.SIGSTOP)
        return await forward()

    if not _at(leader, request, act):
        return None
    if until_replaced:
        eventually(lambda: system.leader is not leader, "another leads", 60)
    else:
        time.sleep(1)
    leader.operator.send(signal.SIGCONT)
    return f"{request}, {'until another led' if until_replaced else 'for a second'}"


def _started_anew(name: str) -> Strike:
    """A process of the control plane is ended at a request, and started again.

    It has the time to answer what is under way, as the audit log would not say what an API server that is killed did
    last. (For its watches it would wait a minute.)
    """

    def strike(system: System, chance: Random) -> str | None:
        request, plan = _any_request(chance), system.cluster.plan
        daemon = Daemon(plan.state, name)
        command, ending = daemon.command(), Thread(target=daemon.stop, kwargs={"grace_s": 3})
        begun = Event()

        async def act(_request: web.Request, forward: Forward) -> web.StreamResponse:
            ending.start()
            begun.set()
            return await forward()

        if not _at(system.leader, request, act):
            return None
        assert begun.wait(10), "the proxy has taken the request, and does nothing"
        ending.join()

        def serves_again() -> bool:
            if daemon.pid() is None:  # the ports of a process are free only a moment after it has ended
                daemon.start(command)
            return controlplane.is_ready(plan)

        eventually(serves_again, f"{name} serves again", 60)
        for other, as_before in system.others.items():  # each gives up now and then, or no longer hears what happens
            other.stop(grace_s=1)
            other.start(as_before)
        return request

    return strike


def _clock_set_back(system: System, chance: Random) -> str | None:
    """Of the leader, by up to an hour, at a request: it may have just written down until when a task waits."""
    leader, request, by_s = system.leader, _any_request(chance), chance.uniform(60, 3600)

    async def act(_request: web.Request, forward: Forward) -> web.StreamResponse:
        leader.set_clock(-by_s)
        return await forward()

    return request if _at(leader, request, act) else None


async def _held(_request: web.Request, forward: Forward) -> web.StreamResponse:
    answer = await forward()
    await asyncio.sleep(3)
    return answer


async def _late(_request: web.Request, forward: Forward) -> web.StreamResponse:
    await asyncio.sleep(3)
    return await forward(agent=LATE)


def _at_request(act: Act) -> Strike:
    def strike(system: System, chance: Random) -> str | None:
        request = _any_request(chance)
        return request if _at(system.leader, request, act) else None

    return strike


def _any_request(chance: Random) -> str:
    return chance.choices(list(REQUESTS), _WEIGHTS)[0]


def _at(replica: Replica, request: str, act: Act) -> bool:
    """Whether there was such a request within a few seconds. It is done to the first one."""
    method, where = REQUESTS[request]
    return _taken(replica, Fault(act, method, f"/{replica.proxy.namespace}{where}"))


def _taken(replica: Replica, fault: Fault) -> bool:
    replica.proxy.inflict(fault)
    try:
        eventually(lambda: not fault.times, "a request", _PATIENCE_S)
    except AssertionError:
        replica.proxy.inflict()
    return not fault.times


# At a watch.


def _at_watch(act: Act) -> Strike:
    """A watch is cut, and so done to the next one in its place, while pods live of which it should tell."""

    def strike(system: System, chance: Random) -> str | None:
        watch = chance.choice(list(WATCHES))
        leader = system.leader
        where = f"/{leader.proxy.namespace}{WATCHES[watch]}"
        if not system.living_pods():
            return None
        fault = Fault(act, "GET", where)
        leader.proxy.inflict(fault)
        leader.proxy.hang_up(where)
        return watch if _taken(leader, fault) else None

    return strike


# At a pod.


def _at_pod(act: Callable[[System, Json, Json], None]) -> Strike:
    """Only as long as it is as we saw it: what has ended meanwhile is left alone."""

    def strike(system: System, chance: Random) -> str | None:
        if not (living := system.living_pods()):
            return None
        pod = chance.choice(living)
        as_seen = {key: pod["metadata"][key] for key in ("uid", "resourceVersion")}
        try:
            act(system, pod, as_seen)
        except Refused:
            return None
        return f"{pod['status']['phase']} pod"

    return strike


def _delete(system: System, pod: Json, as_seen: Json, **options: int) -> None:
    where = system.server.path("pods", pod["metadata"]["name"])
    system.server.ask("DELETE", where, {"preconditions": as_seen, **options})


def _force_delete(system: System, pod: Json, as_seen: Json) -> None:
    _delete(system, pod, as_seen, gracePeriodSeconds=0)


def _evict(system: System, pod: Json, as_seen: Json) -> None:
    name = pod["metadata"]["name"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name},
        "deleteOptions": {"preconditions": as_seen},
    }
    system.server.ask("POST", system.server.path("pods", name, "eviction"), eviction)


def _files_deleted(system: System, pod: Json, _as_seen: Json) -> None:
    """The ConfigMap of its run's files: the next pod needs it."""
    system.server.ask("DELETE", system.server.path("configmaps", _files_of(pod)))


def _files_forged(system: System, pod: Json, _as_seen: Json) -> None:
    """An immutable ConfigMap can be changed only so: it goes, and another of its name says something else. Whoever did
    that takes it away again.
    """
    where = system.server.path("configmaps", _files_of(pod))
    found = system.server.ask("GET", where)
    forged = {key: found["metadata"][key] for key in ("name", "labels", "ownerReferences")}
    _files_deleted(system, pod, {})
    made = system.server.ask("POST", system.server.path("configmaps"), {"metadata": forged, "data": {"f0": "forged"}})
    time.sleep(1)
    system.server.ask("DELETE", where, {"preconditions": {"uid": made["metadata"]["uid"]}})


def _files_of(pod: Json) -> str:
    (ours,) = (volume for volume in pod["spec"]["volumes"] if volume["name"] == VOLUME)
    return str(next(source["configMap"]["name"] for source in ours["projected"]["sources"] if "configMap" in source))


def _node_deleted(system: System, chance: Random) -> str | None:
    """Its pods are lost: nobody ends them, and after a minute the cluster takes them away. Another node comes."""
    busy = {pod["spec"]["nodeName"] for pod in system.living_pods() if pod["status"]["phase"] == "Running"}
    if not (there := sorted(busy & system.server.nodes())):
        return None
    system.server.ask("POST", NODES, kwok.node(next(system.nodes)))
    system.server.ask("DELETE", f"{NODES}/{chance.choice(there)}")
    return "node with Running pods"


# At a run.


def _status_wiped(system: System, chance: Random) -> str | None:
    if not (run := _run_with_pods(system, chance)):
        return None
    where = system.server.path("workflowruns", run["metadata"]["name"], "status")
    system.server.ask("PATCH", where, {"status": None})
    return "run with pods"


def _hostile_pod(system: System, chance: Random) -> str | None:
    """It names a run that goes on, as far as anybody can, and says what nobody can read."""
    if not (run := _run_with_pods(system, chance)):
        return None
    said = chance.choice(["[" * 1000, "1" * 5000, '[{"name": "w0", "slots": 1e400}]', "\N{SNOWMAN}"])
    labels = {LABEL_RUN: run["metadata"]["name"], LABEL_RUN_UID: run["metadata"]["uid"], LABEL_TASK: "t0"}
    labels |= {LABEL_ATTEMPT: "1000000000000000", LABEL_INDEX: "99999999999999999999"}
    metadata = {"generateName": "hostile-", "labels": labels, "annotations": {POOLS: said}}
    container = {"name": "main", "image": "busybox:1.35"}
    pod = {"metadata": metadata, "spec": {"containers": [container], "nodeSelector": {"example.com/nowhere": "true"}}}
    system.server.ask("POST", system.server.path("pods"), pod)
    return "run with pods"


def _run_with_pods(system: System, chance: Random) -> Json | None:
    busy = {pod["metadata"]["ownerReferences"][0]["uid"] for pod in system.living_pods()}
    runs = [run for run in system.runs() if run["metadata"]["uid"] in busy]
    return chance.choice(runs) if runs else None


RESTARTS = frozenset({"API server restarted", "etcd restarted"})

KINDS: dict[str, Strike] = {
    "kill -9": kill_9,
    "SIGSTOP": pause,
    "409": _at_request(refuse(409, "Conflict")),
    "429": _at_request(refuse(429, "TooManyRequests")),
    "500": _at_request(refuse(500, "InternalError")),
    "request lost": _at_request(lose),
    "answer lost": _at_request(swallow),
    "request late": _at_request(_late),
    "answer held back": _at_request(_held),
    "API server restarted": _started_anew("kube-apiserver"),
    "etcd restarted": _started_anew("etcd"),
    "watch cut": _at_watch(cut(1)),
    "410": _at_watch(expire),
    "pod deleted": _at_pod(_delete),
    "pod evicted": _at_pod(_evict),
    "pod force-deleted": _at_pod(_force_delete),
    "node deleted": _node_deleted,
    "clock set back": _clock_set_back,
    "status wiped": _status_wiped,
    "hostile pod": _hostile_pod,
    "files deleted": _at_pod(_files_deleted),
    "files forged": _at_pod(_files_forged),
}
