"""The clusters of one test session, which may be several processes.

Whoever needs a cluster first opens it. A directory that all processes share records which are open, so that the session
can take all of them down at its end.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import cache
from .cluster import open_cluster, take_down

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .cluster import Cluster


class Session:
    """`worker` names this process among those of the session; it is empty if there is no other."""

    def __init__(self, directory: str = "", worker: str = "") -> None:
        self._directory, self._worker = directory, worker

    @property
    def directory(self) -> str:
        """The directory that the processes share; made when it is first needed."""
        self._directory = self._directory or tempfile.mkdtemp(prefix="sluice-tests-")
        return self._directory

    @property
    def alone(self) -> bool:
        """Whether this process runs all tests."""
        return not self._worker

    def open(self, name: str, kwok_nodes: int = 0, *, node: bool = True, audit: bool = False) -> Cluster:
        """The cluster of that name, which all processes share. Raises ClusterError."""
        opened = open_cluster(name, kwok_nodes, node=node, audit=audit)
        self._mark("cluster", name).touch()
        return opened

    def open_own(self, name: str, *, node: bool = True) -> Cluster:
        """A cluster that no other process of the session has. Raises ClusterError."""
        return self.open(name if self.alone else f"{name}-{self._worker}", node=node)

    def publish(self, file: str, text: str) -> None:
        """Write a file that the other processes can read."""
        with tempfile.NamedTemporaryFile("w", dir=self.directory, delete=False) as whole:
            whole.write(text)
        Path(whole.name).rename(Path(self.directory) / file)

    def published(self, file: str) -> str:
        """Read a file that another process has published. Raises FileNotFoundError."""
        return (Path(self.directory) / file).read_text()

    @contextmanager
    def once(self, what: str) -> Iterator[bool]:
        """Whether it is still to be done; the other processes wait until it is."""
        mark = self._mark("done", what)
        with cache.locked(f"tests-{what}"):
            yield not mark.exists()
            mark.touch()

    def end(self, *, keep: bool) -> None:
        """Take down all clusters that were opened, unless they are to be kept. Raises ClusterError."""
        if not self._directory:
            return
        opened = [file.name.partition("=")[2] for file in Path(self._directory).glob("cluster=*")]
        shutil.rmtree(self._directory)
        for name in [] if keep else sorted(opened):
            take_down(name)

    def _mark(self, kind: str, name: str) -> Path:
        return Path(self.directory) / f"{kind}={name}"
