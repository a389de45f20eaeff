"""Builds a Dockerfile without a Docker daemon: Debian's buildah, with its own image store in the cache."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tests.cluster import cache, debian
from tests.cluster.commands import run
from tests.cluster.progress import say

from .python import BASE_TAG

if TYPE_CHECKING:
    from pathlib import Path

BUILDS_PER_STORE = 30


def build(context: Path, tag: str, base: Path, to: Path) -> None:
    """Build `context`'s Dockerfile with BASE set to the image in the archive `base`; write the result as an archive."""
    debian.require(debian.BUILDER)
    _forget_layers()
    say(f"{tag}: building {context / 'Dockerfile'} with buildah")
    _buildah("pull", "--quiet", "--policy", "always", f"docker-archive:{base}")
    _buildah(
        "build", "--isolation", "chroot", "--network", "host", "--layers", "--pull-never", "--format", "docker",
        "--build-arg", f"BASE={BASE_TAG}", "--tag", f"localhost/{tag}", context,
    )  # fmt: skip
    part = to.with_suffix(".part")
    part.unlink(missing_ok=True)
    _buildah("push", "--quiet", f"localhost/{tag}", f"docker-archive:{part}:{tag}")
    part.rename(to)
    say(f"{tag}: {to.stat().st_size / 1e6:.0f} MB")


def _buildah(*arguments: str | Path) -> None:
    """Run buildah in its own mount namespace, so that its mounts disappear with it even if it is killed."""
    home = _home()
    store: list[str | Path] = ["--root", home / "storage", "--runroot", home / "run", "--storage-driver", "overlay"]
    isolated = ["unshare", "--mount", "--propagation", "private"]
    env = {**os.environ, "TMPDIR": str(home), "CONTAINERS_CONF": os.devnull, "BUILDAH_ISOLATION": "chroot"}
    run(*isolated, "buildah", *store, *arguments, env=env, timeout_s=1200)


def _forget_layers() -> None:
    """Empty the store after BUILDS_PER_STORE builds: old layers speed up the next build, but accumulate."""
    home = _home()
    builds = home / "builds"
    count = int(builds.read_text()) + 1 if builds.exists() else 1
    if count > BUILDS_PER_STORE:
        shutil.rmtree(home)
        count = 1
    (_home() / "builds").write_text(str(count))


def _home() -> Path:
    return cache.directory("buildah")
