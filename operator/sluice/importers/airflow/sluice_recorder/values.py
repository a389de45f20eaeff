"""The value of an expression in a syntax tree: what is known, and calls of the stand-ins and of harmless functions.

What is not known is an unknown, and is reported with its line where its value is asked for.
"""

import ast
import datetime
import importlib
import json
import math
import operator
import os
import textwrap
import types

from sluice_airflow import places
from sluice_airflow.places import report
from sluice_airflow.unknown import Unknown
from sluice_recorder.environment import Environment

MAX_STEPS, MAX_LENGTH = 200_000, 100_000
HARMLESS = {"sluice_airflow", "sluice_recorder", "datetime", "pendulum", "dateutil", "math", "textwrap", "json"}
_VALUES = (str, bytes, list, dict, set, frozenset, tuple, int, float, datetime.date, datetime.timedelta)
_BUILTINS = {
    each.__name__: each
    for each in (
        *(abs, all, any, bool, dict, enumerate, float, frozenset, int, len, list, max, min, range, reversed, round),
        *(set, sorted, str, sum, tuple, zip),
    )
}
_OS = types.SimpleNamespace(
    environ=Environment(),
    getenv=Environment().get,
    path=types.SimpleNamespace(join=os.path.join, dirname=os.path.dirname, basename=os.path.basename),
)
_MODULES = {
    "datetime": datetime,
    "json": json,
    "math": math,
    "os": _OS,
    "os.path": _OS.path,
    "textwrap": textwrap,
    "typing": types.SimpleNamespace(TYPE_CHECKING=False, cast=lambda kind, value: value),
}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.RShift: operator.rshift,
    ast.LShift: operator.lshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda value, values: value in values,
    ast.NotIn: lambda value, values: value not in values,
    ast.Not: operator.not_,
    ast.USub: operator.neg,
}


class TooMuch(Exception):
    """Following the file takes too long."""


class Values:
    """`scopes` are the names, the innermost last."""

    def __init__(self, file):
        self._file, self._steps = file, 0
        places.READING[:] = [file, 1]

    def at(self, node):
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooMuch
        if hasattr(node, "lineno"):
            places.READING[:] = [self._file, node.lineno]

    def bind(self, target, value, scopes):
        if isinstance(target, ast.Name):
            scopes[-1][target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            unknown = isinstance(value, Unknown)
            parts = [Unknown(f"{value.origin}[{n}]") for n in range(len(target.elts))] if unknown else list(value)
            for each, part in zip(target.elts, parts):
                self.bind(each, part, scopes)
        elif isinstance(target, ast.Subscript):
            into = self.value(target.value, scopes)
            if isinstance(into, dict):
                into[self.value(target.slice, scopes)] = value
        elif isinstance(target, ast.Attribute) and not target.attr.startswith("_"):
            into = self.value(target.value, scopes)
            if type(into).__module__.partition(".")[0] in HARMLESS:
                setattr(into, target.attr, value)

    def module(self, name):
        if name.partition(".")[0] in ("airflow", "kubernetes", "pendulum", "dateutil"):
            return importlib.import_module(name)
        return _MODULES.get(name) or Unknown(name)

    def value(self, node, scopes):
        self.at(node)
        find = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        return self._not_read(node) if find is None else find(node, scopes)

    def _not_read(self, node):
        words = f"`{ast.unparse(node)[:60]}`"
        report("asked", f"{words} cannot be read without running it")
        return Unknown(words)

    def tried(self, function, node, *args, **kwargs):
        """What a harmless function gives; an unknown, which is told, if it raises."""
        if function is None or _too_long(function, args):
            return self._not_read(node)
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
            return self._not_read(node)

    def items(self, values):
        for number, value in enumerate(values):
            if number >= MAX_LENGTH:
                raise TooMuch
            yield value

    def _of_constant(self, node, scopes):
        return node.value

    def _of_name(self, node, scopes):
        for scope in reversed(scopes):
            if node.id in scope:
                return scope[node.id]
        if node.id == "globals":
            return lambda: scopes[0]
        return _BUILTINS[node.id] if node.id in _BUILTINS else Unknown(node.id)

    def _of_attribute(self, node, scopes):
        return self.attribute_of(self.value(node.value, scopes), node.attr)

    def attribute_of(self, value, name):
        if name.startswith("_"):
            return Unknown(name)
        try:
            return getattr(value, name)
        except (AttributeError, ImportError):
            return Unknown(name)

    def _of_call(self, node, scopes):
        function = self.value(node.func, scopes)
        args, kwargs = [], {}
        for each in node.args:
            value = self.value(each.value if isinstance(each, ast.Starred) else each, scopes)
            args += list(value) if isinstance(each, ast.Starred) else [value]
        for each in node.keywords:
            value = self.value(each.value, scopes)
            kwargs |= {each.arg: value} if each.arg else value if isinstance(value, dict) else {}
        return self.called(function, node, args, kwargs)

    def called(self, function, node, args, kwargs):
        self.at(node)
        module = getattr(function, "__module__", None) or type(function).__module__
        of_ours = isinstance(function, Unknown) or str(module).startswith(("sluice_", "a file"))
        if of_ours:
            return function(*args, **kwargs)
        of_value = isinstance(getattr(function, "__self__", None), _VALUES)
        if of_value or function in _BUILTINS.values() or str(module).partition(".")[0] in HARMLESS:
            return self.tried(function, node, *args, **kwargs)
        return function(*args, **kwargs) if function in (_OS.path.join, _OS.path.dirname) else self._not_read(node)

    def _of_binop(self, node, scopes):
        left, right = self.value(node.left, scopes), self.value(node.right, scopes)
        if isinstance(node.op, (ast.RShift, ast.LShift)) and OPERATORS.get(type(node.op)):
            self.at(node)
            return OPERATORS[type(node.op)](left, right)
        return self.tried(OPERATORS.get(type(node.op)), node, left, right)

    def _of_unaryop(self, node, scopes):
        return self.tried(OPERATORS.get(type(node.op)), node, self.value(node.operand, scopes))

    def _of_boolop(self, node, scopes):
        for each in node.values:
            found = self.value(each, scopes)
            if bool(found) is isinstance(node.op, ast.Or):
                return found
        return found

    def _of_compare(self, node, scopes):
        left = self.value(node.left, scopes)
        for sign, each in zip(node.ops, node.comparators, strict=True):
            right = self.value(each, scopes)
            if not self.tried(OPERATORS.get(type(sign)), node, left, right):
                return False
            left = right
        return True

    def _of_ifexp(self, node, scopes):
        return self.value(node.body if self.value(node.test, scopes) else node.orelse, scopes)

    def _of_joinedstr(self, node, scopes):
        return "".join(str(self.value(each, scopes)) for each in node.values)

    def _of_formattedvalue(self, node, scopes):
        form = "" if node.format_spec is None else self.value(node.format_spec, scopes)
        return self.tried(format, node, self.value(node.value, scopes), form)

    def _of_list(self, node, scopes):
        found = []
        for each in node.elts:
            value = self.value(each.value if isinstance(each, ast.Starred) else each, scopes)
            found += list(value) if isinstance(each, ast.Starred) else [value]
        return found

    def _of_tuple(self, node, scopes):
        return tuple(self._of_list(node, scopes))

    def _of_set(self, node, scopes):
        return self.tried(set, node, self._of_list(node, scopes))

    def _of_dict(self, node, scopes):
        found = {}
        for key, each in zip(node.keys, node.values, strict=True):
            value = self.value(each, scopes)
            if key is None:
                found |= value if isinstance(value, dict) else {}
            else:
                found[self.value(key, scopes)] = value
        return found

    def _of_subscript(self, node, scopes):
        value = self.value(node.value, scopes)
        return self.tried(operator.getitem, node, value, self.value(node.slice, scopes))

    def _of_slice(self, node, scopes):
        return slice(
            *(None if each is None else self.value(each, scopes) for each in (node.lower, node.upper, node.step))
        )

    def _of_namedexpr(self, node, scopes):
        value = self.value(node.value, scopes)
        self.bind(node.target, value, scopes)
        return value

    def _of_listcomp(self, node, scopes):
        return [self.value(node.elt, each) for each in self._generated(node.generators, scopes)]

    _of_generatorexp = _of_listcomp

    def _of_setcomp(self, node, scopes):
        return set(self._of_listcomp(node, scopes))

    def _of_dictcomp(self, node, scopes):
        found = self._generated(node.generators, scopes)
        return {self.value(node.key, each): self.value(node.value, each) for each in found}

    def _generated(self, generators, scopes):
        if not generators:
            yield scopes
            return
        first, *rest = generators
        for value in self.items(self.value(first.iter, scopes)):
            inner = [*scopes, {}]
            self.bind(first.target, value, inner)
            if all(self.value(test, inner) for test in first.ifs):
                yield from self._generated(rest, inner)


def _too_long(function, args):
    """Would it make a text or a list of any length?"""
    if function is operator.mul:
        return any(isinstance(each, int) and abs(each) > MAX_LENGTH for each in args)
    return function is range and any(isinstance(each, int) and abs(each) > MAX_LENGTH for each in args)
