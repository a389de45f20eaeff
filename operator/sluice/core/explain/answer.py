"""The answer to "why?", for a terminal and for programs."""

from dataclasses import dataclass
from typing import NamedTuple

from sluice.core import Json


class Fact(NamedTuple):
    """One fact. `label` is one or two words: `now`, `in line`, `time`."""

    label: str
    text: str


class Command(NamedTuple):
    """A command line that lets something go on, or shows more, and what it does."""

    arguments: tuple[str, ...]
    effect: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`head` is the whole answer in one sentence."""

    head: str
    lines: tuple[Fact, ...] = ()
    commands: tuple[Command, ...] = ()
    unseen: tuple[str, ...] = ()
    """What could not be read, and would have told more."""

    def written(self) -> Json:
        """As JSON."""
        return {
            "answer": self.head,
            "facts": [{"label": line.label, "text": line.text} for line in self.lines],
            "commands": [{"arguments": list(each.arguments), "effect": each.effect} for each in self.commands],
            "unseen": list(self.unseen),
        }


def lines(*pairs: tuple[str, str]) -> tuple[Fact, ...]:
    """Without those that have no text."""
    return tuple(Fact(label, text) for label, text in pairs if text)
