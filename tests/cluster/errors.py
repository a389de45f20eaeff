"""The harness's one error: it names what failed and what to do, or shows the end of a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ClusterError(Exception):
    """The cluster, or something that it needs, is not available; the message is for a person."""


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented, under its path; says so if the log is empty or missing."""
    try:
        text = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError as error:
        return f"{log}: {error.strerror}"
    return f"{log}:\n" + ("\n".join(f"  {line}" for line in text) or "  (empty)")
