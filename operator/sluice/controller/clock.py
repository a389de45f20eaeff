"""What time it is, for those who are given a clock: nobody else in the controller reads one.

Somebody may set the clock on the wall, so it serves for what is written down and for what is compared with times of the
API server. Limits on rates and waits go by the monotonic clock.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sluice.core import Instant


@dataclass(frozen=True, slots=True)
class Clock:
    wall: Callable[[], Instant] = time.time
    monotonic: Callable[[], float] = time.monotonic
    """Seconds since whenever."""
