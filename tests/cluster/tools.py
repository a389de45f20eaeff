"""kubectl and helm for clusters that are not ours: the machine's own where it has them, else built."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from . import binaries

if TYPE_CHECKING:
    from pathlib import Path


def link(into: Path) -> None:
    """Make both callable from the directory `into`."""
    into.mkdir(parents=True, exist_ok=True)
    for name, program in (("kubectl", binaries.KUBERNETES), ("helm", binaries.HELM)):
        own = shutil.which(name)
        (into / name).unlink(missing_ok=True)
        (into / name).symlink_to(own or binaries.build(program))
