"""What a layout must know of a task."""

from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """How far a task has come: what nobody looks at is folded first."""

    WAITING = "waiting"
    ACTIVE = "active"
    """It runs, or it failed."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class LayoutTask:
    """`depends_on` are names; those that no task has are passed over."""

    name: str
    depends_on: tuple[str, ...] = ()
    group: str = ""
    final: bool = False
    """Is it a `finally` task? These are drawn apart."""
    items: int = 0
    """Of a fan-out, if they are known."""
    stage: Stage = Stage.WAITING
