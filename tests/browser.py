"""Debian's Chromium, by Playwright. Nothing of the page's protection is switched off for it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.cluster.debian import BROWSER, require

if TYPE_CHECKING:
    from typing import Any

PATIENCE_MS = 180_000
"""With what is to come: other tests have the processors, too."""


def launch_options() -> dict[str, Any]:
    """For `chromium.launch`. Installs the browser if it is missing."""
    require(BROWSER)
    return {"executable_path": shutil.which("chromium"), "args": ["--no-sandbox"]}  # it is run by root


NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
"""What the browser says where it gave up, since a network of this machine came or went: other tests start clusters."""

SHOWN = "#page > *"
"""What is there once the page's script has come; if that was given up, the page is to be loaded again."""
LOADED_MS, LOADS = 10_000, 12
