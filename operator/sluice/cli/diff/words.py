"""The comparison as a table of one screen, or as JSON."""

from sluice.cli.printable import json_text, printable
from sluice.cli.states import state_of
from sluice.cli.terminal import Terminal
from sluice.core.explain.compare import Comparison, Difference

_TASKS_SHOWN = 12
_NOTHING = "\N{EN DASH}"


def as_json(found: Comparison) -> str:
    return json_text(found.written())


def as_text(found: Comparison, terminal: Terminal) -> list[str]:
    """On a terminal a line is cut at the edge."""
    tasks = [Difference(each.name, _ended(*each.before), _ended(*each.after)) for each in found.tasks[:_TASKS_SHOWN]]
    rows = [Difference("", *found.names), *found.rows, *tasks]
    widths = [max(len(printable(row[column])) for row in rows) for column in range(3)]
    shown = [
        terminal.fitted(
            "  ".join(f"{printable(cell):{width}}" for cell, width in zip(row, (*widths, 0), strict=True)).rstrip()
        )
        for row in rows
    ]
    if len(found.tasks) > _TASKS_SHOWN:
        shown.append(f"and {len(found.tasks) - _TASKS_SHOWN} more tasks and items: -o json has them")
    if not found.rows and not found.tasks:
        shown.append("Nothing differs.")
    shown += [f"not seen: {printable(words)}" for words in found.unseen]
    return shown


def _ended(phase: str, words: str) -> str:
    if not phase:
        return _NOTHING
    state = state_of(phase)
    return " ".join(filter(None, (state.sign, state.word, words)))
