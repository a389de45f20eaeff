"""Faults of `when`: what is not valid CEL, and what it reads that does not exist. Each with its line and column."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.api.task import Task
from sluice.core.base.faults import Fault, Hint
from sluice.core.cel.ast import ExprKind, nodes
from sluice.core.cel.diagnostics import CelError, path_of, path_text
from sluice.core.cel.program import (
    OF_A_LOOP,
    Program,
    VariableRead,
    compile_condition,
    misused_strings,
    size_of_condition,
)
from sluice.core.cel.variables import ENDED_RUN_PHASES, ENDED_TASK_PHASES, RUN_FIELDS, TASK_FIELDS
from sluice.core.graph.placeholders import PLACEHOLDER
from sluice.core.validation.comparisons import kinds_of_items, mixed_comparisons
from sluice.core.validation.fan_out import item_sources
from sluice.core.validation.manifest import ParsedManifest, name_of

_NAME = re.compile(r"\b(tasks|params)\.([A-Za-z0-9_][-A-Za-z0-9_]*)")


_SIZE_AT_MOST = 256 * 1024  # in all, which takes 0.6 s to compile


def conditions_fit(tasks: Mapping[int, Task]) -> Iterator[Fault]:
    """To be checked before any of them is compiled."""
    size = sum(size_of_condition(task.when) for task in tasks.values() if task.when is not None)
    if size > _SIZE_AT_MOST:
        counted = f"where each loop counts for {OF_A_LOOP}"
        words = f"their conditions have {size} characters in all, {counted}; at most {_SIZE_AT_MOST} are possible"
        yield Fault("spec.tasks", f"{words}. Let a task find out what is asked again and again, as an output")


def when_faults(found: ParsedManifest) -> Iterator[Fault]:
    declared = found.raw.get("parameters")
    parameters = set(filter(None, map(name_of, declared if isinstance(declared, list) else ())))
    strings = {each.name for each in found.parameters.values() if each.type in (None, "String")}
    tasks = {task.name: task for task in found.tasks.values()}
    sources = item_sources(found)
    kinds = {key: kinds_of_items(source) for key, source in {id(each): each for each in sources.values()}.items()}
    known = _Known(frozenset(parameters), frozenset(strings), frozenset(filter(None, found.names)), tasks)
    for number, task in found.tasks.items():
        if task.when is None:
            continue
        errors = {str(error): hint for error, hint in _errors(task, task.when, known)}
        condition = compile_condition(task.when)
        if isinstance(condition, Program):
            items = kinds[id(sources[number])] if number in sources else {}
            errors |= {str(error): None for error in mixed_comparisons(condition, items)}
        if errors and (hyphen := _hyphen(task.when, known)):
            errors = {str(hyphen): None}
        for error, hint in errors.items():
            yield Fault(f"spec.tasks[{number}].when", error, hint)


@dataclass(slots=True)
class _Known:
    """`names` are those of all tasks, `tasks` the tasks that could be parsed."""

    parameters: frozenset[str]
    strings: frozenset[str]
    """Those of type String."""
    names: frozenset[str]
    tasks: dict[str, Task]


def _errors(task: Task, text: str, known: _Known) -> Iterator[tuple[CelError, Hint | None]]:
    if found := PLACEHOLDER.search(text):
        yield CelError(text, found.start(), f"a condition knows {found[1]} by itself; write it without $( )"), None
        return
    condition = compile_condition(text)
    if isinstance(condition, CelError):
        yield condition, None
        return
    for read in condition.reads:
        for message, hint in _READS[read.root](read, task, known):
            yield CelError(text, read.position, message), hint
    asked = [read.keys[0] if read.keys else None for read in condition.reads if read.root == "params"]
    if asked and known.strings.issuperset(asked) and (misused := misused_strings(condition)):
        yield misused, None
    yield from _ends(condition)


_Message = tuple[str, Hint | None]


def _parameter(read: VariableRead, task: Task, known: _Known) -> Iterator[_Message]:  # noqa: ARG001  # as all in _READS
    if read.keys and read.keys[0] not in known.parameters:
        yield f"there is no parameter '{read.keys[0]}'", Hint(str(read.keys[0]), known.parameters)


def _task(read: VariableRead, task: Task, known: _Known) -> Iterator[_Message]:
    match read.keys:
        case (str(name), *_) if name == task.name:
            yield f"'{name}' cannot ask about itself: it has not run yet", None
        case (str(name), *_) if name not in known.names:
            yield f"no task is called '{name}'", Hint(name, known.names)
        case (str(name), str(field), *_) if field not in TASK_FIELDS:
            hint = Hint(field, TASK_FIELDS, otherwise=f"; it has {_list(TASK_FIELDS)}")
            yield f"{path_text(('tasks', name))} has no field '{field}'", hint
        case (str(name), "outputs", str(key), *_):
            yield from _output(name, key, known)
        case (str(name),):
            yield f"say what of '{name}': {_list(path_text(('tasks', name, field)) for field in TASK_FIELDS)}", None
        case () | (str(),):
            yield "say of which task, by name: tasks.NAME, or tasks['NAME'] if it has a hyphen", None


def _output(name: str, key: str, known: _Known) -> Iterator[_Message]:
    task = known.tasks.get(name)
    if task is not None and key not in task.output_names:
        hint = Hint(key, task.output_names, otherwise=f"; add it there: `outputs: [{key}]`")
        yield f"'{name}' declares no output '{key}'", hint


def _item(read: VariableRead, task: Task, known: _Known) -> Iterator[_Message]:  # noqa: ARG001  # as all in _READS
    if task.for_each is None:
        yield "only the tasks of a fan-out have an item; add `forEach`", None


def _run(read: VariableRead, task: Task, known: _Known) -> Iterator[_Message]:  # noqa: ARG001  # as all in _READS
    match read.keys:
        case ("phase", *_) if not task.finally_:
            yield "run.phase is known to `finally` tasks only, as the run has not ended before", None
        case (str(field), *_) if field not in RUN_FIELDS:
            hint = Hint(field, RUN_FIELDS, otherwise=f"; it has {_list(RUN_FIELDS)}")
            yield f"run has no field '{field}'", hint


_READS = {"params": _parameter, "tasks": _task, "item": _item, "run": _run}


def _ends(condition: Program) -> Iterator[tuple[CelError, Hint]]:
    """Comparisons with a phase in which nothing ends: the answer would always be the same."""
    for node in nodes(condition.root):
        if node.kind is not ExprKind.CALL or node.value not in ("_==_", "_!=_", "@in"):
            continue
        left, right = node.parts
        for asked, given in ((left, right), (right, left)):
            ends = _phases(path_of(asked) or ())
            for literal in nodes(given) if ends else ():
                if literal.kind is ExprKind.LITERAL and literal.value not in ends:
                    hint = Hint(str(literal.value), ends, otherwise=f"; it may be {_list(ends)}")
                    yield CelError(condition.text, literal.position, f"nothing ends {literal.value!r}"), hint


def _phases(path: tuple[Any, ...]) -> tuple[str, ...]:
    match path:
        case ("tasks", _, "phase"):
            return ENDED_TASK_PHASES
        case ("run", "phase"):
            return ENDED_RUN_PHASES
    return ()


def _hyphen(text: str, known: _Known) -> CelError | None:
    """`tasks.load-data` is a subtraction in CEL. It may be meant, so it is only a fault where there are others."""
    names = {"tasks": known.names, "params": known.parameters}
    for found in _NAME.finditer(text):
        root, name = found[1], found[2]
        parts = name.split("-")
        starts = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
        meant = next((start for start in starts if start in names[root]), name)
        if path_text((root, meant)) != f"{root}.{meant}":
            words = f"`{root}.{meant}` is not read as one name; write {path_text((root, meant))}"
            return CelError(text, found.start(), words)
    return None


def _list(words: Collection[str] | Iterator[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}"
