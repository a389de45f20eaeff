"""`activeDeadlineSeconds` and `timeout`: the shorter of them ends what they are said of."""

import re
from typing import Protocol

from sluice.importers.argo.documents.durations import duration, seconds
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Ref, Resolve, Text, literal, parse, placeholders, text_of, usual
from sluice.importers.argo.graph.draft import BY_DEFAULT

_UNITS = re.compile(r"([0-9]+[smhd])+")


class Lose(Protocol):
    """Tells a loss by its line."""

    def __call__(self, line: int, what: str, instead: str, *, left: bool = False) -> None: ...


def shortest(holder: Map, resolve: Resolve, lose: Lose, *, is_late: bool = False) -> str:
    """Of a template or a workflow; empty if there is none. `is_late`: a `timeout` may be a value of the run.

    Raises what `resolve` does.
    """
    found: list[str] = []
    late = ""
    for key in (key for key in ("activeDeadlineSeconds", "timeout") if holder.get(key)):
        text, line = parse(text_of(holder[key]), resolve), holder.line_of(key)
        known = usual(text)
        if is_late and key == "timeout" and _can_be_late(text, known):
            late = placeholders(text)
        elif length := duration(known or ""):
            found.append(length)
            if literal(text) is None:
                lose(line, key, BY_DEFAULT)
        else:
            lose(line, key, "no limit: it is not known here", left=True)
    if late and found:
        lose(holder.line_of("timeout"), "timeout", f"{found[0]}: one of two limits is known", left=True)
    return min(found, key=_length) if found else late


def shorter(one: str, two: str) -> str:
    return min(one, two, key=_length)


def _length(text: str) -> int:
    return seconds(text) or 0


def _can_be_late(text: Text, known: str | None) -> bool:
    """Is it one value of the run, and spelled as we do?"""
    return len(text) == 1 and isinstance(text[0], Ref) and (known is None or _UNITS.fullmatch(known) is not None)
