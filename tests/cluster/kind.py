"""A cluster in Docker, created by kind. Only what is specific to kind; the rest is shared with the other kinds."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from . import cache, kwok, tools
from .commands import run
from .images import operator
from .kubectl import Kubectl, must
from .progress import say

CONFIG = Path(__file__).with_name("kind.yaml")


@dataclass(frozen=True, slots=True)
class KindCluster:
    """A running kind cluster."""

    name: str
    has_node: bool = True
    audit_log: None = None
    etcd: None = None

    @property
    def state(self) -> Path:
        """The directory for our files about it."""
        return cache.directory("kind") / self.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def server(self) -> str:
        """The API server's URL."""
        query = ("config", "view", "--output=jsonpath={.clusters[0].cluster.server}")
        return must(Kubectl(self.bin, self.kubeconfig)(*query))

    @property
    def bin(self) -> Path:
        """The directory of kubectl and helm."""
        return self.state / "bin"

    def load(self, image: str) -> None:
        """Load an image archive, or an image in Docker."""
        source = "image-archive" if Path(image).exists() else "docker-image"
        run("kind", "load", source, image, "--name", self.name)

    def build_operator_image(self) -> str:
        """Build the repository's Dockerfile as it is, and load the image."""
        tag = operator.tag()
        loaded = self.state / tag.replace(":", "-")
        if not loaded.exists():
            say(f"{tag}: building {cache.REPOSITORY / 'Dockerfile'} with Docker")
            run("docker", "build", "--tag", tag, cache.REPOSITORY, timeout_s=1200)
            self.load(tag)
            loaded.touch()
        return tag

    def restart_kubelet(self) -> None:
        """Restart the node's kubelet."""
        run("docker", "exec", f"{self.name}-control-plane", "systemctl", "restart", "kubelet")

    def down(self) -> None:
        """Remove the cluster."""
        down(self.name)


def up(name: str, kwok_nodes: int) -> KindCluster:
    """The cluster of that name, created if necessary."""
    cluster = KindCluster(name)
    with cache.locked(f"cluster-{name}"):
        cluster.state.mkdir(parents=True, exist_ok=True)
        tools.link(cluster.bin)
        target = ("--name", name, "--kubeconfig", cluster.kubeconfig)
        if name in run("kind", "get", "clusters").split():
            run("kind", "export", "kubeconfig", *target)
        else:
            say(f"creating kind cluster {name}")
            run("kind", "create", "cluster", *target, "--config", CONFIG, "--wait", "180s", timeout_s=900)
        kwok.ensure(cluster.state, Kubectl(cluster.bin, cluster.kubeconfig), kwok_nodes)
    return cluster


def down(name: str) -> None:
    """Delete the cluster of that name and our files about it."""
    state = KindCluster(name).state
    with cache.locked(f"cluster-{name}"):
        kwok.daemon(state).stop()
        run("kind", "delete", "cluster", "--name", name)
        shutil.rmtree(state, ignore_errors=True)
