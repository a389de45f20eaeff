"""Chooses faults by a seed and does them one after another, while runs go on.

The seed fixes the graphs and the choice of faults; how they fall in with what the operator does is up to the
machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from tests.chaos.faults import KINDS
from tests.chaos.system import System
from tests.cluster.progress import say

Hits = Counter[tuple[str, str]]
"""How often each kind of fault hit what."""

_MISSES_IN_A_ROW = 40  # then nothing moves any more


def conduct(system: System, kinds: Sequence[str], faults: int, chance: Random, hits: Hits) -> None:
    """Until so many faults of these kinds have hit something; they are counted in `hits`. Raises AssertionError if
    nothing moves any more.
    """
    misses = 0
    while hits.total() < faults:
        system.keep_busy()
        kind = chance.choice(kinds)
        if what := KINDS[kind](system, chance):
            hits[kind, what] += 1
            say(f"{hits.total()}: {kind} hit {what}")
            misses = 0
        else:
            misses += 1
        assert misses < _MISSES_IN_A_ROW, f"nothing was in flight any more, after {hits.total()} faults"
