"""Image archives in the cache: each is built once per version of its recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster import binaries, cache

from . import archive, python, small

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its tag, the function that writes its archive, and the files that this depends on."""

    tag: str
    write: Callable[[Path], None]
    recipe: tuple[Path, ...]

    def archive(self) -> Path:
        """Its archive, built first if the cache does not have this version."""
        key = cache.key_of([*self.recipe, Path(archive.__file__)])
        name = self.tag.rpartition("/")[2].partition(":")[0]
        file = cache.directory("images") / f"{name}-{key}.tar"
        if not file.exists():
            with cache.locked(f"image-{name}"):
                if not file.exists():
                    self.write(file)
        return file


PAUSE = Image(small.PAUSE_TAG, small.pause, (Path(small.__file__), *cache.files_under(binaries.PAUSE.module)))
BUSYBOX = Image(small.BUSYBOX_TAG, small.busybox, (Path(small.__file__),))
PYTHON = Image(python.TASK_TAG, python.task_image, (Path(python.__file__),))
BASE = Image(python.BASE_TAG, python.base_image, (Path(python.__file__), *python.host_files()))
NODE_IMAGES = (PAUSE, BUSYBOX, PYTHON)
"""The images that a new node gets: for every pod's sandbox, and for tasks."""
