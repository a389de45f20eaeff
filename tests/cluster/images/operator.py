"""The operator's image, built from the repository's Dockerfile: once per content of what goes into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster import cache
from tests.cluster.errors import ClusterError

from . import buildah, store

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = ("Dockerfile", ".dockerignore", "pyproject.toml", "operator", "crds")


def key() -> str:
    """Changes when any file does that goes into the image."""
    inputs = [cache.REPOSITORY / name for name in INPUTS]
    files = [file for path in inputs if path.exists() for file in cache.files_under(path)]
    if not (cache.REPOSITORY / "Dockerfile").exists():
        raise ClusterError(f"there is no {cache.REPOSITORY / 'Dockerfile'}")
    places = sorted(str(file.relative_to(cache.REPOSITORY)) for file in files)
    return cache.key_of(files, *places)


def tag() -> str:
    """The image's tag: one of its own per content, so that an upgrade to a new image is a change to Kubernetes."""
    return f"sluice:dev-{key()[:12]}"


def build_archive() -> tuple[str, Path]:
    """The image's tag and an archive of it, built without Docker on the local base if its content is new."""
    name = tag()
    archive = cache.directory("images") / f"{name.replace(':', '-')}.tar"
    if not archive.exists():
        with cache.locked("image-sluice-dev"):
            if not archive.exists():
                buildah.build(cache.REPOSITORY, name, store.BASE.archive(), archive)
                _forget_older(archive)
    return name, archive


def _forget_older(newest: Path) -> None:
    archives = sorted(newest.parent.glob("sluice-dev-*.tar"), key=lambda file: file.stat().st_mtime)
    for old in archives[:-3]:
        old.unlink(missing_ok=True)
