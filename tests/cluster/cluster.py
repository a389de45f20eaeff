"""What every kind of cluster can do, and which kind it is to be."""

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
    """A running cluster, of whatever kind."""

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
        """Whether pods really run, as opposed to simulated ones only."""

    @property
    def audit_log(self) -> Path | None:
        """Where the API server writes down what becomes of pods; None if it does not."""

    @property
    def etcd(self) -> str | None:
        """The URL of etcd; None if it is out of reach."""

    def load(self, image: str) -> None:
        """Make an image known to the nodes: an archive's path, or the tag of an image that Docker has."""

    def build_operator_image(self) -> str:
        """Build the repository's Dockerfile and load the image; its tag. Cheap when nothing has changed."""

    def restart_kubelet(self) -> None:
        """Start the real node's kubelet anew; a node whose Node object was deleted comes back by this."""

    def down(self) -> None:
        """Take the cluster apart."""


def open_cluster(name: str = DEFAULT_NAME, kwok_nodes: int = 0, *, node: bool = True, audit: bool = False) -> Cluster:
    """The cluster of that name, started if it is not up, with at least `kwok_nodes` simulated nodes.

    `node=False` asks for no real node, which needs no root; a cluster that has one serves as well.
    `audit=True` asks for an audit log of pods, which only a local cluster keeps.
    The kind is CLUSTER's: kind, current or local. Raises ClusterError.
    """
    chosen = chosen_kind()
    if chosen == "kind":
        return kind.up(name, kwok_nodes)
    if chosen == "current":
        return current.open_current(kwok_nodes)
    return local.up(name, kwok_nodes, with_node=node, audit=audit)


def existing_cluster(name: str) -> Cluster:
    """The cluster of that name, without starting anything if it is local. Raises ClusterError if it is not there."""
    if chosen_kind() != "local":
        return open_cluster(name)
    return local.existing(name)


def take_down(name: str) -> None:
    """Take apart the cluster of that name, or what is left of it."""
    chosen = chosen_kind()
    if chosen == "kind":
        kind.down(name)
    elif chosen == "local":
        local.down(name)
    else:
        current.leave()


def chosen_kind() -> str:
    """CLUSTER if it is set; else kind where Docker answers and kind is installed, else local."""
    asked = os.environ.get("CLUSTER", "")
    if asked and asked not in KINDS:
        raise ClusterError(f"CLUSTER={asked}: use one of {', '.join(KINDS)}")
    return asked or ("kind" if shutil.which("kind") and docker.answers() else "local")
