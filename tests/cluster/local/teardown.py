"""Removes a local cluster, or what is left of one: everything is found by the cluster's name."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.process import Daemon

from . import cgroups, controlplane, network
from .plan import id_of, state_of


def remove(name: str) -> None:
    """Kill its processes, then remove its cgroup, network and files, as far as they exist. Raises ClusterError."""
    state, cgroup = state_of(name), id_of(name)
    pid_files = sorted((state / "run").glob("*.pid"))
    for daemon in [Daemon(state, file.stem) for file in pid_files]:
        daemon.stop()
    for pid in _daemons(state):
        os.kill(pid, signal.SIGKILL)
    cgroups.remove(cgroup)
    network.remove(name)
    _unmount_below(state)
    _remove_tree(state)


def remains(name: str) -> list[str]:
    """What is left of the cluster on this machine, as messages; empty after `remove`."""
    state, cgroup = state_of(name), id_of(name)
    left = [f"state {state}"] if state.exists() else []
    left += [f"process {pid} in cgroup {cgroup}" for pid in sorted(cgroups.pids(cgroup))]
    left += [f"process {pid}" for pid in _daemons(state)]
    left += [f"cgroup {path}" for path in cgroups.directories(cgroup)]
    left += [f"network device {device}" for device in network.devices(name)]
    left += [f"iptables rule {rule}" for rule in network.rules(name)]
    left += [f"mount {point}" for point in _mounts_below(state)]
    return left


def _daemons(state: Path) -> list[int]:
    """Processes that run a program from the state directory, even if their pid files are lost."""
    programs = {str(state / "bin" / name).encode() for name in (*controlplane.NAMES, "kubelet", "kwok")}
    pids = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if (directory / "cmdline").read_bytes().split(b"\0")[0] in programs:
                pids.append(int(directory.name))
        except OSError:  # it has exited in the meantime
            continue
    return pids


def _mounts_below(state: Path) -> list[str]:
    points = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return [point for point in points if Path(point).is_relative_to(state)]


def _unmount_below(state: Path) -> None:
    """Unmount whatever is below the state directory, so that deleting it follows no mount. Normally there is nothing,
    since nodes mount in their own namespace. Raises ClusterError.
    """
    for point in reversed(_mounts_below(state)):
        subprocess.run(["umount", "--lazy", point], check=False, capture_output=True)
    if left := _mounts_below(state):
        raise ClusterError(f"cannot unmount {left}")


def _remove_tree(state: Path, timeout_s: float = 10) -> None:
    end = time.monotonic() + timeout_s
    while state.exists():
        try:
            shutil.rmtree(state)
        except OSError as error:  # a new file may have appeared, or a mount may still be going away
            if time.monotonic() > end:
                raise ClusterError(f"cannot remove {state}: {error}") from error
            time.sleep(0.1)
