"""Daemons that outlive the command that starts them, and are killed only if they are provably ours.

A shell wrapper writes boot id, pid and start time to a file before it execs the daemon. If the pid is reused, by
another process or after a reboot, the start time or boot id differs, and the process is left alone.
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
    """A cluster's background program, with a name that is unique within the state directory."""

    state: Path
    name: str

    @property
    def pid_file(self) -> Path:
        """The file with its boot id and /proc stat line."""
        return self.state / "run" / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        """Its output."""
        return self.state / "logs" / f"{self.name}.log"

    def start(self, command: Sequence[str | Path], within: Sequence[str] = ()) -> None:
        """Start it in its own session; `within` is a command prefix such as `nsenter ...`. Raises ClusterError."""
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.pid_file.unlink(missing_ok=True)
        run("setsid", "--fork", *within, "sh", "-c", _WRAPPER, self.pid_file, self.log, *command, cwd=self.state)
        wait_for(self.pid_file.exists, f"{self.name} to start", 5, self)

    def pid(self) -> int | None:
        """Its process id, or None if it is not running."""
        try:
            boot, _, stat = self.pid_file.read_text().strip().partition(" ")
            pid = int(stat.split(" ", 1)[0])
            now = Path(f"/proc/{pid}/stat").read_text()
        except (OSError, ValueError):
            return None
        ours = boot == _boot_id() and _start_time(stat) == _start_time(now)
        return pid if ours and _run_state(now) not in "ZX" else None

    def command(self) -> list[str]:
        """The one with which it runs. Raises ClusterError if it does not."""
        if not (pid := self.pid()):
            raise ClusterError(f"{self.name} does not run\n{tail(self.log)}")
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]

    def stop(self, grace_s: float = 0) -> None:
        """Send SIGTERM and wait up to `grace_s` seconds, then SIGKILL and wait up to 10 s."""
        pid = self.pid()
        if pid and grace_s:
            _signal(pid, signal.SIGTERM)
            _until(lambda: self.pid() is None, grace_s)
        if pid and self.pid() == pid:
            _signal(pid, signal.SIGKILL)
            _until(lambda: self.pid() is None, 10)
        self.pid_file.unlink(missing_ok=True)


def wait_for(ready: Callable[[], bool], what: str, timeout_s: float, *daemons: Daemon) -> None:
    """Wait until `ready()` is true. Raises ClusterError, with log tails, on a timeout or if a daemon dies."""
    end = time.monotonic() + timeout_s
    while not ready():
        dead = [daemon for daemon in daemons if daemon.pid_file.exists() and daemon.pid() is None]
        if dead:
            raise ClusterError(f"{dead[0].name} ended while waiting for {what}\n{tail(dead[0].log)}")
        if time.monotonic() > end:
            logs = [tail(daemon.log) for daemon in daemons]
            raise ClusterError("\n".join([f"waited {timeout_s:.0f} s for {what}", *logs]))
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
    return stat[stat.rindex(")") + 2 :].split()  # the program's name may contain spaces and parentheses


def _run_state(stat: str) -> str:
    return _after_name(stat)[0]


def _start_time(stat: str) -> str:
    return _after_name(stat)[19]
