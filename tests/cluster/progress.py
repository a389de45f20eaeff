"""Progress output: one line per step on standard error, with the seconds since the start."""

from __future__ import annotations

import sys
import time

_START = time.monotonic()


def say(text: str) -> None:
    """Print a line such as `[  4.2s] API server ready`."""
    print(f"[{time.monotonic() - _START:6.1f}s] {text}", file=sys.stderr, flush=True)
