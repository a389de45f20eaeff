"""The cluster of the current kubectl context: used as it is, never created and never taken down.

It has to have the operator's image already, or to be able to pull it: SLUICE_IMAGE names it.
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
    """Somebody's cluster."""

    name: str
    server: str
    has_node: bool = True
    audit_log: None = None
    etcd: None = None

    @property
    def kubeconfig(self) -> Path:
        """A copy of the current context alone, so that a later switch of context changes nothing here."""
        return _state() / "kubeconfig"

    @property
    def bin(self) -> Path:
        """The directory of kubectl and helm."""
        return _state() / "bin"

    def load(self, image: str) -> None:
        """There is no general way to do so."""
        raise ClusterError(f"CLUSTER=current: cannot load {image}; push it where the nodes of {self.name} can pull it")

    def build_operator_image(self) -> str:
        """The image that SLUICE_IMAGE names."""
        image = os.environ.get("SLUICE_IMAGE")
        if not image:
            raise ClusterError("CLUSTER=current: build and push the operator's image, and name it in SLUICE_IMAGE")
        return image

    def restart_kubelet(self) -> None:
        """Not ours to do."""
        raise ClusterError(f"CLUSTER=current: the nodes of context {self.name} are not ours to restart")

    def down(self) -> None:
        """Remove what we added; the cluster stays."""
        leave()


def open_current(kwok_nodes: int) -> CurrentCluster:
    """The cluster of the current context, as the environment's KUBECONFIG has it."""
    with cache.locked("cluster-current"):
        tools.link(_state() / "bin")
        config = run(_state() / "bin/kubectl", "config", "view", "--minify", "--flatten", "--raw")
        file = _state() / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(config)
        kwok.ensure(_state(), _kubectl(), kwok_nodes)
    return CurrentCluster(_view("{.current-context}"), _view("{.clusters[0].cluster.server}"))


def leave() -> None:
    """Remove the nodes that our kwok plays, if it does, end it, and forget the credentials."""
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
