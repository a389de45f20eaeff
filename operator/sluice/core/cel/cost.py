"""An upper bound for the work that an expression takes, given the values that it reads.

No expression may hold up the operator. The library counts the rounds of comprehensions and gives up at 10,000, but a
single round may search a long text or build a long list, and a comprehension over what another has built grows without
limit. So the work is bounded before it is done.

The unit is one character or one element that is looked at or built; each counts once for each round. It takes up to
20 ns (measured with `contains`), so `MAX_COST` is at most a fifth of a second.
"""

from collections.abc import Mapping
from typing import Any

from sluice.core import Json
from sluice.core.cel.ast import Expr, ExprKind

MAX_COST = 10_000_000
_MAX_ROUNDS = 10_000
"""The library's own limit."""
_PASS_ON = frozenset({"_+_", "_?_:_", "dyn", "string", "bytes"})
"""Functions whose result may be as large as all their arguments. The result of any other is a number or as small."""


def cost(root: Expr, values: Json) -> int:
    """To be compared with `MAX_COST`. `values` are the expression's variables, by name."""
    meter = _Meter(values)
    meter.size(root, {}, 1)
    return meter.total


def value_size(value: Any) -> int:
    """Characters and elements, nested ones too. At least 1."""
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

    def size(self, node: Expr, variables: Mapping[str, int], rounds: int) -> int:
        """How large the node's value can be. The cost of evaluating it in so many rounds is added to `total`.

        `variables` are those of the comprehensions around it, each with the size of its largest possible value.
        """
        found = self._size(node, variables, rounds)
        self.total += rounds * found
        return found

    def _size(self, node: Expr, variables: Mapping[str, int], rounds: int) -> int:
        match node.kind:
            case ExprKind.LITERAL:
                return value_size(node.value)
            case ExprKind.IDENTIFIER if node.value in variables:
                return variables[node.value]
            case ExprKind.IDENTIFIER:
                return value_size(self.values.get(node.value))
            case ExprKind.FIELD:
                known, value = self._known(node, variables)
                return value_size(value) if known else self._size(node.parts[0], variables, rounds)
            case ExprKind.HAS:
                known, _ = self._known(node.parts[0], variables)
                return 1 if known else self._size(node.parts[0], variables, rounds)
            case ExprKind.CALL:
                return self._call(node, variables, rounds)
            case ExprKind.LIST | ExprKind.MAP:
                return 1 + sum(self.size(part, variables, rounds) for part in node.parts)
            case ExprKind.COMPREHENSION:
                return self._comprehension(node, variables, rounds)

    def _call(self, node: Expr, variables: Mapping[str, int], rounds: int) -> int:
        sizes = [
            1 if self._takes_constant_time(node, number, variables) else self.size(part, variables, rounds)
            for number, part in enumerate(node.parts)
        ]
        if node.value == "matches":  # a text against a pattern
            self.total += rounds * sizes[0] * sizes[1]
        else:
            self.total += rounds * sum(sizes)
        if node.value == "_[_]":
            return self._range(node.parts[0], variables, rounds)[1]
        return sum(sizes) if node.value in _PASS_ON else 1

    def _takes_constant_time(self, call: Expr, number: int, variables: Mapping[str, int]) -> bool:
        """Is the size of this argument irrelevant? So it is for `xs[i]`, `size(xs)` and `key in map`."""
        known, value = self._known(call.parts[number], variables)
        match call.value, number:
            case ("_[_]" | "size", 0):
                return known and isinstance(value, (list, dict))
            case ("@in", 1):
                return known and isinstance(value, dict)
        return False

    def _comprehension(self, node: Expr, variables: Mapping[str, int], rounds: int) -> int:
        over, start, condition, step, _ = node.parts
        variable, accumulator = node.value
        count, largest = self._range(over, variables, rounds)
        inside = {**variables, variable: largest, accumulator: 1}
        rounds = min(rounds * max(count, 1), _MAX_ROUNDS)
        self.size(condition, inside, rounds)
        grows = self.size(step, inside, rounds)
        return 1 + min(count, _MAX_ROUNDS) * grows if start.kind is ExprKind.LIST else 1

    def _range(self, over: Expr, variables: Mapping[str, int], rounds: int) -> tuple[int, int]:
        """How many elements a comprehension goes over, and the size of the largest."""
        known, value = self._known(over, variables)
        if known and isinstance(value, (list, dict)):
            return len(value), max(map(value_size, value), default=1)
        size = self.size(over, variables, rounds)
        return size, size

    def _known(self, node: Expr, variables: Mapping[str, int]) -> tuple[bool, Any]:
        """(is the node a path such as `tasks.a.outputs.k`?, its value). The value is None if it does not exist."""
        if node.kind is ExprKind.IDENTIFIER and node.value not in variables:
            return node.value in self.values, self.values.get(node.value)
        if node.kind is not ExprKind.FIELD:
            return False, None
        known, inside = self._known(node.parts[0], variables)
        if not known:
            return False, None
        try:
            return True, inside[node.value]
        except (KeyError, IndexError, TypeError):
            return True, None
