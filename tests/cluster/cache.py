"""The cache: what is built once, outside the repository, under a key of everything that went into it.

$SLUICE_CACHE, else $XDG_CACHE_HOME/sluice, else ~/.cache/sluice
  bin/NAME-KEY/NAME     programs           images/NAME-KEY.tar   images
  clusters/NAME/        a cluster's state  locks/                one file per thing being made
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .progress import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]


def root() -> Path:
    """The cache directory, created if necessary."""
    chosen = os.environ.get("SLUICE_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(chosen).absolute() if chosen else Path(home) / "sluice"
    path.mkdir(parents=True, exist_ok=True)
    return path


def directory(name: str) -> Path:
    """A directory in the cache, created if necessary."""
    path = root() / name
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock of that name against other processes. The kernel releases it when its holder dies."""
    with (directory("locks") / name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: another process works on it, waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def key_of(files: Iterable[Path], *also: str) -> str:
    """Twelve hexadecimal digits that depend on the files' names and contents, and on the strings in `also`."""
    digest = hashlib.sha256()
    for text in also:
        digest.update(f"{text}\0".encode())
    for file in sorted(files):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def files_under(path: Path) -> list[Path]:
    """All source files below a directory, or the file itself, without bytecode and hidden files."""
    if path.is_file():
        return [path]
    return [
        file
        for file in path.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    ]
