"""Daemons that outlive the command that starts them, and are only ever ended if they are provably ours.

A daemon's shell wrapper writes boot id, pid and start time to a file before it becomes the daemon. A pid that is used
again, by another process or after a reboot, has another start time, and is left alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .commands import run
from .errors import ClusterError, tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WRAPPER = (
    "read -r stat </proc/$$/stat; read -r boot </proc/sys/kernel/random/boot_id; "
    'echo "$boot $stat" >"$0.new"; mv "$0.new" "$0"; '
    'log=$1; shift; exec "$@" </dev/null >>"$log" 2>&1'
)


@dataclass(frozen=True, slots=True)
class Daemon:
    """A program of a cluster, under a name of its own within the state directory."""

    state: Path
    name: str

    @property
    def pid_file(self) -> Path:
        """Where it says who it is."""
        return self.state / "run" / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.state / "logs" / f"{self.name}.log"

    def start(self, command: Sequence[str | Path], within: Sequence[str] = ()) -> None:
        """Start it in a session of its own; `within` is a prefix such as `nsenter ...` for the wrapper."""
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.pid_file.unlink(missing_ok=True)
        run("setsid", "--fork", *within, "sh", "-c", _WRAPPER, self.pid_file, self.log, *command, cwd=self.state)
        wait_for(self.pid_file.exists, f"{self.name} to start", 5, self)

    def pid(self) -> int | None:
        """Its process id while it runs, else None."""
        try:
            boot, _, stat = self.pid_file.read_text().strip().partition(" ")
            pid = int(stat.split(" ", 1)[0])
            now = Path(f"/proc/{pid}/stat").read_text()
        except (OSError, ValueError):
            return None
        ours = boot == _boot_id() and _start_time(stat) == _start_time(now)
        return pid if ours and _run_state(now) not in "ZX" else None

    def stop(self, grace_s: float = 0) -> None:
        """End it: politely if there is time, then for certain. Returns when it is gone."""
        pid = self.pid()
        if pid and grace_s:
            _signal(pid, signal.SIGTERM)
            _until(lambda: self.pid() is None, grace_s)
        if pid and self.pid() == pid:
            _signal(pid, signal.SIGKILL)
            _until(lambda: self.pid() is None, 10)
        self.pid_file.unlink(missing_ok=True)


def wait_for(ready: Callable[[], bool], what: str, timeout_s: float, *daemons: Daemon) -> None:
    """Return once `ready` says so. Raises ClusterError with the logs' ends on a timeout or when a daemon dies."""
    end = time.monotonic() + timeout_s
    while not ready():
        dead = [daemon for daemon in daemons if daemon.pid_file.exists() and daemon.pid() is None]
        if dead:
            raise ClusterError(f"{dead[0].name} ended while waiting for {what}\n{tail(dead[0].log)}")
        if time.monotonic() > end:
            raise ClusterError("\n".join([f"waited {timeout_s:.0f} s for {what}", *(tail(one.log) for one in daemons)]))
        time.sleep(0.05)


def _until(done: Callable[[], bool], timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _after_name(stat: str) -> list[str]:
    return stat[stat.rindex(")") + 2 :].split()  # the program's name may hold spaces and parentheses


def _run_state(stat: str) -> str:
    return _after_name(stat)[0]


def _start_time(stat: str) -> str:
    return _after_name(stat)[19]
