"""A loop of a step or task, as `forEach`."""

from dataclasses import dataclass

from sluice.core import Json
from sluice.importers.argo.expressions.scope import LoopItem

LOOPS = ("withItems", "withParam", "withSequence")


BY_CLUSTER = "only the environment of a container has it"


class Endless(Exception):
    """A loop that cannot be said here."""


@dataclass(frozen=True, slots=True)
class Loop:
    """`lost`: what is not quite the same, and what is done instead."""

    for_each: Json
    item: LoopItem
    lost: tuple[str, str] | None = None

    @property
    def leader(self) -> str | None:
        """The task whose items these are."""
        return self.for_each.get("sameAs")
