"""YAML documents as plain values that know their lines.

What a hostile file could do is bounded: its size, its nesting, and what its aliases stand for when they are followed.
"""

import io
from collections.abc import Iterator
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarint import ScalarInt

from sluice.core.base import foreign

MAX_CHARACTERS = 4 * 1024 * 1024
MAX_DEPTH = 64
_FLOW_DEPTH = 400  # in brackets, of which scripts may have some that do not match; the reader is slow beyond
MAX_VALUES = 200_000
"""In one file, each alias counted as what it stands for."""


class UnreadableFile(Exception):
    """A file that is no YAML, or is too large. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Map(dict[str, Any]):
    """A map. `line` is where it starts, `lines` where its keys stand, from 1."""

    line: int = 1
    lines: dict[str, int]

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)

    def map(self, key: str) -> "Map":
        """The map under a key; empty, at the same line, if there is none."""
        value = self.get(key)
        return value if isinstance(value, Map) else empty(self.line_of(key))

    def maps(self, key: str) -> list["Map"]:
        """The maps in the list under a key."""
        value = self.get(key)
        return [each for each in value if isinstance(each, Map)] if isinstance(value, list) else []

    def values_of(self, key: str) -> list[Any]:
        """The list under a key; empty if there is none."""
        value = self.get(key)
        return value if isinstance(value, list) else []

    def text(self, key: str, otherwise: str = "") -> str:
        """The scalar under a key, as Argo reads it into a string."""
        value = self.get(key)
        return otherwise if value is None or isinstance(value, dict | list) else scalar(value)


def empty(line: int) -> Map:
    made = Map()
    made.line, made.lines = line, {}
    return made


def scalar(value: Any) -> str:
    """A YAML scalar as text: `true`, `5`."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def documents(text: str) -> Iterator[Map]:
    """The maps in a YAML text, with the items of a List in its place. Raises UnreadableFile."""
    if len(text) > MAX_CHARACTERS:
        raise UnreadableFile(1, f"has {len(text)} characters; at most {MAX_CHARACTERS} are read")
    if (levels := foreign.depth(text)) > _FLOW_DEPTH:
        raise UnreadableFile(1, f"is nested deeper than {MAX_DEPTH} levels: it has {levels} brackets open at once")
    reader = YAML()
    reader.preserve_quotes = False
    budget = _Budget()
    try:
        for document in reader.load_all(io.StringIO(text)):
            found = budget.plain(document, 0)
            if isinstance(found, Map):
                yield from found.maps("items") if found.text("kind").endswith("List") else [found]
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise UnreadableFile(line, f"is no YAML: {error.problem or error.context}") from error
    except RecursionError as error:
        raise UnreadableFile(1, f"is nested deeper than {MAX_DEPTH} levels") from error
    except (YAMLError, ValueError) as error:
        raise UnreadableFile(1, f"is no YAML: {error}") from error


class _Budget:
    def __init__(self) -> None:
        self._left = MAX_VALUES

    def plain(self, node: Any, depth: int) -> Any:
        self._left -= 1
        line = node.lc.line + 1 if isinstance(node, CommentedMap | CommentedSeq) else 1
        if self._left < 0:
            raise UnreadableFile(line, f"has more than {MAX_VALUES} values, its aliases followed")
        if depth > MAX_DEPTH:
            raise UnreadableFile(line, f"is nested deeper than {MAX_DEPTH} levels")
        if isinstance(node, CommentedMap):
            made = Map()
            made.line = line
            made.lines = {}
            for key, value in node.items():
                made[scalar(key)] = self.plain(value, depth + 1)
                place = cast("dict[Any, list[int]]", node.lc.data or {}).get(key)
                made.lines[scalar(key)] = line if place is None else place[0] + 1
            return made
        if isinstance(node, CommentedSeq):
            return [self.plain(each, depth + 1) for each in node]
        if isinstance(node, bool) or node is None:
            return node
        if isinstance(node, ScalarInt) and (getattr(node, "_width", None) or 0) > len(str(int(node))):
            return int(str(int(node)), 8)  # 0755, as Kubernetes reads it
        kind = next((kind for kind in (int, float, str) if isinstance(node, kind)), None)
        return str(node) if kind is None else kind(node)
