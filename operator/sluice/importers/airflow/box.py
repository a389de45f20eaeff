"""Runs the recorder on one DAG file, bounded in time, memory, processes and files. What comes out is untrusted."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sluice.importers.airflow.isolation import box

WALL_S = 30
LIMITS = {
    "RLIMIT_CPU": 20,
    "RLIMIT_AS": 1 << 30,
    "RLIMIT_FSIZE": 16 << 20,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_NPROC": 64,
    "RLIMIT_CORE": 0,
}
"""The recorder sets them for itself, before any code that is not ours runs."""

_RECORDER = Path(__file__).parent / "sluice_recorder" / "main.py"
_PYTHON = ("/usr/bin/env", "PYTHONHASHSEED=0", sys.executable, "-s", "-P")  # sets have the same order each time
_CPU_TIME_OVER = 24  # SIGXCPU
_KILLED = 9


class Ended(Exception):
    """The file was ended, or has ended itself, before it was read."""


def record(order: str, readable: Sequence[Path], *, boxed: bool) -> str:
    """What the recorder says. Raises Ended, and isolation.NoBox. `readable`: the folders that the file may read."""
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryFile() as output:
        command = [*(box(readable, empty) if boxed else []), *_PYTHON, str(_RECORDER)]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.DEVNULL, env={}, start_new_session=True
        )
        try:
            child.communicate(order.encode(), timeout=WALL_S)
        except subprocess.TimeoutExpired:
            raise Ended(f"it was ended, as it had not done so by itself after {WALL_S} s") from None
        finally:
            _end(child)
        output.seek(0)
        text = output.read(LIMITS["RLIMIT_FSIZE"]).decode(errors="replace")
    if not text:
        raise Ended(_why(child.returncode))
    return text


def _end(child: "subprocess.Popen[bytes]") -> None:
    """With it goes its PID namespace; outside of a box the process group of its session."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, _KILLED)
    child.wait()


def _why(code: int) -> str:
    signal = -code if code < 0 else code - 128
    if signal == _CPU_TIME_OVER:
        return f"it was ended, as it used more than {LIMITS['RLIMIT_CPU']} s of CPU time"
    if signal == _KILLED:
        return "it was killed, as it used too much memory or CPU time"
    return f"it ended its own process with exit code {code}, so nothing is known of it"
