"""Runs the recorder on one DAG file, bounded in time, memory, processes and files. What comes out is untrusted."""

import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from sluice.importers.airflow.record.isolation import box

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

_RECORDER = Path(__file__).parent.parent / "sluice_recorder" / "main.py"
_PYTHON = ("/usr/bin/env", "PYTHONHASHSEED=0", sys.executable, "-s", "-P")  # sets have the same order each time
_CPU_TIME_OVER = 24  # SIGXCPU
_KILLED = 9


class ChildEnded(Exception):
    """The file was ended, or has ended itself, before it was read."""


class _Child:
    """One recorder at work. Its order and its output are files, so that it waits for nobody."""

    def __init__(self, order: str, readable: Sequence[Path], *, boxed: bool) -> None:
        with ExitStack() as stack:
            empty = stack.enter_context(tempfile.TemporaryDirectory())
            ordered, self._output = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            ordered.write(order.encode())
            ordered.seek(0)
            command = [*(box(readable, empty) if boxed else []), *_PYTHON, str(_RECORDER)]
            self._process = subprocess.Popen(
                command, stdin=ordered, stdout=self._output, stderr=subprocess.DEVNULL, env={}, start_new_session=True
            )
            self._stack = stack.pop_all()

    def result(self) -> "str | ChildEnded":
        """Waits for at most WALL_S from now."""
        try:
            self._process.wait(WALL_S)
        except subprocess.TimeoutExpired:
            return ChildEnded(f"it was ended, as it had not done so by itself after {WALL_S} s")
        self._output.seek(0)
        text = self._output.read(LIMITS["RLIMIT_FSIZE"]).decode(errors="replace")
        return text or ChildEnded(_why(self._process.returncode))

    def end(self) -> None:
        """With it goes its PID namespace; outside of a box the process group of its session."""
        with self._stack:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, _KILLED)
            self._process.wait()


def record(orders: Iterable[tuple[str, Sequence[Path]]], *, boxed: bool) -> Iterator[str | ChildEnded]:
    """What the recorder says to each order, or why it said nothing. Raises isolation.NoBox.

    With each order go the folders that the file may read. As many are at work as there are processors.
    """
    at_work: deque[_Child] = deque()
    try:
        for order, readable in orders:
            at_work.append(_Child(order, readable, boxed=boxed))
            if len(at_work) > (os.cpu_count() or 1):
                yield _ended(at_work)
        while at_work:
            yield _ended(at_work)
    finally:
        for child in at_work:
            child.end()


def _ended(at_work: "deque[_Child]") -> str | ChildEnded:
    result = at_work[0].result()
    at_work.popleft().end()
    return result


def _why(code: int) -> str:
    signal = -code if code < 0 else code - 128
    if signal == _CPU_TIME_OVER:
        return f"it was ended, as it used more than {LIMITS['RLIMIT_CPU']} s of CPU time"
    if signal == _KILLED:
        return "it was killed, as it used too much memory or CPU time"
    return f"it ended its own process with exit code {code}, so nothing is known of it"
