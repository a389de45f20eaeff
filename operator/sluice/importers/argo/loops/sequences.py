"""`withSequence`: `{count: 5}` is 0 to 4, `{start: 1, end: 3}` has both ends.

Backwards and with a `format` the items are written out.
https://argo-workflows.readthedocs.io/en/latest/walk-through/loops/
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from sluice.api.for_each import MAX_ITEMS
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Ref, Text, is_of_cluster, literal, parse, placeholders, text_of, usual
from sluice.importers.argo.expressions.scope import LoopItem, Scope
from sluice.importers.argo.loops.loop import BY_CLUSTER, Endless, Loop


def sequence_of(call: Map, scope: Scope) -> Loop:
    """Raises Endless, and Unknown."""
    sequence = call.map("withSequence")
    said = {key: parse(text_of(sequence[key]), scope.resolve) for key in ("start", "end", "count") if key in sequence}
    if any(map(is_of_cluster, said.values())):
        raise Endless(BY_CLUSTER)
    known = {key: literal(text) for key, text in said.items()}
    if None not in known.values():
        return _counted(known, sequence)
    if "format" not in sequence and (loop := _at_run_time(said, known, is_read="{{item" in repr(call))) is not None:
        return loop
    told = {key: usual(text) for key, text in said.items()}
    if None in told.values():
        raise Endless("a sequence that is known at run time only counts from 0, by `count`")
    guessed = ", ".join(f"{key} {told[key]}" for key, text in known.items() if text is None)
    return replace(_counted(told, sequence), lost=("a sequence that parameters decide", f"counted with {guessed}"))


def _at_run_time(said: Mapping[str, Text], known: Mapping[str, str | None], *, is_read: bool) -> Loop | None:
    """A range whose end is a value of the run: from 0, or from anywhere if nobody reads the item."""
    item = LoopItem(Ref.to("item", number=True, variable="ITEM"))
    start, others = known.get("start", "0"), said.keys() - {"start"}
    if others == {"count"} and start is not None and (start == "0" or not is_read):
        return Loop({"range": {"end": placeholders(said["count"])}}, item)
    if others == {"end"} and start == "1" and not is_read and usual(said["end"]) is None:
        lost = ("a sequence to an end that is known at run time", "so many items; Argo counts down to an end below 1")
        return Loop({"range": {"end": placeholders(said["end"])}}, item, lost)
    return None


def _counted(known: Mapping[str, str | None], sequence: Map) -> Loop:
    item = LoopItem(Ref.to("item", number=True, variable="ITEM"))
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
        return Loop({"items": [_formatted(form, value) for value in values]}, LoopItem(Ref.to("item", variable="ITEM")))
    if values.step < 0:
        return Loop({"items": list(values)}, item)
    start_if_any = {"start": values.start} if values.start else {}
    return Loop({"range": {**start_if_any, "end": values.stop}}, item)


def _formatted(form: str, value: int) -> str:
    """Go's `%02X` and the like, which are C's."""
    if not re.fullmatch(r"(?:[^%]|%%)*%[-+ 0#]*\d{0,3}[dxXo](?:[^%]|%%)*", form):
        raise Endless(f"the format {form!r} is not understood")
    return form % value
