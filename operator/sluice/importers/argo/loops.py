"""`withItems`, `withParam` and `withSequence` as `forEach`.

What the items of another loop have handed on is taken item by item (`sameAs`) where its list would have gaps, as items
may be skipped, and where each is a map of all outputs (`outputs.parameters`). A condition sees no such item: for one,
the other loop hands on a list of maps as well.

`withSequence: {count: 5}` is 0 to 4, `{start: 1, end: 3}` has both ends; backwards and with a `format` the items are
written out. https://argo-workflows.readthedocs.io/en/latest/walk-through/loops/
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sluice.api.for_each import MAX_ITEMS
from sluice.core import Json
from sluice.importers.argo.scope import Draft, Item, Scope
from sluice.importers.argo.source import Map
from sluice.importers.argo.text import Ref, Text, Unknown, filled, literal, parse, placeholders, plain, text_of, usual

ALL = "parameters"
"""The output that has all output parameters as a map."""
LOOPS = ("withItems", "withParam", "withSequence")


class Endless(Exception):
    """A loop that cannot be said here."""


@dataclass(frozen=True, slots=True)
class Loop:
    """`lost`: what is not quite the same, and what is done instead."""

    for_each: Json
    item: Item
    lost: tuple[str, str] | None = None

    @property
    def leader(self) -> str | None:
        """The task whose items these are."""
        return self.for_each.get("sameAs")


def loop_of(call: Map, scope: Scope) -> Loop | None:
    """The loop of a step or task. Raises Endless, and Unknown."""
    if call.get("withItems") is not None:
        items = call["withItems"]
        if isinstance(items, str):
            return _listed(items, call, scope)
        return _of_items([_item(each) for each in filled(items, scope.resolve)])
    if call.get("withParam") is not None:
        return _listed(call.text("withParam"), call, scope)
    return _sequence(call, scope) if call.get("withSequence") is not None else None


def _of_items(items: list[object]) -> Loop:
    if len(items) > MAX_ITEMS:
        raise Endless(f"has {len(items)} items; at most {MAX_ITEMS} are possible")
    numbers = bool(items) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in items)
    return Loop({"items": items}, Item(Ref.to("item", number=numbers, variable="ITEM")))


def _item(value: object) -> object:
    return json.dumps(plain(value)) if isinstance(value, list) else "" if value is None else value


_FIELD = re.compile(r"\{\{[^}]*\bitem\.")
_OF_LOOP = re.compile(r"\{\{\s*(?:steps|tasks)\.(?P<name>[\w-]+)\.(?P<what>outputs\.[^}\s]+)\s*\}\}")


def _after_loop(written: str, call: Map, scope: Scope) -> Loop | None:
    """Over what the items of another loop have handed on. Raises Endless, and Unknown."""
    asked, reads_fields = "item" in call.text("when"), _FIELD.search(repr(call)) is not None
    found = _OF_LOOP.fullmatch(written.strip())
    node = None if found is None else scope.nodes.get(found["name"])
    if found is None or node is None or node.only is None or not node.only.is_fan_out:
        return None
    by_item = {"sameAs": node.only.name}
    if found["what"] == "outputs.parameters" and asked:
        if _has_gaps(node.only) or not _can_write_a_map(node.only):
            raise Endless("conditions cannot ask what one item of another loop has handed on")
        node.only.map_read = True
        return Loop({"from": f"$(tasks.{node.only.name}.outputs.{ALL})"}, Item(Ref.to("item", variable="ITEM")))
    if found["what"] == "outputs.parameters":
        fields = {name: text[0] for name, text in node.outputs.items() if text and isinstance(text[0], Ref)}
        return Loop(by_item, Item(None, fields))
    if found["what"] == "outputs.result" and reads_fields:
        if _has_gaps(node.only) or node.only.template.kind not in ("container", "script"):
            raise Unknown(f"{written}, each item with fields,")
        node.only.json_read = True
        return Loop(
            {"from": placeholders(node.read(["outputs", "result"], written))}, Item(Ref.to("item", variable="ITEM"))
        )
    (value,) = node.read(found["what"].split("."), written)
    if not isinstance(value, Ref):
        raise Unknown(written)
    if _has_gaps(node.only):
        return Loop(by_item, Item(value, {}))
    return Loop({"from": value.placeholder}, Item(Ref.to("item", variable="ITEM"), {}))


def _has_gaps(loop: Draft) -> bool:
    return bool(loop.fields.keys() & {"when", "allowFailure"}) or "minSuccess" in loop.fields["forEach"]


def _can_write_a_map(loop: Draft) -> bool:
    outputs = loop.template.body.map("outputs").maps("parameters")
    with_default = any("default" in each or "default" in each.map("valueFrom") for each in outputs)
    return loop.template.kind in ("container", "script") and "workflow" not in loop.fields and not with_default


def _listed(written: str, call: Map, scope: Scope) -> Loop:
    if (loop := _after_loop(written, call, scope)) is not None:
        return loop
    text = parse(written, scope.resolve)
    if (known := literal(text)) is None:
        # The list's values may be numbers or texts; as texts they compare in either case.
        return Loop({"from": placeholders(text)}, Item(Ref.to("item", variable="ITEM")))
    try:
        items = json.loads(known)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise Endless(f"{known[:40]!r} is no JSON list")
    return _of_items([_item(each) for each in items])


def _sequence(call: Map, scope: Scope) -> Loop:
    sequence = call.map("withSequence")
    said = {key: parse(text_of(sequence[key]), scope.resolve) for key in ("start", "end", "count") if key in sequence}
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
    item = Item(Ref.to("item", number=True, variable="ITEM"))
    start, others = known.get("start", "0"), said.keys() - {"start"}
    if others == {"count"} and start is not None and (start == "0" or not is_read):
        return Loop({"range": {"end": placeholders(said["count"])}}, item)
    if others == {"end"} and start == "1" and not is_read and usual(said["end"]) is None:
        lost = ("a sequence to an end that is known at run time", "so many items; Argo counts down to an end below 1")
        return Loop({"range": {"end": placeholders(said["end"])}}, item, lost)
    return None


def _counted(known: Mapping[str, str | None], sequence: Map) -> Loop:
    item = Item(Ref.to("item", number=True, variable="ITEM"))
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
