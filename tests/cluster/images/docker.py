"""Docker, if there is one."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster.commands import run, works
from tests.cluster.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator


def answers() -> bool:
    """Whether a Docker daemon responds."""
    return shutil.which("docker") is not None and works("docker", "info")


@contextmanager
def saved(image: str) -> Iterator[Path]:
    """A temporary archive of an image in Docker. Raises ClusterError without a Docker daemon."""
    if not answers():
        raise ClusterError(
            f"{image}: no such archive, and no Docker daemon answers that could have an image of that name"
        )
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory) / "image.tar"
        run("docker", "save", "--output", archive, image)
        yield archive
