"""Simulated nodes: kwok stands in for their kubelets, and ends each pod after the duration in its annotation.

A pod is scheduled there if it tolerates the taint, and only there if it also selects the label `type: kwok`. The
annotation `simulation.sluice.dev/duration` (such as `1s` or `250ms`) says how long it runs.
"""

from __future__ import annotations

import json
from pathlib import Path

from . import binaries
from .kubectl import Kubectl, must
from .process import Daemon, wait_for
from .progress import say

LABEL = {"type": "kwok"}
TAINT = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
CAPACITY = {"cpu": "1000", "memory": "4Ti", "pods": "1000"}
PARALLELISM = 32
STAGES = Path(__file__).with_name("stages.yaml")


def daemon(state: Path) -> Daemon:
    """The process that simulates all such nodes of a cluster."""
    return Daemon(state, "kwok")


def ensure(state: Path, kubectl: Kubectl, nodes: int) -> None:
    """Add simulated nodes until there are at least `nodes`, and wait until they are ready. Raises ClusterError."""
    if not nodes:
        return
    binaries.link(binaries.KWOK, kubectl.directory)
    process = daemon(state)
    if process.pid() is None:
        process.start([kubectl.directory / "kwok", *_flags(state, kubectl.kubeconfig)])
    existing = must(kubectl("get", "nodes", "--selector=type=kwok", "--output=name")).split()
    missing = [name for name in _names(nodes) if f"node/{name}" not in existing]
    if missing:
        objects = {"apiVersion": "v1", "kind": "List", "items": [node(name) for name in missing]}
        must(kubectl("create", "--filename=-", stdin=json.dumps(objects)))
    wait_for(lambda: _ready(kubectl) >= nodes, f"{nodes} simulated nodes", 60, process)
    if missing:
        say(f"{nodes} simulated nodes ready")


def _names(nodes: int) -> list[str]:
    return [f"kwok-{number:03}" for number in range(nodes)]


def node(name: str) -> dict[str, object]:
    """A Node that kwok plays once it exists."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**LABEL, "kubernetes.io/hostname": name}},
        "spec": {"taints": [TAINT]},
        "status": {"capacity": CAPACITY, "allocatable": CAPACITY},
    }


def _ready(kubectl: Kubectl) -> int:
    conditions = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    query = ("get", "nodes", "--selector=type=kwok", f"--output=jsonpath={conditions}")
    return kubectl(*query).stdout.split().count("True")


def _flags(state: Path, kubeconfig: Path) -> list[str]:
    options = {
        "manageAllNodes": False,
        "manageNodesWithLabelSelector": "type=kwok",
        "cidr": "10.64.0.0/16",
        "nodeLeaseDurationSeconds": 40,
        "nodeLeaseParallelism": PARALLELISM,
        "podPlayStageParallelism": PARALLELISM,
        "nodePlayStageParallelism": PARALLELISM,
        "enableDebuggingHandlers": False,
    }
    config = {"apiVersion": "config.kwok.x-k8s.io/v1alpha1", "kind": "KwokConfiguration", "options": options}
    file = state / "config/kwok.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(config) + "\n---\n" + STAGES.read_text())
    return [f"--kubeconfig={kubeconfig}", f"--config={file}", "-v=WARN"]
