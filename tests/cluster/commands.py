"""Runs programs to completion. An error shows the command and the last lines of its output."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from .errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout_s: float | None = 600,
) -> str:
    """The command's standard output. Raises ClusterError if it is missing, fails or takes longer than `timeout_s`."""
    arguments = [str(argument) for argument in command]
    try:
        done = subprocess.run(
            arguments,
            env=env,
            cwd=cwd,
            input=stdin,
            timeout=timeout_s,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise ClusterError(f"{arguments[0]} is not installed (needed for: {' '.join(arguments)})") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"no end after {timeout_s:.0f} s: {' '.join(arguments)}") from None
    if done.returncode:
        tail = "\n".join(f"  {line}" for line in (done.stderr or done.stdout).strip().splitlines()[-20:])
        raise ClusterError(f"exit {done.returncode}: {' '.join(arguments)}\n{tail}")
    return done.stdout


def works(*command: str | Path, timeout_s: float = 20) -> bool:
    """Whether the command exists and exits with 0."""
    try:
        run(*command, timeout_s=timeout_s)
    except ClusterError:
        return False
    return True
