"""Reads a DAG file without running it: its syntax tree is followed, and only the stand-ins and a few harmless functions
are called.

Statements, loops over what is known, and calls of the file's own functions are followed. Whatever else asks for a value
is an unknown, and is reported with its line as it is when the file is run.
"""

import ast
import types

from sluice_airflow import places
from sluice_airflow.dags import DAG
from sluice_airflow.places import report
from sluice_airflow.tasks import BaseOperator
from sluice_airflow.unknown import Unknown
from sluice_recorder.values import HARMLESS, OPERATORS, TooMuch, Values

MAX_DEPTH = 50


class _Return(Exception):
    def __init__(self, value):
        super().__init__()
        self.value = value


class _Loop(Exception):
    """`break` or `continue`."""


class Function:
    """A function of the file. A call follows its statements; `__wrapped__` is only for `record` to look into."""

    __module__ = "sluice_recorder"

    def __init__(self, node, scopes, reader):
        self._node, self._scopes, self._reader = node, scopes, reader
        self.__name__ = self.__qualname__ = getattr(node, "name", "<lambda>")
        self.__doc__ = None if isinstance(node, ast.Lambda) else ast.get_docstring(node)
        self.__wrapped__ = reader.function(node, scopes)
        self.__code__ = self.__wrapped__.__code__

    def __call__(self, *args, **kwargs):
        return self._reader.call(self._node, self._scopes, args, kwargs)


def read(file, module, syntax_error):
    """None, or what went wrong, as `main` says it; `syntax_error` are its words for a file that is no Python."""
    reader = Reader(file)
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read(), file)
        names = {"__name__": module, "__file__": file}
        reader.statements(tree.body, [names])
        for value in names.values():
            if isinstance(value, DAG):
                value.in_with = True
    except SyntaxError as error:
        return {"file": file, "line": error.lineno or 1, "words": f"{syntax_error}: {error.msg}"}
    except (TooMuch, RecursionError):
        return {
            "file": file,
            "line": places.READING[1],
            "words": "takes too many steps to be read without running it",
        }
    except Exception as error:  # noqa: BLE001  # of a stand-in: a task id twice
        return {"file": file, "line": places.READING[1], "words": f"{type(error).__name__}: {error}"[:500]}
    return None


class Reader(Values):
    """Follows statements."""

    def __init__(self, file):
        super().__init__(file)
        self._depth = 0

    def statements(self, body, scopes):
        for statement in body:
            self.at(statement)
            follow = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if follow is None:
                report("asked", f"`{ast.unparse(statement)[:60]}` cannot be read without running it")
            else:
                follow(statement, scopes)

    def function(self, node, scopes):
        """As Python makes it of its code, which is not run."""
        bare = node
        if not isinstance(node, ast.Lambda):
            bare = type(node)(**{**dict(ast.iter_fields(node)), "decorator_list": [], "returns": None})
        body = ast.Expression(node) if isinstance(node, ast.Lambda) else ast.Module([bare], [])
        code = compile(ast.fix_missing_locations(body), self._file, "eval" if isinstance(node, ast.Lambda) else "exec")
        own = next(each for each in code.co_consts if isinstance(each, types.CodeType))
        first = min(each.lineno for each in (node, *getattr(node, "decorator_list", ())))
        own = own.replace(co_firstlineno=first)
        made = types.FunctionType(own, {name: value for scope in scopes for name, value in scope.items()})
        made.__defaults__ = tuple(self.value(each, scopes) for each in node.args.defaults)
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        made.__kwdefaults__ = {name.arg: self.value(each, scopes) for name, each in pairs if each is not None}
        return made

    def call(self, node, scopes, args, kwargs):
        """What a call gives. The line is that of the call again, unless something went wrong inside."""
        place = list(places.READING)
        inner = [*scopes, self._arguments(node, scopes, args, kwargs)]
        value = self.value(node.body, inner) if isinstance(node, ast.Lambda) else self._returned(node.body, inner)
        places.READING[:] = place
        return value

    def _returned(self, body, scopes):
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooMuch
        try:
            self.statements(body, scopes)
        except _Return as returned:
            return returned.value
        finally:
            self._depth -= 1
        return None

    def _arguments(self, node, scopes, args, kwargs):
        said = node.args
        names = [each.arg for each in (*said.posonlyargs, *said.args)]
        by_name = [each.arg for each in said.kwonlyargs]
        found = {name: Unknown(f"the argument {name}") for name in (*names, *by_name)}
        found |= dict(zip(reversed(names), (self.value(each, scopes) for each in reversed(said.defaults))))
        pairs = zip(by_name, said.kw_defaults, strict=True)
        found |= {name: self.value(each, scopes) for name, each in pairs if each is not None}
        found |= dict(zip(names, args)) | {name: value for name, value in kwargs.items() if name in (*names, *by_name)}
        if said.vararg:
            found[said.vararg.arg] = tuple(args[len(names) :])
        if said.kwarg:
            found[said.kwarg.arg] = {name: value for name, value in kwargs.items() if name not in (*names, *by_name)}
        return found

    # Statements

    def _import(self, node, scopes):
        for each in node.names:
            found = self.module(each.name)
            first = each.name.partition(".")[0]
            scopes[-1][each.asname or first] = found if each.asname else self.module(first)

    def _importfrom(self, node, scopes):
        module = self.module(node.module or "") if not node.level else Unknown(node.module or "a module")
        for each in node.names:
            if each.name == "*":
                report("asked", f"the names of {node.module}")
            else:
                scopes[-1][each.asname or each.name] = self.attribute_of(module, each.name)

    def _expr(self, node, scopes):
        self.value(node.value, scopes)

    def _assign(self, node, scopes):
        value = self.value(node.value, scopes)
        for target in node.targets:
            self.bind(target, value, scopes)

    def _annassign(self, node, scopes):
        if node.value is not None:
            self.bind(node.target, self.value(node.value, scopes), scopes)

    def _augassign(self, node, scopes):
        now = self.value(ast.copy_location(ast.parse(ast.unparse(node.target), mode="eval").body, node), scopes)
        value = self.tried(OPERATORS.get(type(node.op)), node, now, self.value(node.value, scopes))
        self.bind(node.target, value, scopes)

    def _functiondef(self, node, scopes):
        made = Function(node, scopes, self)
        for decorator in reversed(node.decorator_list):
            made = self.called(self.value(decorator, scopes), decorator, [made], {})
        scopes[-1][node.name] = made

    _asyncfunctiondef = _functiondef

    def _classdef(self, node, scopes):
        bases = [self.value(each, scopes) for each in node.bases]
        base = next((each for each in bases if isinstance(each, type) and issubclass(each, BaseOperator)), None)
        if base is None:
            scopes[-1][node.name] = Unknown(node.name)
            return
        if any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in node.body):
            report("called", f"the constructor of {node.name} is not run")
        scopes[-1][node.name] = type(node.name, (base,), {"__module__": "a file"})

    def _if(self, node, scopes):
        self.statements(node.body if self.value(node.test, scopes) else node.orelse, scopes)

    def _for(self, node, scopes):
        for value in self.items(self.value(node.iter, scopes)):
            self.bind(node.target, value, scopes)
            try:
                self.statements(node.body, scopes)
            except _Loop as loop:
                if str(loop) == "break":
                    return
        self.statements(node.orelse, scopes)

    def _break(self, node, scopes):
        raise _Loop("break")

    def _continue(self, node, scopes):
        raise _Loop("continue")

    def _with(self, node, scopes):
        entered = []
        for each in node.items:
            manager = self.value(each.context_expr, scopes)
            known = type(manager).__module__.partition(".")[0] in HARMLESS and hasattr(manager, "__enter__")
            value = manager.__enter__() if known else manager
            entered += [manager] if known else []
            if each.optional_vars is not None:
                self.bind(each.optional_vars, value, scopes)
        try:
            self.statements(node.body, scopes)
        finally:
            for manager in reversed(entered):
                self.at(node)
                manager.__exit__(None, None, None)

    def _try(self, node, scopes):
        self.statements([*node.body, *node.orelse, *node.finalbody], scopes)

    def _return(self, node, scopes):
        raise _Return(None if node.value is None else self.value(node.value, scopes))

    def _pass(self, node, scopes):
        pass

    _assert = _delete = _global = _nonlocal = _raise = _pass

    def _of_lambda(self, node, scopes):
        return Function(node, scopes, self)
