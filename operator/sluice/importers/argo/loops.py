"""`withItems`, `withParam` and `withSequence` as `forEach`.

`withSequence: {count: 5}` is 0 to 4, `{start: 1, end: 3}` has both ends; backwards and with a `format` the items are
written out. https://argo-workflows.readthedocs.io/en/latest/walk-through/loops/
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sluice.api.for_each import MAX_ITEMS
from sluice.core import Json
from sluice.importers.argo.scope import Scope
from sluice.importers.argo.source import Map
from sluice.importers.argo.text import Ref, filled, literal, parse, placeholders, plain, text_of, usual

LOOPS = ("withItems", "withParam", "withSequence")


class Endless(Exception):
    """A loop that cannot be said here."""


@dataclass(frozen=True, slots=True)
class Loop:
    """`guessed`: the defaults of parameters that its length is taken from."""

    for_each: Json
    item: Ref | None
    guessed: str = ""


def loop_of(call: Map, scope: Scope) -> Loop | None:
    """The loop of a step or task. Raises Endless, and Unknown."""
    if call.get("withItems") is not None:
        items = call["withItems"]
        if isinstance(items, str):
            return _listed(items, scope)
        return _of_items([_item(each) for each in filled(items, scope.resolve)])
    if call.get("withParam") is not None:
        return _listed(call.text("withParam"), scope)
    return _sequence(call.map("withSequence"), scope) if call.get("withSequence") is not None else None


def _of_items(items: list[object]) -> Loop:
    if len(items) > MAX_ITEMS:
        raise Endless(f"has {len(items)} items; at most {MAX_ITEMS} are possible")
    numbers = bool(items) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in items)
    return Loop({"items": items}, Ref.to("item", number=numbers, variable="ITEM"))


def _item(value: object) -> object:
    return json.dumps(plain(value)) if isinstance(value, list) else "" if value is None else value


def _listed(written: str, scope: Scope) -> Loop:
    text = parse(written, scope.resolve)
    if (known := literal(text)) is None:
        # The list's values may be numbers or texts; as texts they compare in either case.
        return Loop({"from": placeholders(text)}, Ref.to("item", variable="ITEM"))
    try:
        items = json.loads(known)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise Endless(f"{known[:40]!r} is no JSON list")
    return _of_items([_item(each) for each in items])


def _sequence(sequence: Map, scope: Scope) -> Loop:
    said = {key: parse(text_of(sequence[key]), scope.resolve) for key in ("start", "end", "count") if key in sequence}
    known = {key: literal(text) for key, text in said.items()}
    item = Ref.to("item", number=True, variable="ITEM")
    if None in known.values():
        if (
            set(said) == {"count"} or (set(said) == {"start", "count"} and known["start"] == "0")
        ) and "format" not in sequence:
            return Loop({"range": {"end": placeholders(said["count"])}}, item)
        told = {key: usual(text) for key, text in said.items()}
        if None in told.values():
            raise Endless("a sequence that is known at run time only counts from 0, by `count`")
        guessed = ", ".join(f"{key} {told[key]}" for key, text in known.items() if text is None)
        return replace(_counted(told, sequence), guessed=guessed)
    return _counted(known, sequence)


def _counted(known: Mapping[str, str | None], sequence: Map) -> Loop:
    item = Ref.to("item", number=True, variable="ITEM")
    try:
        numbers = {key: int(text or "0") for key, text in known.items()}
    except ValueError:
        raise Endless("its numbers are none") from None
    start = numbers.get("start", 0)
    count = numbers.get("count")
    end = numbers.get("end", start) if count is None else start + count - 1
    values = range(start, end + 1) if end >= start else range(start, end - 1, -1)
    if count is not None and count <= 0:
        values = range(0)
    if len(values) > MAX_ITEMS:
        raise Endless(f"has {len(values)} items; at most {MAX_ITEMS} are possible")
    if form := sequence.text("format"):
        return _of_items([_formatted(form, value) for value in values])
    if values.step < 0:
        return _of_items(list(values))
    start_if_any = {"start": values.start} if values.start else {}
    return Loop({"range": {**start_if_any, "end": values.stop}}, item)


def _formatted(form: str, value: int) -> str:
    """Go's `%02X` and the like, which are C's."""
    if not re.fullmatch(r"(?:[^%]|%%)*%[-+ 0#]*\d{0,3}[dxXo](?:[^%]|%%)*", form):
        raise Endless(f"the format {form!r} is not understood")
    return form % value
