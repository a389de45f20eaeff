"""Starts and removes a local cluster.

    up    binaries and images -> plan -> control plane, beside it the container runtime -> kubelet -> simulated nodes
    down  removes whatever exists under the cluster's name

An unhealthy cluster is not repaired but removed and started again: it holds nothing worth keeping.
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
        """Whether there is a real node."""
        return self.plan.node

    @property
    def audit_log(self) -> Path | None:
        """The API server's audit log of pods, if it was started with one."""
        log = controlplane.audit_log(self.plan)
        return log if log.exists() else None

    @property
    def etcd(self) -> str:
        """The URL of etcd."""
        return controlplane.etcd_url(self.plan)

    def load(self, image: str) -> None:
        """Load an image archive, or an image in Docker."""
        self._require_node(image)
        if Path(image).exists():
            images.load(self.plan, Path(image).absolute())
        else:
            with docker.saved(image) as archive:
                images.load(self.plan, archive)

    def build_operator_image(self) -> str:
        """Build the repository's Dockerfile and load the image, each only once for the same content."""
        tag, archive = build_archive()
        self._require_node(tag)
        images.load(self.plan, archive)
        return tag

    def restart_kubelet(self) -> None:
        """Restart the kubelet, for example after its Node was deleted: it registers only at its start."""
        node.kubelet(self.plan).stop(grace_s=5)
        node.start_kubelet(self.plan)
        node.wait_until_ready(self.plan)

    def down(self) -> None:
        """Remove the cluster."""
        down(self.name)

    def _require_node(self, image: str) -> None:
        if not self.plan.node:
            raise ClusterError(f"cluster {self.name} has no node to load {image} into")


def up(name: str, kwok_nodes: int, *, with_node: bool, audit: bool) -> LocalCluster:
    """The cluster of that name, started if necessary."""
    with cache.locked(f"cluster-{name}"):
        found = plan.read(name)
        faults = problems(found, node_wanted=with_node, audit_wanted=audit) if found else ["it was never wholly there"]
        if not found or faults:
            if teardown.remains(name):
                say(f"cluster {name}: taking apart what is there, since {faults[0]}")
                teardown.remove(name)
            found = _start(name, with_node=with_node, audit=audit)
        kwok.ensure(found.state, found.kubectl, kwok_nodes)
        return LocalCluster(found)


def down(name: str) -> None:
    """Remove whatever there is of the cluster of that name. Raises ClusterError if anything is left."""
    with cache.locked(f"cluster-{name}"):
        if teardown.remains(name):
            teardown.remove(name)
            say(f"cluster {name} is gone")
    if left := teardown.remains(name):
        raise ClusterError(f"cluster {name} left behind: {'; '.join(left)}")


def existing(name: str) -> LocalCluster:
    """The cluster of that name. Raises ClusterError if there is none."""
    found = plan.read(name)
    if not found:
        raise ClusterError(
            f"there is no local cluster {name}; start it with: python3 -m tests.cluster up --name {name}"
        )
    return LocalCluster(found)


def problems(found: Plan, *, node_wanted: bool = False, audit_wanted: bool = False) -> list[str]:
    """What is wrong with the cluster, as messages; empty if it is healthy."""
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
    new = plan.make(name, node=with_node)
    for program in (binaries.KUBERNETES, binaries.ETCD, binaries.HELM):
        binaries.link(program, new.bin)
    archives = [image.archive() for image in store.NODE_IMAGES] if with_node else []
    say(f"cluster {name}: starting Kubernetes {binaries.kubernetes_version()}")
    new.save()
    certificates.make(new)
    try:
        with ThreadPoolExecutor(1) as pool:
            runtime: Future[None] = pool.submit(_start_runtime, new, archives)
            controlplane.start(new, audit=audit)
            runtime.result()
    except BaseException:
        say(f"cluster {name}: did not start, its logs are in {new.state / 'logs'} until the next up or down")
        raise
    if with_node:
        node.start_kubelet(new)
    controlplane.wait_until_serving(new)
    if with_node:
        node.wait_until_ready(new)
    (new.state / "started").touch()
    return new


def _start_runtime(new: Plan, archives: list[Path]) -> None:
    if new.node:
        node.start_runtime(new)
        for archive in archives:
            images.load(new, archive)
        say("images loaded")
