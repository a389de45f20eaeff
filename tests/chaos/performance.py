"""One performance from the first Workflow to the verdict."""

from __future__ import annotations

import secrets
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from random import Random

from tests.chaos.conductor import Hits, conduct
from tests.chaos.faults import KINDS
from tests.chaos.judge import beyond_judging, lives, violations
from tests.chaos.neighbour import Neighbour
from tests.chaos.nodes import Nodes
from tests.chaos.programs import Programs
from tests.chaos.server import Json, Server
from tests.chaos.system import System, replicas
from tests.chaos.workloads import random_plans
from tests.cluster import Cluster
from tests.cluster.local.cluster import LocalCluster
from tests.cluster.process import Daemon
from tests.controller.proxy import without_credentials
from tests.core.plan import Plan
from tests.e2e.kubernetes import Kubectl, eventually
from tests.perf.dispatch import AuditLog

_CRDS = Path(__file__).parent.parent.parent / "crds"
_PLANS_AT_A_TIME = 20
_LAST_END_S = 180  # the pods of a deleted node are there for a minute


def perform(
    cluster: Cluster, nodes: Nodes, seed: str, faults: int, directory: Path, kinds: Iterable[str] = KINDS
) -> Json:
    """Faults by kind and by what they hit, runs, pods, violations. The operators' logs and the audit log go to the
    directory.
    """
    assert isinstance(cluster, LocalCluster), "its control plane is started anew in between"
    assert cluster.audit_log is not None, "the audit log is the judge's evidence"
    kubectl = Kubectl(cluster, f"chaos-{secrets.token_hex(3)}")
    kubectl.install_crds(_CRDS)
    neighbour = f"{kubectl.namespace}-neighbour"
    for namespace in (kubectl.namespace, neighbour):
        kubectl("create", "namespace", namespace)
    for kind in ("workflows", "workflowruns", "pools", "backfills"):  # established, and yet refused for a moment
        eventually(lambda kind=kind: kubectl.list(kind) == [], f"{kind} are served")
    log = AuditLog(cluster.audit_log)
    hits, stuck = Hits(), []
    with without_credentials(cluster) as url:
        server = Server(url, kubectl.namespace)
        with (
            Programs(server, nodes, _chance(seed, "programs")) as programs,
            Neighbour(Server(url, neighbour)) as flood,
            replicas(server, neighbour, directory) as both,
        ):
            plans = _plans(_chance(seed, "plans"), nodes)
            system = System(cluster, server, both, programs, nodes, plans, _names_of_nodes(), _others(cluster))
            possible = [kind for kind in kinds if kind not in nodes.left_out]
            try:
                conduct(system, possible, faults, _chance(seed, "faults"), hits)
                system.drain(_LAST_END_S)
            except AssertionError as error:
                stuck.append(str(error))
            runs = system.runs()
    shutil.copy(cluster.audit_log, directory)
    made = lives(log.lines(), kubectl.namespace)
    found = [*stuck, *violations(programs.plans, runs, made)]
    kubectl("delete", "namespace", kubectl.namespace, neighbour, "--wait=false")
    return {
        "seed": seed,
        "faults": hits.total(),
        "hits": _by_kind(hits),
        "runs": len(runs),
        "beyond judging": len(beyond_judging(made)),
        "pods": len(made),
        "neighbour": {"runs": flood.runs_made},
        "verdict": "broken" if found else "sound",
        "violations": found,
    }


def _plans(chance: Random, nodes: Nodes) -> Iterator[Plan]:
    while True:
        yield from random_plans(_PLANS_AT_A_TIME, chance, nodes)


def _others(cluster: LocalCluster) -> dict[Daemon, list[str]]:
    names = ("kube-controller-manager", "kube-scheduler", "kwok")
    daemons = [Daemon(cluster.plan.state, name) for name in names]
    return {daemon: daemon.command() for daemon in daemons if daemon.pid() is not None}


def _names_of_nodes() -> Iterator[str]:
    return (f"kwok-{secrets.token_hex(3)}" for _ in count())


def _chance(seed: str, what: str) -> Random:
    return Random(f"{seed} {what}")  # noqa: S311  # not for secrets


def _by_kind(hits: Hits) -> dict[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (kind, what), times in sorted(hits.items()):
        found[kind][what] = times
    return found
