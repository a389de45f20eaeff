"""Up and down of a local cluster.

    up    binaries and images -> plan -> control plane, with the node's runtime beside it -> kubelet -> simulated nodes
    down  by name, whatever there is

A cluster that is not wholly healthy is taken apart and started anew: it holds nothing that is worth a repair.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster import binaries, cache, debian, kwok
from tests.cluster.errors import ClusterError
from tests.cluster.images import docker, store
from tests.cluster.images.operator import build_archive
from tests.cluster.progress import say

from . import certificates, controlplane, images, node, plan, teardown

if TYPE_CHECKING:
    from .plan import Plan


@dataclass(frozen=True, slots=True)
class LocalCluster:
    """A running local cluster."""

    plan: Plan

    @property
    def name(self) -> str:
        """Its name."""
        return self.plan.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.plan.kubeconfig

    @property
    def server(self) -> str:
        """The API server's URL."""
        return self.plan.server

    @property
    def bin(self) -> Path:
        """The directory of kubectl and helm."""
        return self.plan.bin

    @property
    def has_node(self) -> bool:
        """Whether pods really run."""
        return self.plan.node

    @property
    def audit_log(self) -> Path | None:
        """Where the API server writes down what becomes of pods, if it was started so."""
        log = controlplane.audit_log(self.plan)
        return log if log.exists() else None

    @property
    def etcd(self) -> str:
        """The URL of etcd."""
        return controlplane.etcd_url(self.plan)

    def load(self, image: str) -> None:
        """Load an image archive, or an image that Docker has."""
        self._needs_node(image)
        if Path(image).exists():
            images.load(self.plan, Path(image).absolute())
        else:
            with docker.saved(image) as archive:
                images.load(self.plan, archive)

    def build_operator_image(self) -> str:
        """Build the repository's Dockerfile and load the image; nothing is done twice for the same content."""
        tag, archive = build_archive()
        self._needs_node(tag)
        images.load(self.plan, archive)
        return tag

    def restart_kubelet(self) -> None:
        """Start the kubelet anew, as after its Node was deleted: it registers only when it starts."""
        node.kubelet(self.plan).stop(grace_s=5)
        node.start_kubelet(self.plan)
        node.wait_until_ready(self.plan)

    def down(self) -> None:
        """Take the cluster apart."""
        down(self.name)

    def _needs_node(self, image: str) -> None:
        if not self.plan.node:
            raise ClusterError(f"cluster {self.name} has no node to load {image} into")


def up(name: str, kwok_nodes: int, *, with_node: bool, audit: bool) -> LocalCluster:
    """The cluster of that name, started if need be."""
    with cache.locked(f"cluster-{name}"):
        found = plan.read(name)
        troubles = sick(found, node_wanted=with_node, audit_wanted=audit) if found else ["it was never wholly there"]
        if not found or troubles:
            if teardown.remains(name):
                say(f"cluster {name}: taking apart what is there, since {troubles[0]}")
                teardown.remove(name)
            found = _start(name, with_node=with_node, audit=audit)
        kwok.ensure(found.state, found.kubectl, kwok_nodes)
        return LocalCluster(found)


def down(name: str) -> None:
    """Take apart whatever there is of the cluster of that name."""
    with cache.locked(f"cluster-{name}"):
        if teardown.remains(name):
            teardown.remove(name)
            say(f"cluster {name} is gone")
    if left := teardown.remains(name):
        raise ClusterError(f"cluster {name} left behind: {'; '.join(left)}")


def existing(name: str) -> LocalCluster:
    """The cluster of that name, which has to be there."""
    found = plan.read(name)
    if not found:
        raise ClusterError(
            f"there is no local cluster {name}; start it with: python3 -m tests.cluster up --name {name}"
        )
    return LocalCluster(found)


def sick(found: Plan, *, node_wanted: bool = False, audit_wanted: bool = False) -> list[str]:
    """What is wrong with the cluster, in words; empty if it is healthy."""
    if node_wanted and not found.node:
        return ["it has no real node"]
    if audit_wanted and not controlplane.audit_log(found).exists():
        return ["it keeps no audit log"]
    if (found.bin / "kube-apiserver").resolve() != binaries.file_of(binaries.KUBERNETES):
        return ["it runs another build of Kubernetes"]
    daemons = controlplane.daemons(found)
    if found.node:
        daemons += [node.runtime(found), node.kubelet(found)]
    daemons += [daemon for daemon in [kwok.daemon(found.state)] if daemon.pid_file.exists()]
    if dead := [f"{daemon.name} is not running" for daemon in daemons if daemon.pid() is None]:
        return dead
    if not (found.state / "started").exists():
        return ["its start was cut short"]
    if not controlplane.is_ready(found):
        return ["the API server is not ready"]
    return ["the node is not ready"] if found.node and not node.is_ready(found) else []


def _start(name: str, *, with_node: bool, audit: bool) -> Plan:
    debian.require(debian.CONTROL_PLANE + (debian.NODE if with_node else []))
    if with_node and os.geteuid() != 0:
        raise ClusterError("a node needs root (namespaces, cgroups, a bridge); as another user: up --no-node")
    ours = plan.make(name, node=with_node)
    for program in (binaries.KUBERNETES, binaries.ETCD, binaries.HELM):
        binaries.link(program, ours.bin)
    archives = [image.archive() for image in store.NODE_IMAGES] if with_node else []
    say(f"cluster {name}: starting Kubernetes {binaries.kubernetes_version()}")
    ours.save()
    certificates.make(ours)
    try:
        with ThreadPoolExecutor(1) as beside:
            runtime: Future[None] = beside.submit(_start_runtime, ours, archives)
            controlplane.start(ours, audit=audit)
            runtime.result()
    except BaseException:
        say(f"cluster {name}: did not start, its logs are in {ours.state / 'logs'} until the next up or down")
        raise
    if with_node:
        node.start_kubelet(ours)
    controlplane.wait_until_serving(ours)
    if with_node:
        node.wait_until_ready(ours)
    (ours.state / "started").touch()
    return ours


def _start_runtime(ours: Plan, archives: list[Path]) -> None:
    if ours.node:
        node.start_runtime(ours)
        for archive in archives:
            images.load(ours, archive)
        say("images loaded")
