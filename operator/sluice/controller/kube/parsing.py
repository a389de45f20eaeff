"""Parses what the API server sends. One object may be nested too deeply to be read, by us or by kopf: of it only the
metadata is left, without a `spec`, and the other objects of the same answer are read as ever.

The API server lets JSON of 10,000 levels pass in fields without a schema, as `podTemplate`.
"""

from typing import Any

import orjson

from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.foreign import MAX_LEVELS

_TOO_DEEP = "\x00nested too deeply"


def loads(content: bytes | str, *, kept: bool = True) -> Any:
    """Raises ValueError if the content is no JSON. `kept`: may parts of it be kept and written again, as they are?"""
    try:
        found = orjson.loads(content)
        if kept:
            orjson.dumps(found)  # raises from 255 levels on, of which it reads 1,024
    except orjson.JSONDecodeError:
        text = content if isinstance(content, str) else content.decode(errors="replace")
        if foreign.depth(text) <= MAX_LEVELS:
            raise
    except orjson.JSONEncodeError:
        text = content if isinstance(content, str) else content.decode()
    else:
        return found
    found = orjson.loads(_pruned(text))
    if not isinstance(found, dict):
        return None
    if isinstance(items := found.get("items"), list):
        return found | {"items": [_readable(item) for item in items]}
    if isinstance(found.get("object"), dict):  # an event of a watch
        return found | {"object": _readable(found["object"])}
    return _readable(found)


def _readable(item: Json) -> Json:
    if not _was_pruned(item):
        return item
    metadata = {name: value for name, value in item["metadata"].items() if name != "managedFields"}
    return {name: item[name] for name in ("apiVersion", "kind") if name in item} | {"metadata": metadata}


def _was_pruned(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value == _TOO_DEEP or any(map(_was_pruned, parts))


def _pruned(text: str) -> bytes:
    """The text with a mark in the place of each value that lies too deep."""
    kept: list[str] = []
    level = start = 0
    for bracket, at in foreign.brackets(text):
        opens = bracket in "[{"
        if opens and level == MAX_LEVELS:
            kept += (text[start:at], orjson.dumps(_TOO_DEEP).decode())
        level += 1 if opens else -1
        if not opens and level == MAX_LEVELS:
            start = at + 1
    return "".join((*kept, text[start:])).encode()
