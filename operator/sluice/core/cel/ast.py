"""The tree of a CEL expression, read from the form in which the library serializes it.

That is the protobuf message cel.expr.CheckedExpr, whose fields are numbered, so that what is needed of it takes no
generated code: https://github.com/google/cel-spec/blob/master/proto/cel/expr/checked.proto and syntax.proto beside it,
https://protobuf.dev/programming-guides/encoding/. Macros are expanded in it: `xs.exists(x, …)` is a loop. It is safe to
walk by recursion, since the library refuses what is nested more than 32 deep.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class NodeKind(Enum):
    """What a node is, what its `value` is, and of what it is made."""

    VALUE = "a literal"
    NAME = "a variable; its name"
    FIELD = "a field or a constant index; which; of what"
    HAS = "the question whether there is a field; which; of what"
    CALL = "an operator or a function; its name; its arguments"
    LIST = "a list; its elements"
    MAP = "a map; its keys and values"
    LOOP = "a macro; its variable and its result's; range, start, condition, step, result"


@dataclass(frozen=True, slots=True)
class Node:
    """`position` counts characters from 0."""

    kind: NodeKind
    position: int
    value: Any = None
    parts: tuple["Node", ...] = ()


def parse_tree(serialized: bytes) -> Node:
    checked = _message(_message(serialized)[2][0])  # in a google.protobuf.Any
    positions = {}
    for entry in _message(checked[5][0]).get(4, ()):
        of = _message(entry)
        positions[of[1][0]] = of.get(2, [0])[0]
    return _node(checked[4][0], positions)


def nodes(root: Node) -> Iterator[Node]:
    """All of them, in the order in which they are evaluated."""
    for part in root.parts:
        yield from nodes(part)
    yield root


_EXPRESSION = {  # numbers of Expr's fields
    3: NodeKind.VALUE,
    4: NodeKind.NAME,
    5: NodeKind.FIELD,
    6: NodeKind.CALL,
    7: NodeKind.LIST,
    8: NodeKind.MAP,
    9: NodeKind.LOOP,
}


def _node(encoded: bytes, positions: Mapping[int, int]) -> Node:
    fields = _message(encoded)
    position = positions.get(fields.get(2, [0])[0], 0)
    number = next(number for number in fields if number in _EXPRESSION)
    kind, inner = _EXPRESSION[number], _message(fields[number][0])

    def parts(*numbers: int) -> tuple[Node, ...]:
        return tuple(_node(part, positions) for number in numbers for part in inner.get(number, ()))

    match kind:
        case NodeKind.VALUE:
            return Node(kind, position, _literal(inner))
        case NodeKind.NAME:
            return Node(kind, position, _text(inner[1]))
        case NodeKind.FIELD:
            return Node(NodeKind.HAS if inner.get(3) else kind, position, _text(inner[2]), parts(1))
        case NodeKind.CALL:
            function, arguments = _text(inner[2]), parts(1, 3)
            if function == "_[_]" and arguments[1].kind is NodeKind.VALUE:
                return Node(NodeKind.FIELD, position, arguments[1].value, arguments[:1])
            return Node(kind, position, function, arguments)
        case NodeKind.LIST:
            return Node(kind, position, None, parts(1))
        case NodeKind.MAP:
            entries = [_message(entry) for entry in inner.get(2, ())]
            found = [part for entry in entries for part in (*entry.get(3, ()), *entry.get(4, ()))]
            return Node(kind, position, None, tuple(_node(part, positions) for part in found))
        case _:
            return Node(NodeKind.LOOP, position, (_text(inner[1]), _text(inner[3])), parts(2, 4, 5, 6, 7))


def _literal(constant: dict[int, list[Any]]) -> Any:
    ((number, (value,)),) = constant.items()
    match number:
        case 2:
            return bool(value)
        case 3:
            return value - 2**64 if value >= 2**63 else value
        case 5:
            return struct.unpack("<d", value)[0]
        case 6:
            return value.decode()
        case 4 | 7:
            return value
    return None


def _text(encoded: list[bytes]) -> str:
    return encoded[0].decode()


def _message(encoded: bytes) -> dict[int, list[Any]]:
    """The values of each field, by number: whole numbers, or bytes that are a text, a message or a float."""
    fields: dict[int, list[Any]] = {}
    at = 0
    while at < len(encoded):
        key, at = _varint(encoded, at)
        value: int | bytes
        match key & 7:
            case 0:
                value, at = _varint(encoded, at)
            case 1:
                value, at = encoded[at : at + 8], at + 8
            case 5:
                value, at = encoded[at : at + 4], at + 4
            case _:
                length, at = _varint(encoded, at)
                value, at = encoded[at : at + length], at + length
        fields.setdefault(key >> 3, []).append(value)
    return fields


def _varint(encoded: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and where it ends."""
    found = shift = 0
    while True:
        byte = encoded[at]
        found |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return found, at
