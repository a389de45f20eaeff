"""An upper bound for the work that an expression takes, given the values that it reads.

No expression may hold up the operator. The library counts the rounds of comprehensions and gives up at 10,000, but a
single round may search a long text or build a long list, and a comprehension over what another has built grows without
limit. So the work is bounded before it is done.

The unit is one character or one element that is looked at or built; each counts once for each round. It takes up to
20 ns (measured with `contains`), so `MAX_COST` is at most 0.6 s.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sluice.core import Json
from sluice.core.cel.ast import Expr, ExprKind

MAX_COST = 30_000_000
_COPY = 6
"""Of each element that the expression may read: the library copies it first (120 ns)."""
_CHARACTERS_COPIED = 20
"""In one unit."""
_NODE = 70
"""Of each part of the expression: what it takes to count here, and in the library (1.4 us)."""
_ITEM = "item"
_MAX_ROUNDS = 10_000
"""The library's own limit."""
_MOST_REPEATS = 1_000
"""Of a part of a pattern: the library allows no more."""
_LARGEST_PATTERN = 10**9
_PASS_ON = frozenset({"_+_", "_?_:_", "dyn", "string", "bytes"})
"""Functions whose result may be as large as all their arguments. The result of any other is a number or as small."""


class Sizes:
    """Of the lists in an expression, and of the variables that are the same for all items of a fan-out, each measured
    once. Neither must change.
    """

    def __init__(self) -> None:
        self.copies: dict[str, int] = {}  # by the name of the variable
        self.values: dict[int, int] = {}  # by identity
        self.largest: dict[int, int] = {}  # of the elements, by that of the whole


def exceeds(limit: int, root: Expr, values: Json, sizes: Sizes | None = None) -> bool:
    """Does it take more than so many units? `values` are the expression's variables, by name, and no more of them than
    it reads. This takes no longer than what it measures, however large they are; with the `sizes` of an earlier call,
    whose values were the same but for the item, it is no work to measure those again.
    """
    meter = _Meter(values, limit, sizes or Sizes())
    with suppress(_TooMuch):
        for name, value in values.items():
            meter.copy_of(name, value)
        meter.size(root, {}, 1)
    return meter.total > limit


def value_size(value: Any) -> int:
    """Characters and elements, nested ones too. At least 1."""
    if isinstance(value, (str, bytes)):
        return 1 + len(value)
    if isinstance(value, list):
        return 1 + sum(map(value_size, value))
    if isinstance(value, dict):
        return 1 + sum(value_size(key) + value_size(element) for key, element in value.items())
    return 1


class _TooMuch(Exception):
    """The limit is passed."""


class _Meter:
    def __init__(self, values: Json, limit: int, sizes: Sizes) -> None:
        self.values, self.limit, self.sizes = values, limit, sizes
        self.total = 0

    def add(self, units: int) -> None:
        self.total += units
        if self.total > self.limit:
            raise _TooMuch

    def copy_of(self, name: str, value: Any) -> None:
        if name in self.sizes.copies:
            self.add(self.sizes.copies[name])
            return
        before = self.total
        self.copy(value)
        if name != _ITEM:
            self.sizes.copies[name] = self.total - before

    def copy(self, value: Any) -> None:
        """What it takes to hand the value to the library."""
        self.add(_COPY)
        if isinstance(value, str):
            self.add(len(value) // _CHARACTERS_COPIED)
        if isinstance(value, dict):
            value = value.values()
        elif not isinstance(value, list):
            return
        for element in value:
            self.copy(element)

    def size(self, node: Expr, variables: Mapping[str, int], rounds: int) -> int:
        """How large the node's value can be. The cost of evaluating it in so many rounds is added to `total`.

        `variables` are those of the comprehensions around it, each with the size of its largest possible value.
        """
        found = self._size(node, variables, rounds)
        self.add(_NODE + rounds * found)
        return found

    def _size(self, node: Expr, variables: Mapping[str, int], rounds: int) -> int:
        match node.kind:
            case ExprKind.LITERAL:
                return value_size(node.value)
            case ExprKind.IDENTIFIER if node.value in variables:
                return variables[node.value]
            case ExprKind.IDENTIFIER:
                return self._value_size(node, self.values.get(node.value))
            case ExprKind.FIELD:
                known, value = self._known(node, variables)
                return self._value_size(node, value) if known else self._size(node.parts[0], variables, rounds)
            case ExprKind.HAS:
                known, _ = self._known(node.parts[0], variables)
                return 1 if known else self._size(node.parts[0], variables, rounds)
            case ExprKind.CALL:
                return self._call(node, variables, rounds)
            case ExprKind.LIST if all(part.kind is ExprKind.LITERAL for part in node.parts):
                return self._literals_size(node)
            case ExprKind.LIST | ExprKind.MAP:
                return 1 + sum(self.size(part, variables, rounds) for part in node.parts)
            case ExprKind.COMPREHENSION:
                return self._comprehension(node, variables, rounds)

    def _value_size(self, node: Expr, value: Any) -> int:
        """Of what the path stands for."""
        if not isinstance(value, (list, dict)) or _root(node) == _ITEM:
            return value_size(value)
        if (found := self.sizes.values.get(id(value))) is None:
            found = self.sizes.values[id(value)] = value_size(value)
        return found

    def _literals_size(self, node: Expr) -> int:
        """Of a list that is written out in the expression."""
        if (found := self.sizes.values.get(id(node))) is None:
            found = self.sizes.values[id(node)] = 1 + sum(value_size(part.value) for part in node.parts)
        return found

    def _call(self, node: Expr, variables: Mapping[str, int], rounds: int) -> int:
        sizes = [
            1 if self._takes_constant_time(node, number, variables) else self.size(part, variables, rounds)
            for number, part in enumerate(node.parts)
        ]
        if node.value == "matches":  # a text against a pattern
            self.add(rounds * sizes[0] * self._pattern_size(node.parts[1], variables, sizes[1]))
        else:
            self.add(rounds * sum(sizes))
        if node.value == "_[_]":
            known, _ = self._known(node.parts[0], variables)
            return self._range(node.parts[0], variables, rounds)[1] if known else sizes[0]
        return sum(sizes) if node.value in _PASS_ON else 1

    def _pattern_size(self, node: Expr, variables: Mapping[str, int], size: int) -> int:
        text = self._text(node, variables)
        return size * _MOST_REPEATS if text is None else pattern_size(text)

    def _text(self, node: Expr, variables: Mapping[str, int]) -> str | None:
        """Of a literal, of a known value, and of such put together; None of all else."""
        if node.kind is ExprKind.CALL and node.value == "_+_":
            parts = [self._text(part, variables) for part in node.parts]
            return None if None in parts else "".join(filter(None, parts))
        value = node.value if node.kind is ExprKind.LITERAL else self._known(node, variables)[1]
        return value if isinstance(value, str) else None

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
        if start.kind is not ExprKind.LIST:
            return 1
        self.add(rounds * min(count, _MAX_ROUNDS))  # each round makes a new list of what there is so far
        return 1 + min(count, _MAX_ROUNDS) * grows

    def _range(self, over: Expr, variables: Mapping[str, int], rounds: int) -> tuple[int, int]:
        """How many elements a comprehension goes over, and the size of the largest."""
        known, value = self._known(over, variables)
        if known and isinstance(value, (list, dict)):
            return len(value), self._largest(over, value)
        size = self.size(over, variables, rounds)
        return size, size

    def _largest(self, node: Expr, value: Any) -> int:
        """The size of the largest element."""
        if _root(node) == _ITEM:
            return max(map(value_size, value), default=1)
        if (found := self.sizes.largest.get(id(value))) is None:
            found = self.sizes.largest[id(value)] = max(map(value_size, value), default=1)
        return found

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


def _root(path: Expr) -> Any:
    """The name of the variable that a path begins with."""
    while path.kind is ExprKind.FIELD:
        path = path.parts[0]
    return path.value


_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\}|.", re.DOTALL)
_LONGEST_PATTERN = 1_024


def pattern_size(text: str) -> int:
    """Of a regular expression, with what is repeated written out: `(ab?){10}` has 30, and one more."""
    if len(text) > _LONGEST_PATTERN:
        return len(text) * _MOST_REPEATS
    sizes, last = [1], 0  # of the groups that are open, and of the last part of the innermost
    for found in _PART.finditer(text):
        part = found[0]
        if part == "[":  # without an end, so it is none, or quoted; to look for each end takes long
            return len(text) * _MOST_REPEATS
        if part == "(":
            sizes.append(0)
            last = 0
        elif part == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif part.startswith("{") and len(part) > 1:
            times = max(map(int, filter(None, part.strip("{}").split(","))), default=0)
            sizes[-1] += last * max(0, times - 1)
            last *= max(1, times)
        else:
            last = 1
            sizes[-1] += 1
    return min(sum(sizes), _LARGEST_PATTERN)
