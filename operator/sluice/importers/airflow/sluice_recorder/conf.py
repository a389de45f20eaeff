"""Which names a function reads of `dag_run.conf`, by its syntax tree."""

import ast
import functools
import inspect

OTHERS = ""
"""Stands for names that are not written in it."""
_BY_NAME = {"get", "pop", "setdefault"}
_HARMLESS = {"print", "bool", "isinstance", "len"}


def names_read(function):
    """With OTHERS among them, if it may read any."""
    try:
        nodes = _functions(inspect.getsourcefile(function), function.__code__.co_firstlineno)
    except (OSError, SyntaxError, TypeError, ValueError, RecursionError):
        return set()
    return {name for node in nodes for name in _Reader(node).names}


@functools.lru_cache(maxsize=1000)
def _functions(file, line):
    return [node for node in _all_functions(file) if _first_line(node) == line]


@functools.lru_cache(maxsize=100)
def _all_functions(file):
    with open(file, "rb") as source:
        tree = ast.parse(source.read(), file)
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))]


def _first_line(node):
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])


class _Reader:
    def __init__(self, function):
        self.names = set()
        self._runs, self._confs = {"dag_run"}, set()
        nodes = list(ast.walk(function))
        for node in nodes:
            if isinstance(node, (ast.Assign, ast.NamedExpr, ast.AnnAssign)):
                self._assigned(node)
        for node in nodes:
            self._read(node)

    def _assigned(self, node):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {each.id for each in targets if isinstance(each, ast.Name)}
        if self._is_run(node.value):
            self._runs |= names
        elif self._is_conf(node.value):
            self._confs |= names

    def _is_run(self, node):
        """`dag_run`, `context["dag_run"]`, `context.get("dag_run")`, `ti.dag_run`, `ti.get_dagrun()`."""
        if isinstance(node, ast.Call):
            method = getattr(node.func, "attr", "")
            return method == "get_dagrun" or (method == "get" and bool(node.args) and _text(node.args[0]) == "dag_run")
        if isinstance(node, ast.Subscript):
            return _text(node.slice) == "dag_run"
        return (isinstance(node, ast.Name) and node.id in self._runs) or getattr(node, "attr", "") == "dag_run"

    def _is_conf(self, node):
        """`dag_run.conf`, `dag_run.conf or {}`, `dict(dag_run.conf)`, and names for it."""
        if isinstance(node, ast.BoolOp):
            return any(map(self._is_conf, node.values))
        if isinstance(node, ast.IfExp):
            return self._is_conf(node.body) or self._is_conf(node.orelse)
        if isinstance(node, ast.Call):
            return getattr(node.func, "id", "") == "dict" and any(map(self._is_conf, node.args))
        if isinstance(node, ast.Attribute):
            return node.attr == "conf" and self._is_run(node.value)
        return isinstance(node, ast.Name) and node.id in self._confs

    def _read(self, node):
        if isinstance(node, ast.Subscript) and self._is_conf(node.value):
            self.names.add(_text(node.slice))
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self.names |= {_text(node.left) for each in node.comparators if self._is_conf(each)}
        elif isinstance(node, ast.Call):
            self._called(node)
        elif any(self._is_conf(each) for each in _used_whole(node)):
            self.names.add(OTHERS)

    def _called(self, node):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _BY_NAME and self._is_conf(node.func.value):
            self.names.add(_text(node.args[0]) if node.args else OTHERS)
        elif getattr(node.func, "id", "") not in {*_HARMLESS, "dict"}:
            given = [*node.args, *(each.value for each in node.keywords)]
            self.names |= {OTHERS for each in given if self._is_conf(each)}


def _used_whole(node):
    """What of a node may be read of by any name."""
    if isinstance(node, ast.Attribute) and node.attr not in _BY_NAME:
        return [node.value]
    if isinstance(node, (ast.For, ast.comprehension)):
        return [node.iter]
    is_value = isinstance(node, (ast.Return, ast.FormattedValue)) and node.value is not None
    return [node.value] if is_value else []


def _text(node):
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else OTHERS
