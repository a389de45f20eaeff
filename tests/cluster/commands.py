"""Programs that are run to their end. A failure shows the command and what it said last."""

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
    """What the command wrote to standard output. Raises ClusterError if it is missing, fails or takes too long."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
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
        raise ClusterError(f"{words[0]} is not installed (needed for: {' '.join(words)})") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"no end after {timeout_s:.0f} s: {' '.join(words)}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-20:]
        raise ClusterError(f"exit {done.returncode}: {' '.join(words)}\n" + "\n".join(f"  {line}" for line in said))
    return done.stdout


def works(*command: str | Path, timeout_s: float = 20) -> bool:
    """Whether the command exists and ends with 0."""
    try:
        run(*command, timeout_s=timeout_s)
    except ClusterError:
        return False
    return True
