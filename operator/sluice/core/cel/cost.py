"""How much work an expression can be at most, given the values that it reads, so that none can hold up the operator.

The library counts the rounds of loops, and ends at 10,000. But one round may search a long text or build a long list,
and loops over what loops have built grow without end. So the work is bounded before it is done: whatever is looked at
or built costs its characters and elements, once for each round.

One of these takes up to 20 ns (measured: `contains`), so the most is a fifth of a second.
"""

from collections.abc import Mapping
from typing import Any

from sluice.core import Json
from sluice.core.cel.ast import Node, NodeKind

MAX_COST = 10_000_000
_ROUNDS = 10_000
_HAND_ON = frozenset({"_+_", "_?_:_", "dyn", "string", "bytes"})
"""Their result may be as large as all that they are given; that of all others is a number or the like."""


def cost(root: Node, values: Json) -> int:
    meter = _Meter(values)
    meter.size(root, {}, 1)
    return meter.total


def value_size(value: Any) -> int:
    """Characters and elements, deeply."""
    if isinstance(value, (str, bytes)):
        return 1 + len(value)
    if isinstance(value, list):
        return 1 + sum(map(value_size, value))
    if isinstance(value, dict):
        return 1 + sum(value_size(key) + value_size(element) for key, element in value.items())
    return 1


class _Meter:
    def __init__(self, values: Json) -> None:
        self.values = values
        self.total = 0

    def size(self, node: Node, variables: Mapping[str, int], rounds: int) -> int:
        """How large a value can be. What it takes to make it so many times is added up on the way.

        `variables` are those of the loops around it, with the size of the largest value that they can have.
        """
        found = self._size(node, variables, rounds)
        self.total += rounds * found
        return found

    def _size(self, node: Node, variables: Mapping[str, int], rounds: int) -> int:
        match node.kind:
            case NodeKind.VALUE:
                return value_size(node.value)
            case NodeKind.NAME if node.value in variables:
                return variables[node.value]
            case NodeKind.NAME:
                return value_size(self.values.get(node.value))
            case NodeKind.FIELD:
                known, value = self._known(node, variables)
                return value_size(value) if known else self._size(node.parts[0], variables, rounds)
            case NodeKind.HAS:
                known, _ = self._known(node.parts[0], variables)
                return 1 if known else self._size(node.parts[0], variables, rounds)
            case NodeKind.CALL:
                return self._call(node, variables, rounds)
            case NodeKind.LIST | NodeKind.MAP:
                return 1 + sum(self.size(part, variables, rounds) for part in node.parts)
            case NodeKind.LOOP:
                return self._loop(node, variables, rounds)

    def _call(self, node: Node, variables: Mapping[str, int], rounds: int) -> int:
        given = [
            1 if self._is_only_touched(node, place, variables) else self.size(part, variables, rounds)
            for place, part in enumerate(node.parts)
        ]
        if node.value == "matches":  # a text against a pattern
            self.total += rounds * given[0] * given[1]
        else:
            self.total += rounds * sum(given)
        if node.value == "_[_]":
            return self._range(node.parts[0], variables, rounds)[1]
        return sum(given) if node.value in _HAND_ON else 1

    def _is_only_touched(self, call: Node, place: int, variables: Mapping[str, int]) -> bool:
        """Does it not matter how large an argument is, as one step finds what is wanted?"""
        known, value = self._known(call.parts[place], variables)
        match call.value, place:
            case ("_[_]" | "size", 0):
                return known and isinstance(value, (list, dict))
            case ("@in", 1):
                return known and isinstance(value, dict)
        return False

    def _loop(self, node: Node, variables: Mapping[str, int], rounds: int) -> int:
        over, start, condition, step, _ = node.parts
        variable, result = node.value
        count, largest = self._range(over, variables, rounds)
        inside = {**variables, variable: largest, result: 1}
        rounds = min(rounds * max(count, 1), _ROUNDS)
        self.size(condition, inside, rounds)
        grows = self.size(step, inside, rounds)
        return 1 + min(count, _ROUNDS) * grows if start.kind is NodeKind.LIST else 1

    def _range(self, over: Node, variables: Mapping[str, int], rounds: int) -> tuple[int, int]:
        """How many elements, and how large the largest of them is."""
        known, value = self._known(over, variables)
        if known and isinstance(value, (list, dict)):
            return len(value), max(map(value_size, value), default=1)
        size = self.size(over, variables, rounds)
        return size, size

    def _known(self, node: Node, variables: Mapping[str, int]) -> tuple[bool, Any]:
        """The value of a path such as `tasks.a.outputs.k`, if it has one."""
        if node.kind is NodeKind.NAME and node.value not in variables:
            return node.value in self.values, self.values.get(node.value)
        if node.kind is not NodeKind.FIELD:
            return False, None
        known, inside = self._known(node.parts[0], variables)
        if not known:
            return False, None
        try:
            return True, inside[node.value]
        except (KeyError, IndexError, TypeError):
            return True, None
