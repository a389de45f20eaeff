"""`withItems`, `withParam` and `withSequence` as `forEach`.

https://argo-workflows.readthedocs.io/en/latest/walk-through/loops/
"""

import json

from sluice.api.for_each import MAX_ITEMS
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Ref, filled, is_of_cluster, literal, parse, placeholders, plain
from sluice.importers.argo.expressions.scope import LoopItem, Scope
from sluice.importers.argo.loops.after_loops import after_loop
from sluice.importers.argo.loops.loop import BY_CLUSTER, Endless, Loop
from sluice.importers.argo.loops.sequences import sequence_of


def loop_of(call: Map, scope: Scope) -> Loop | None:
    """The loop of a step or task. Raises Endless, and Unknown."""
    if call.get("withItems") is not None:
        items = call["withItems"]
        if isinstance(items, str):
            return _listed(items, call, scope)
        return _of_items([_item(each) for each in filled(items, scope.resolve)])
    if call.get("withParam") is not None:
        return _listed(call.text("withParam"), call, scope)
    return sequence_of(call, scope) if call.get("withSequence") is not None else None


def _of_items(items: list[object]) -> Loop:
    if len(items) > MAX_ITEMS:
        raise Endless(f"has {len(items)} items; at most {MAX_ITEMS} are possible")
    numbers = bool(items) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in items)
    return Loop({"items": items}, LoopItem(Ref.to("item", number=numbers, variable="ITEM")))


def _item(value: object) -> object:
    return json.dumps(plain(value)) if isinstance(value, list) else "" if value is None else value


def _listed(written: str, call: Map, scope: Scope) -> Loop:
    if (loop := after_loop(written, call, scope)) is not None:
        return loop
    text = parse(written, scope.resolve)
    if is_of_cluster(text):
        raise Endless(BY_CLUSTER)
    if (known := literal(text)) is None:
        # The list's values may be numbers or texts; as texts they compare in either case.
        return Loop({"from": placeholders(text)}, LoopItem(Ref.to("item", variable="ITEM")))
    try:
        items = json.loads(known)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise Endless(f"{known[:40]!r} is no JSON list")
    return _of_items([_item(each) for each in items])
