"""Loads images into containerd."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster.commands import run

from . import node

if TYPE_CHECKING:
    from pathlib import Path

    from .plan import Plan


def load(plan: Plan, archive: Path) -> None:
    """Import an archive, once per cluster and content. Size and mtime stand for the content: archives never change."""
    content = archive.stat()
    done = plan.state / "loaded" / f"{archive.name}-{content.st_size}-{content.st_mtime_ns}"
    if done.exists():
        return
    snapshotter = node.snapshotter(plan.state)
    run(
        *node.namespace(plan), "ctr", "--namespace", "k8s.io", "images", "import", "--snapshotter", snapshotter, archive
    )
    done.parent.mkdir(exist_ok=True)
    done.touch()
