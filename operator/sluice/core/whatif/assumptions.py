"""What cannot be known before a run: each such thing is replaced by something that can be, and said.

Outputs of a task that runs anew are those of the last run that had them. Where no run had any, the items that come from
them are one, a condition that reads them or such an item holds, and a number or a time that they give is left away.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sluice.api.for_each import ForEachSpec
from sluice.core import Json
from sluice.core.base.foreign import mapping
from sluice.core.cel.program import outputs_read, reads_item
from sluice.core.graph.placeholders import parts_of, placeholders_of
from sluice.core.graph.references import references
from sluice.core.spec.definition import Definition
from sluice.core.spec.for_each import ForEach
from sluice.core.spec.task import LateNumbers, TaskDefinition
from sluice.core.spec.wait import Wait

_UNKNOWN_ITEM = "?"


@dataclass(frozen=True, slots=True)
class Guess:
    """A sentence, and the task that it is about."""

    task: str
    words: str


@dataclass(frozen=True, slots=True)
class Assumed:
    """A graph without what cannot be known, and what was put in its place."""

    definition: Definition
    guesses: tuple[Guess, ...]


def assume(definition: Definition, known: Collection[str], source: str, kept: Collection[str] = ()) -> Assumed:
    """`known` are the tasks whose outputs are those of an earlier run, `source` which: `as in etl-g6`. Those of the
    tasks in `kept` are certain, since they do not run again.
    """
    handing_on = {task.name: task for task in definition.tasks if task.outputs}
    tasks: list[TaskDefinition] = []
    guesses: list[Guess] = []
    listed: set[str] = set()
    """Fan-outs whose items are not known one by one."""
    for number in definition.graph.topological_order():
        task = definition.tasks[number]
        read = set(_outputs_read(task))
        said: list[str] = []
        unknown = sorted(read & handing_on.keys() - {*known, *kept})
        if task.same_as in listed:
            listed.add(task.name)
        if unknown:
            task, said = _without(task, unknown, handing_on)
            listed |= {task.name} if _items_from(task) & set(unknown) else set()
        elif again := sorted(read - set(kept)):
            said = list(_from_known(task, again, source))
        if task.name in listed:
            task, more = _without_items(task)
            said = [*said, *more]
        tasks.append(task)
        guesses += (Guess(task.name, words) for words in (*said, *_of_people(task)))
    by_name = {task.name: task for task in tasks}
    ordered = tuple(by_name[task.name] for task in definition.tasks)
    return Assumed(replace(definition, tasks=ordered), tuple(guesses))


def _outputs_read(task: TaskDefinition) -> Iterator[str]:
    """Of which tasks, by what decides whether and how often it runs."""
    decides: Json = {name: task.own[name] for name in _DECIDE if name in task.own}
    yield from (each.read.task for each in references(decides) if each.read.output)
    yield from outputs_read(task.when) if task.when is not None else ()


_DECIDE = ("forEach", "wait", "timeout", "deadline", "retries", "pools")


def _without(
    task: TaskDefinition, unknown: list[str], handing_on: dict[str, TaskDefinition]
) -> tuple[TaskDefinition, list[str]]:
    guesses = []
    source = f"the output of {', '.join(unknown)} is not known"
    if task.when is not None and not set(unknown).isdisjoint(outputs_read(task.when)):
        task = replace(task, when=None)
        guesses.append(f"{task.name}: its condition holds ({source})")
    if task.for_each is not None and (by := _items_from(task) & set(unknown)):
        if all(handing_on[name].for_each is None for name in by):
            spec = ForEachSpec(items=[_UNKNOWN_ITEM])
            task = replace(task, for_each=replace(ForEach.of(spec), parallelism=task.for_each.parallelism))
            guesses.append(f"{task.name}: 1 item ({source})")
        else:
            guesses.append(f"{task.name}: as many items as {', '.join(sorted(by))} has")
    if task.wait is not None and _reads(task, "wait") & set(unknown):
        task = replace(task, wait=Wait())
        guesses.append(f"{task.name}: no wait ({source})")
    if task.late is not None and any(_reads(task, name) & set(unknown) for name in _DECIDE):
        task = replace(task, late=None)
        guesses.append(f"{task.name}: without the number that is a placeholder ({source})")
    return task, guesses


def _without_items(task: TaskDefinition) -> tuple[TaskDefinition, list[str]]:
    """A fan-out without what its items say, as they are not known."""
    guesses = []
    source = "its items are not known"
    if task.when is not None and reads_item(task.when):
        task = replace(task, when=None)
        guesses.append(f"{task.name}: its condition holds ({source})")
    if task.late is not None and (late := _without_those_of_items(task.late)) != task.late:
        task = replace(task, late=None if late == LateNumbers() else late)
        guesses.append(f"{task.name}: without the number that is a placeholder ({source})")
    return replace(task, item_fields={}), guesses


def _without_those_of_items(late: LateNumbers) -> LateNumbers:
    return replace(
        late,
        timeout=None if _says_item(late.timeout) else late.timeout,
        deadline=None if _says_item(late.deadline) else late.deadline,
        retries=None if _says_item(late.retries) else late.retries,
        slots=tuple((pool, said) for pool, said in late.slots if not _says_item(said)),
    )


def _says_item(said: str | None) -> bool:
    parts = (part for _, words in placeholders_of({"said": said}) for part in parts_of(words))
    return any(part.partition(".")[0] == "item" for part in parts)


def _items_from(task: TaskDefinition) -> set[str]:
    """The tasks whose outputs its items come from."""
    said = {name: value for name, value in mapping(task.own.get("forEach")).items() if name != "parallelism"}
    return {each.read.task for each in references({"forEach": said}) if each.read.output}


def _reads(task: TaskDefinition, field: str) -> set[str]:
    fields: Json = {field: task.own.get(field)}
    return {each.read.task for each in references(fields) if each.read.output}


def _from_known(task: TaskDefinition, read: list[str], source: str) -> Iterator[str]:
    names = ", ".join(read)
    if _items_from(task):
        yield f"the items of {task.name} {source}: they come from the output of {names}"
    elif task.when is not None and outputs_read(task.when):
        yield f"the answer of {task.name}'s condition {source}: it reads the output of {names}"


def _of_people(task: TaskDefinition) -> Iterator[str]:
    if task.approval is not None:
        yield f"{task.name} is approved at once"
    if task.poll is not None:
        yield f"{task.name} finds what it looks for at its first look"
