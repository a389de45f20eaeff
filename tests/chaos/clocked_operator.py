"""The operator, with a clock on the wall that the conductor sets.

CHAOS_CLOCK names a file that has the seconds by which.
"""

import os
import time
from pathlib import Path

from sluice.controller.clock import Clock
from sluice.controller.main import run

VARIABLE = "CHAOS_CLOCK"


def main() -> None:
    hands = Path(os.environ[VARIABLE])
    run(Clock(wall=lambda: time.time() + float(hands.read_text())))


if __name__ == "__main__":
    main()
