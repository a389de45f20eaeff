"""`asked ? steps.a.outputs.result : 'none'` as the first that exists, `$(tasks.a.outputs.result ?? 'none')`.

That is the same only if each task before the last has been skipped where its value is not the one that is asked for.
"""

from collections.abc import Callable, Iterator

from sluice.core.cel.diagnostics import path_text
from sluice.importers.argo.documents.text import Ref, Resolve, Text
from sluice.importers.argo.expressions.conditions import quoted
from sluice.importers.argo.expressions.parser import parse
from sluice.importers.argo.expressions.tree import Constant, Expression, Operation, Untranslatable, Value, go_text


def chosen(written: str, resolve: Resolve, may_skip: Callable[[str], bool]) -> Text:
    """`may_skip`: may the task by this name be skipped? Raises Untranslatable and Unknown."""
    match parse(written, resolve):
        case Constant(value):
            return (go_text(value),)
        case Value(text):
            return text
        case node:
            return (_first(list(dict.fromkeys(_ends(node))), may_skip),)


def _ends(node: Expression) -> Iterator[Ref | str]:
    match node:
        case Operation("?", (_, then, otherwise)):
            yield from _ends(then)
            yield from _ends(otherwise)
        case Value((Ref() as ref,)):
            yield ref
        case Constant(value):
            yield go_text(value)
        case _:
            raise Untranslatable("is computed of what the run decides")


def _first(ends: list[Ref | str], may_skip: Callable[[str], bool]) -> Ref:
    refs = [end for end in ends if isinstance(end, Ref)]
    literals = [end for end in ends if isinstance(end, str)]
    skipped = refs if literals else refs[:-1]
    if not refs or len(literals) > 1 or not all(_of_task(ref) and may_skip(ref.paths[0][1]) for ref in skipped):
        raise Untranslatable("chooses between values that exist at the same time")
    paths = tuple(path for ref in refs for path in ref.paths)
    last = [quoted(text) for text in literals] or [refs[-1].condition]
    cel = last[0]
    for ref in reversed(skipped):
        phase = path_text(("tasks", ref.paths[0][1], "phase"))
        cel = f"({phase} == 'Succeeded' ? {ref.condition} : {cel})"
    return Ref((*paths, *((f"'{text}'",) for text in literals)), cel=cel)


def _of_task(ref: Ref) -> bool:
    return bool(ref.paths) and ref.paths[0][0] == "tasks"
