"""The author's file: what travels, by which name a pod finds a function in it, and what the function's code is.

A fingerprint hashes the text of a function and of what it reaches by name in its file; the whole file where that cannot
be told. Comments do not count, and neither do the `@workflow` functions and the options of a `@task`.
"""

import ast
import hashlib
import io
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sluice.sdk.faults import Mistake, Place, WorkflowFault

if TYPE_CHECKING:
    from sluice.sdk.task import Task

_OPAQUE = frozenset(
    {"globals", "locals", "vars", "eval", "exec", "__file__", "__import__", "inspect", "sys", "importlib"}
)
"""Names by which a function may reach anything."""
_UNSTEADY = frozenset({"today", "now", "utcnow", "uuid1", "uuid4", "random", "randint"})
"""Functions of the standard library that give another value each time."""


@dataclass(frozen=True)
class Source:
    """`path` is the file's name, `files` the text of each file that travels."""

    file: Path
    path: str
    files: dict[str, str]
    namespace: dict[str, Any]

    @classmethod
    def of(cls, function: Callable[..., Any], include: Sequence[str]) -> "Source":
        """The file that defines a function. Raises WorkflowFault if one cannot be read."""
        file = Path(function.__code__.co_filename)
        place = Place(str(file), function.__code__.co_firstlineno)
        files = {}
        for path in (file.name, *include):
            try:
                with tokenize.open(file.parent / path) as opened:
                    files[path] = opened.read()
            except (OSError, SyntaxError, UnicodeDecodeError) as error:
                raise WorkflowFault([Mistake(place, f"{path} cannot be read as text: {error}")]) from None
        return cls(file, file.name, files, function.__globals__)

    def name_of(self, task: "Task[..., Any]") -> str | None:
        """The variable of the file that holds a task's function."""
        plain = task.function
        for name, value in self.namespace.items():
            if getattr(value, "function", None) is plain:
                return name
        return None

    def fingerprint(self, name: str) -> str:
        texts = self._reached(name)
        others = [text for path, text in sorted(self.files.items()) if path != self.path]
        return hashlib.sha256("\0".join([*texts, *others]).encode()).hexdigest()[:16]

    def mistakes_in(self, workflow: str) -> Iterator[Mistake]:
        """What no exception can show while the workflow is built, and what would not be there in a pod."""
        if self.file.stem == "sluice" or self.file.stem in sys.stdlib_module_names:
            yield self._mistake(1, f"the file hides the module {self.file.stem}; rename it")
        for statement in ast.walk(self._tree):
            for name in _imported(statement):
                if (path := self._local(name)) and path not in self.files:
                    words = f"{path} does not travel; write @workflow(include=['{path}'])"
                    yield self._mistake(getattr(statement, "lineno", 1), words)
        for each in self._statements:
            if isinstance(each, ast.FunctionDef) and each.name == workflow:
                yield from self._unseen(each)
                yield from self._unsteady(each)

    def _unseen(self, function: ast.FunctionDef) -> Iterator[Mistake]:
        arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        known = {argument.arg for argument in arguments}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                known |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        for node in ast.walk(function):
            asked: ast.expr | None = None
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot):
                asked = node.left
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
                asked = node.args[0] if node.args else None
            elif isinstance(node, ast.Match):
                asked = node.subject
            if isinstance(asked, ast.Name) and asked.id in known:
                words = f"{asked.id} is known only when the workflow runs; ask what it is in a @task that takes it"
                yield self._mistake(asked.lineno, words)

    def _unsteady(self, function: ast.FunctionDef) -> Iterator[Mistake]:
        """Defaults that differ from one rendering to the next, each of which would start a run."""
        for default in (*function.args.defaults, *filter(None, function.args.kw_defaults)):
            if any(isinstance(node, ast.Call) and _called(node) in _UNSTEADY for node in ast.walk(default)):
                words = f"{ast.unparse(default)} is another value each time this is rendered; write a fixed default"
                yield self._mistake(default.lineno, words)

    def _mistake(self, line: int, message: str) -> Mistake:
        return Mistake(Place(str(self.file), line), message)

    def _local(self, module: str) -> str | None:
        """The path of a module that stands beside the file."""
        path = module.replace(".", "/")
        for each in (f"{path}.py", f"{path}/__init__.py"):
            if (self.file.parent / each).is_file() and each != self.path:
                return each
        return None

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse(self.files[self.path])

    @property
    def _statements(self) -> list[ast.stmt]:
        return self._tree.body

    @cached_property
    def _lines(self) -> list[str]:
        """Without comments; a line that had nothing else is empty."""
        text = self.files[self.path]
        lines = text.splitlines(keepends=True)
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column].rstrip() + "\n"
        return lines

    @cached_property
    def _bound(self) -> dict[str, list[ast.stmt]]:
        """By name, the statements of the file that bind it."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self._statements:
            for name in _binds(statement):
                found.setdefault(name, []).append(statement)
        return found

    def _reached(self, name: str) -> list[str]:
        """The texts of what a function is made of, in the order of the file."""
        wanted, names, todo = {id(each): each for each in self._effects}, {name}, [name]
        for statement in self._effects:
            todo += _names(statement)
        while todo:
            for statement in self._bound.get(todo.pop(), ()):
                if id(statement) not in wanted and not _is_workflow(statement):
                    wanted[id(statement)] = statement
                    new = _names(statement) - names
                    names |= new
                    todo += new
        if any(_names(statement) & _OPAQUE for statement in wanted.values()):
            return ["".join(self._text(each) for each in self._statements if not _is_workflow(each))]
        return [self._text(each) for each in self._statements if id(each) in wanted]

    @cached_property
    def _effects(self) -> list[ast.stmt]:
        """Statements that run for what they do, less the guard of a main program."""
        return [
            each for each in self._statements if not _binds(each) and not _is_docstring(each) and not _is_guard(each)
        ]

    def _text(self, statement: ast.stmt) -> str:
        """With those of its decorators that are not ours, and without empty lines at the ends of lines' comments."""
        decorators = getattr(statement, "decorator_list", [])
        ours = [each for each in decorators if _called(each) == "task"]
        lines = self._lines[statement.lineno - 1 : statement.end_lineno]
        others = [ast.get_source_segment(self.files[self.path], each) or "" for each in decorators if each not in ours]
        return "\n".join([*others, "".join(line for line in lines if line.strip())])


def _binds(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [(each.asname or each.name).partition(".")[0] for each in statement.names]
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return [
            node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
    return []


def _names(statement: ast.stmt) -> set[str]:
    """What a statement names, less the options of a task."""
    skipped: set[int] = set()
    for decorator in getattr(statement, "decorator_list", []):
        if _called(decorator) == "task":
            skipped |= {id(node) for node in ast.walk(decorator)}
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and id(node) not in skipped}


def _called(expression: ast.expr) -> str:
    """`task` of `task`, `task(...)` and `sluice.task(...)`."""
    named = expression.func if isinstance(expression, ast.Call) else expression
    return named.attr if isinstance(named, ast.Attribute) else named.id if isinstance(named, ast.Name) else ""


def _is_workflow(statement: ast.stmt) -> bool:
    return any(_called(each) == "workflow" for each in getattr(statement, "decorator_list", []))


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and any(
        isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test)
    )


def _imported(statement: ast.AST) -> Iterable[str]:
    if isinstance(statement, ast.Import):
        return [each.name for each in statement.names]
    if isinstance(statement, ast.ImportFrom) and statement.module is not None and statement.level == 0:
        return [statement.module]
    return []
