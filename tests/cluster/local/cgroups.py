"""A cluster's cgroup: it holds the container runtime and all pods, so a teardown finds every process.

On cgroup v1 each controller has its own hierarchy, so the cgroup is a directory of the same name in each.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from tests.cluster.errors import ClusterError

MOUNTS = Path("/proc/mounts")
_V2 = Path("/sys/fs/cgroup/cgroup.controllers")


def create(name: str) -> None:
    """Create the cgroup in every hierarchy, ready for the kubelet to create cgroups below it."""
    for root in _roots():
        directory = root / name
        directory.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if (root / setting).exists() and not (directory / setting).read_text().strip():
                (directory / setting).write_text((root / setting).read_text())
    if _V2.exists():
        wanted = " ".join(f"+{controller}" for controller in _V2.read_text().split())
        for directory in (_V2.parent, _V2.parent / name):
            _enable(directory, wanted)


def runtime_files(name: str) -> list[Path]:
    """The cgroup.procs files to which the container runtime writes its pid to join the cgroup."""
    roots = [_V2.parent] if _V2.exists() else [root for root in _roots() if root.name in ("pids", "systemd")]
    for root in roots:
        (root / name / "runtime").mkdir(parents=True, exist_ok=True)
    return [root / name / "runtime" / "cgroup.procs" for root in roots]


def pids(name: str) -> set[int]:
    """All processes in the cgroup, in any hierarchy."""
    members: set[int] = set()
    for root in _roots():
        for directory, _, files in os.walk(root / name):  # which passes over what is removed in the meantime
            if "cgroup.procs" in files:
                with suppress(OSError):
                    members.update(int(pid) for pid in Path(directory, "cgroup.procs").read_text().split())
    return members - {0}


def directories(name: str) -> list[Path]:
    """The cgroup's existing directories, one per hierarchy."""
    return [root / name for root in _roots() if (root / name).exists()]


def remove(name: str, timeout_s: float = 15) -> None:
    """Kill all processes in the cgroup, and remove it. Raises ClusterError if that takes too long."""
    end = time.monotonic() + timeout_s
    while left := directories(name):
        for pid in pids(name):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for directory in left:
            _remove_tree(directory)
        if time.monotonic() > end:
            raise ClusterError(f"cgroups left: {left}, with processes {sorted(pids(name))}")
        time.sleep(0.02)


def _remove_tree(directory: Path) -> None:
    for path, _, _ in os.walk(directory, topdown=False):
        try:
            Path(path).rmdir()
        except OSError:  # busy: a process in it has not exited yet, and the caller tries again
            continue


def _enable(directory: Path, controllers: str) -> None:
    for controller in controllers.split():
        try:
            (directory / "cgroup.subtree_control").write_text(controller)
        except OSError:  # the kubelet reports at once if it lacks a controller that it needs
            continue


def _roots() -> list[Path]:
    mounts = [line.split() for line in MOUNTS.read_text().splitlines()]
    return [Path(mount[1]) for mount in mounts if mount[2] in ("cgroup", "cgroup2")]
