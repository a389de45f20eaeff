"""The cluster of the current kubectl context: used as it is, never created and never removed.

Its nodes must have the operator's image or be able to pull it: SLUICE_IMAGE names it.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import cache, kwok, tools
from .commands import run
from .errors import ClusterError
from .kubectl import Kubectl, must

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class CurrentCluster:
    """A cluster that is not ours."""

    name: str
    server: str
    has_node: bool = True
    audit_log: None = None
    etcd: None = None

    @property
    def kubeconfig(self) -> Path:
        """A copy of the current context only, so that switching context later has no effect here."""
        return _state() / "kubeconfig"

    @property
    def bin(self) -> Path:
        """The directory of kubectl and helm."""
        return _state() / "bin"

    def load(self, image: str) -> None:
        """Raises ClusterError: there is no general way to load an image."""
        raise ClusterError(f"CLUSTER=current: cannot load {image}; push it where the nodes of {self.name} can pull it")

    def build_operator_image(self) -> str:
        """The image that SLUICE_IMAGE names."""
        image = os.environ.get("SLUICE_IMAGE")
        if not image:
            raise ClusterError("CLUSTER=current: build and push the operator's image, and name it in SLUICE_IMAGE")
        return image

    def restart_kubelet(self) -> None:
        """Raises ClusterError: we do not touch nodes that are not ours."""
        raise ClusterError(f"CLUSTER=current: the nodes of context {self.name} are not ours to restart")

    def down(self) -> None:
        """Remove what we added; the cluster stays."""
        leave()


def open_current(kwok_nodes: int) -> CurrentCluster:
    """The cluster of the current context of kubectl's kubeconfig."""
    with cache.locked("cluster-current"):
        tools.link(_state() / "bin")
        config = run(_state() / "bin/kubectl", "config", "view", "--minify", "--flatten", "--raw")
        file = _state() / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(config)
        kwok.ensure(_state(), _kubectl(), kwok_nodes)
    return CurrentCluster(_view("{.current-context}"), _view("{.clusters[0].cluster.server}"))


def leave() -> None:
    """Remove our simulated nodes, stop kwok, and delete the copied credentials."""
    if kwok.daemon(_state()).pid():
        must(_kubectl()("delete", "nodes", "--selector=type=kwok"))
        kwok.daemon(_state()).stop()
    shutil.rmtree(_state(), ignore_errors=True)


def _kubectl() -> Kubectl:
    return Kubectl(_state() / "bin", _state() / "kubeconfig")


def _state() -> Path:
    return cache.directory("current")


def _view(path: str) -> str:
    return must(_kubectl()("config", "view", f"--output=jsonpath={path}"))
