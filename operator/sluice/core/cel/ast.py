"""The syntax tree of a CEL expression, read from what the library serializes.

The library has no interface to its tree, but serializes it as the protobuf message cel.expr.CheckedExpr. The few fields
that are needed are read here by their numbers, so there is no generated code and no dependency on protobuf:
https://github.com/google/cel-spec/blob/master/proto/cel/expr/checked.proto and syntax.proto beside it,
https://protobuf.dev/programming-guides/encoding/.

Macros are expanded: `xs.exists(x, …)` is a comprehension. The library refuses an expression that is nested more than 32
deep, so recursion over the tree is safe.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class ExprKind(Enum):
    """Each kind says what a node's `value` is; then what its `parts` are."""

    LITERAL = "the value: None, bool, int, float, str or bytes; no parts"
    IDENTIFIER = "the name; no parts"
    FIELD = "the field's name or the literal index; what it is selected from"
    HAS = "as FIELD, for has(…): whether there is such a field"
    CALL = "the name of the function, `_==_` for an operator; the arguments, a method's object first"
    LIST = "None; the elements"
    MAP = "None; keys and values in turn. A protobuf message has its values only"
    COMPREHENSION = "the names of the variable and the accumulator; range, start, condition, step, result"


@dataclass(frozen=True, slots=True)
class Expr:
    """`position` counts characters from 0. That of an operator, field or macro is its sign: `==`, `.`, `(`."""

    kind: ExprKind
    position: int
    value: Any = None
    parts: tuple["Expr", ...] = ()


def parse_tree(serialized: bytes) -> Expr:
    """The root of the tree, given what the library's `serialize` returns: a CheckedExpr in a google.protobuf.Any."""
    checked = _message(_message(serialized)[2][0])
    positions = {}
    for encoded in _message(checked[5][0]).get(4, ()):
        entry = _message(encoded)
        positions[entry[1][0]] = entry.get(2, [0])[0]
    return _node(checked[4][0], positions)


def nodes(root: Expr) -> Iterator[Expr]:
    """The whole tree, each node after its parts."""
    for part in root.parts:
        yield from nodes(part)
    yield root


_KINDS = {
    3: ExprKind.LITERAL,
    4: ExprKind.IDENTIFIER,
    5: ExprKind.FIELD,
    6: ExprKind.CALL,
    7: ExprKind.LIST,
    8: ExprKind.MAP,
    9: ExprKind.COMPREHENSION,
}
"""By the number of the field of Expr that is set: const_expr, ident_expr, select_expr and so on."""


def _node(encoded: bytes, positions: Mapping[int, int]) -> Expr:
    fields = _message(encoded)
    position = positions.get(fields.get(2, [0])[0], 0)
    number = next(number for number in fields if number in _KINDS)
    kind, inner = _KINDS[number], _message(fields[number][0])

    def parts(*numbers: int) -> tuple[Expr, ...]:
        return tuple(_node(part, positions) for number in numbers for part in inner.get(number, ()))

    match kind:
        case ExprKind.LITERAL:
            return Expr(kind, position, _literal(inner))
        case ExprKind.IDENTIFIER:
            return Expr(kind, position, _text(inner[1]))
        case ExprKind.FIELD:
            return Expr(ExprKind.HAS if inner.get(3) else kind, position, _text(inner[2]), parts(1))
        case ExprKind.CALL:
            function, arguments = _text(inner[2]), parts(1, 3)
            if function == "_[_]" and arguments[1].kind is ExprKind.LITERAL:
                return Expr(ExprKind.FIELD, position, arguments[1].value, arguments[:1])
            return Expr(kind, position, function, arguments)
        case ExprKind.LIST:
            return Expr(kind, position, None, parts(1))
        case ExprKind.MAP:
            entries = [_message(entry) for entry in inner.get(2, ())]
            found = [part for entry in entries for part in (*entry.get(3, ()), *entry.get(4, ()))]
            return Expr(kind, position, None, tuple(_node(part, positions) for part in found))
        case _:
            return Expr(ExprKind.COMPREHENSION, position, (_text(inner[1]), _text(inner[3])), parts(2, 4, 5, 6, 7))


def _literal(constant: dict[int, list[Any]]) -> Any:
    """The value of a Constant: by number of its field a bool, int64, uint64, double, string or bytes; else null."""
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
    """The values of each field of a message, by the field's number. A varint is an int; anything else is the bytes of a
    text, a message or a float.
    """
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
    """A number in groups of seven bits, the lowest first, and the offset behind it."""
    found = shift = 0
    while True:
        byte = encoded[at]
        found |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return found, at
