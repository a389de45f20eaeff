"""kubectl and helm for kind and for existing clusters: the machine's own if installed, else built."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from . import binaries

if TYPE_CHECKING:
    from pathlib import Path


def link(into: Path) -> None:
    """Link both in the directory `into`."""
    into.mkdir(parents=True, exist_ok=True)
    for name, program in (("kubectl", binaries.KUBERNETES), ("helm", binaries.HELM)):
        installed = shutil.which(name)
        (into / name).unlink(missing_ok=True)
        (into / name).symlink_to(installed or binaries.build(program))
