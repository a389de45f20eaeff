"""Mistakes in a manifest, and what is said of them: the first by path, with hints for as long as those are cheap.

Whoever generates manifests may get all 2,000 tasks of one wrong. A person reads the first few faults, and a hint
compares a word with all known ones letter by letter, so there is a budget for both.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sluice.core.base.text import did_you_mean

LISTED_AT_MOST = 100
FOUND_AT_MOST = 10 * LISTED_AT_MOST  # by one check: it may find them in another order than the manifest's
_PATH_MAX, _MESSAGE_MAX = 512, 2048  # characters: they quote what may be very long
_COMPARED_AT_MOST = 1_000_000  # pairs of letters, for all hints of a manifest: 0.1 s


@dataclass(frozen=True, slots=True)
class Hint:
    """The end of a message, in the words of `did_you_mean`; `otherwise` if no known word is close."""

    word: str
    known: Collection[str]
    form: str = "'{}'"
    otherwise: str = ""

    @property
    def cost(self) -> int:
        """Pairs of letters that may have to be compared."""
        return len(self.word) * sum(map(len, self.known))

    def text(self) -> str:
        return did_you_mean(self.word, self.known, self.form) or self.otherwise


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake in a manifest. `path` says where, for example `spec.tasks[2].dependsOn[0]`."""

    path: str
    message: str
    hint: Hint | None = field(default=None, compare=False)
    """To be looked up and added to the message, by `listed`."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def listed(faults: Iterable[Fault]) -> list[Fault]:
    """The faults of a manifest in its order, with their hints. Of many the first, and one that says so."""
    found = sorted(faults, key=_position)
    budget, written = _COMPARED_AT_MOST, []
    for fault in found[:LISTED_AT_MOST]:
        words = ""
        if fault.hint is not None:
            budget -= fault.hint.cost
            words = fault.hint.text() if budget >= 0 else fault.hint.otherwise
        written.append(Fault(fault.path[:_PATH_MAX], (fault.message + words)[:_MESSAGE_MAX]))
    if len(found) > LISTED_AT_MOST:
        written.append(Fault("spec", f"has more faults than these {LISTED_AT_MOST}; mend them, and look again"))
    return written


def _position(fault: Fault) -> tuple[list[tuple[int, int | str]], str]:
    """Sorts `tasks[10]` after `tasks[9]`."""
    parts = re.split(r"\[([0-9]{1,9})\]", fault.path)
    return [(0, int(part)) if number % 2 else (1, part) for number, part in enumerate(parts)], fault.message
