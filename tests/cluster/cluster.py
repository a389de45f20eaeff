"""The interface of every kind of cluster, and the choice of the kind."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Protocol

from . import current, kind
from .errors import ClusterError
from .images import docker
from .local import cluster as local

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_NAME = "sluice"
KINDS = ("kind", "current", "local")


class Cluster(Protocol):
    """A running cluster of any kind."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""

    @property
    def server(self) -> str:
        """The API server's URL as seen from this machine."""

    @property
    def bin(self) -> Path:
        """The directory of kubectl and helm."""

    @property
    def has_node(self) -> bool:
        """Whether there is a real node, beside any simulated ones."""

    @property
    def audit_log(self) -> Path | None:
        """The API server's audit log of pods; None if it keeps none."""

    @property
    def etcd(self) -> str | None:
        """The URL of etcd; None if it cannot be reached."""

    def load(self, image: str) -> None:
        """Load an image into the nodes: an archive's path, or the tag of an image in Docker."""

    def build_operator_image(self) -> str:
        """Build the repository's Dockerfile, load the image and return its tag. Cheap if nothing has changed."""

    def restart_kubelet(self) -> None:
        """Restart the real node's kubelet, which registers the node again if its Node object was deleted."""

    def down(self) -> None:
        """Remove the cluster."""


def open_cluster(name: str = DEFAULT_NAME, kwok_nodes: int = 0, *, node: bool = True, audit: bool = False) -> Cluster:
    """The cluster of that name, started if it is not up, with at least `kwok_nodes` simulated nodes.

    With `node=False` a new local cluster has no real node and needs no root; an existing one may have a node.
    With `audit=True` the API server logs changes of pods; local clusters only.
    The environment variable CLUSTER selects the kind: kind, current or local. Raises ClusterError.
    """
    chosen = chosen_kind()
    if chosen == "kind":
        return kind.up(name, kwok_nodes)
    if chosen == "current":
        return current.open_current(kwok_nodes)
    return local.up(name, kwok_nodes, with_node=node, audit=audit)


def existing_cluster(name: str) -> Cluster:
    """The cluster of that name; a local one is never started. Raises ClusterError if there is none."""
    if chosen_kind() != "local":
        return open_cluster(name)
    return local.existing(name)


def take_down(name: str) -> None:
    """Remove the cluster of that name, or what is left of it."""
    chosen = chosen_kind()
    if chosen == "kind":
        kind.down(name)
    elif chosen == "local":
        local.down(name)
    else:
        current.leave()


def chosen_kind() -> str:
    """CLUSTER if it is set; else kind if it is installed and Docker responds, else local."""
    requested = os.environ.get("CLUSTER", "")
    if requested and requested not in KINDS:
        raise ClusterError(f"CLUSTER={requested}: use one of {', '.join(KINDS)}")
    return requested or ("kind" if shutil.which("kind") and docker.answers() else "local")
