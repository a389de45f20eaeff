"""Loops over what the items of another loop have handed on.

It is taken item by item (`sameAs`) where its list would have gaps, as items may be skipped, and where each is a map of
all outputs (`outputs.parameters`). A condition sees no such item: for one, the other loop hands on a list of maps as
well. What a loop prints is text, unless fields of it are read: then it hands on JSON.
"""

import re

from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Ref, UnknownTag, placeholders
from sluice.importers.argo.expressions.scope import Converted, Draft, LoopItem, Scope
from sluice.importers.argo.loops.loop import Endless, Loop

ALL = "parameters"
"""The output that has all output parameters as a map."""
_NO_CONDITION = "conditions cannot ask what one item of another loop has handed on"
_FIELD = re.compile(r"\{\{[^}]*\bitem\.")
_OF_LOOP = re.compile(r"\{\{\s*(?:steps|tasks)\.(?P<name>[\w-]+)\.(?P<what>outputs\.[^}\s]+)\s*\}\}")


def after_loop(written: str, call: Map, scope: Scope) -> Loop | None:
    """None for any other list. Raises Endless, and UnknownTag."""
    found = _OF_LOOP.fullmatch(written.strip())
    node = None if found is None else scope.nodes.get(found["name"])
    if found is None or node is None or node.only is None or not node.only.is_fan_out:
        return None
    what, leader = found["what"], node.only
    if what == "outputs.parameters":
        return _of_maps(node, leader, is_asked="item" in call.text("when"))
    if what == "outputs.result" and _FIELD.search(repr(call)) is not None:
        return _of_printed(node, leader, written)
    (value,) = node.read(what.split("."), written)
    if not isinstance(value, Ref):
        raise UnknownTag(written)
    if _has_gaps(leader) and "item" in call.text("when"):
        raise Endless(_NO_CONDITION)
    if _has_gaps(leader):
        return Loop({"sameAs": leader.name}, LoopItem(value, {}))
    return Loop({"from": value.placeholder}, LoopItem(Ref.to("item", variable="ITEM"), {}))


def _of_maps(node: Converted, leader: Draft, *, is_asked: bool) -> Loop:
    """Each item is all that an item of the other loop has handed on."""
    if not is_asked:
        fields = {name: text[0] for name, text in node.outputs.items() if text and isinstance(text[0], Ref)}
        return Loop({"sameAs": leader.name}, LoopItem(None, fields))
    if _has_gaps(leader) or not _can_write_a_map(leader):
        raise Endless(_NO_CONDITION)
    leader.map_read = True
    return Loop({"from": f"$(tasks.{leader.name}.outputs.{ALL})"}, LoopItem(Ref.to("item", variable="ITEM")))


def _of_printed(node: Converted, leader: Draft, written: str) -> Loop:
    """Each item is a map that an item of the other loop has printed."""
    if _has_gaps(leader) or leader.template.kind not in ("container", "script"):
        raise UnknownTag(f"{written}, each item with fields,")
    leader.json_read = True
    printed = node.read(["outputs", "result"], written)
    return Loop({"from": placeholders(printed)}, LoopItem(Ref.to("item", variable="ITEM")))


def _has_gaps(loop: Draft) -> bool:
    return bool(loop.fields.keys() & {"when", "allowFailure"}) or "minSuccess" in loop.fields["forEach"]


def _can_write_a_map(loop: Draft) -> bool:
    outputs = loop.template.body.map("outputs").maps("parameters")
    with_default = any("default" in each or "default" in each.map("valueFrom") for each in outputs)
    return loop.template.kind in ("container", "script") and "workflow" not in loop.fields and not with_default
