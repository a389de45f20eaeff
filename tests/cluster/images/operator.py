"""The operator's image: built from the repository's Dockerfile, once per content of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster import cache
from tests.cluster.errors import ClusterError

from . import buildah, store

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = ("Dockerfile", ".dockerignore", "pyproject.toml", "operator", "crds")


def key() -> str:
    """A hash of all files that go into the image. Raises ClusterError without a Dockerfile."""
    inputs = [cache.REPOSITORY / name for name in INPUTS]
    files = [file for path in inputs if path.exists() for file in cache.files_under(path)]
    if not (cache.REPOSITORY / "Dockerfile").exists():
        raise ClusterError(f"there is no {cache.REPOSITORY / 'Dockerfile'}")
    places = sorted(str(file.relative_to(cache.REPOSITORY)) for file in files)
    return cache.key_of(files, *places)


def tag() -> str:
    """The image's tag. It depends on the content, so that Kubernetes sees a new image as a change."""
    return f"sluice:dev-{key()[:12]}"


def build_archive() -> tuple[str, Path]:
    """The image's tag and archive, built without Docker on the local base image if its content is new."""
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
