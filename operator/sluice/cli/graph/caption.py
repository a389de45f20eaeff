"""What a box says besides its label: how its task stands, or how many of its tasks stand how."""

from collections import Counter
from dataclasses import dataclass

from sluice.cli.graph.drawing import Drawing
from sluice.cli.states import FAILED, PENDING, RUNNING, SKIPPED, STOPPED, SUCCEEDED, UPSTREAM_FAILED, WAITING, State
from sluice.core.graph.layout.picture import Box

_FIRST = (FAILED, RUNNING, PENDING, STOPPED, UPSTREAM_FAILED, WAITING, SKIPPED, SUCCEEDED)
"""Of several tasks in one box: the state that says most of them."""


@dataclass(frozen=True, slots=True)
class Caption:
    """`items` has the state of each task or item, in their order."""

    state: State
    words: str
    items: tuple[State, ...]


def caption(subject: Drawing, box: Box) -> Caption | None:
    """None for a Workflow, which has no states."""
    if subject.by_task is None:
        return None
    inside = [subject.by_task[task] for task in box.tasks]
    items = tuple(state for each in inside for state in each.items or (each.state,))
    if len(inside) == 1:
        return Caption(inside[0].state, inside[0].words, items)
    counts = Counter(each.state for each in inside)
    ordered = sorted(counts, key=rank)
    return Caption(ordered[0], ", ".join(f"{counts[state]} {state.word}" for state in ordered), items)


def rank(state: State) -> int:
    """Low for a state that says much of a box."""
    return _FIRST.index(state) if state in _FIRST else len(_FIRST)
