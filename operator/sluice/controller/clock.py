"""What time it is, for those who are given a clock: nobody else in the controller reads one.

Somebody may set the clock on the wall, so it serves for what is written down and for what is compared with times of the
API server. Limits on rates and waits go by the monotonic clock. So do timers, and `watch_clock` tells when they are no
longer right.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from sluice.core import Instant


@dataclass(frozen=True, slots=True)
class Clock:
    wall: Callable[[], Instant] = time.time
    monotonic: Callable[[], float] = time.monotonic
    """Seconds since whenever."""


_LOOK_S = 10.0
_SET_BY_S = 1.0


async def watch_clock(clock: Clock, was_set: Callable[[], None], look_s: float = _LOOK_S) -> None:
    """Never returns. Tells within `look_s` that the clock on the wall was set, or that the machine has slept, during
    which timers stand still.
    """
    ahead_s = clock.wall() - clock.monotonic()
    while True:
        await asyncio.sleep(look_s)
        now_s = clock.wall() - clock.monotonic()
        if abs(now_s - ahead_s) >= _SET_BY_S:
            ahead_s = now_s
            was_set()
