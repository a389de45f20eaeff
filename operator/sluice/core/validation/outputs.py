"""Faults of `outputs`, and of references to them."""

from collections.abc import Collection, Iterator

from sluice.core.base.faults import Fault, Hint
from sluice.core.graph.references import Reference, references
from sluice.core.validation.manifest import Manifest


def log_has_some(found: Manifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        if task.outputs_from is not None and not task.outputs:
            yield Fault(
                f"spec.tasks[{number}].outputsFrom", "says where outputs are, and there are none; add `outputs`"
            )


def declared_once(found: Manifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        seen: set[str] = set()
        for place, key in enumerate(task.outputs or ()):
            if key in seen:
                yield Fault(f"spec.tasks[{number}].outputs[{place}]", f"'{key}' stands in the list twice")
            seen.add(key)


def known_references(found: Manifest) -> Iterator[Fault]:
    names = {name for name in found.names if name}
    declared = {task.name: frozenset(task.outputs or ()) for task in found.tasks.values()}
    for number, task in found.tasks.items():
        for reference in found.references[number]:
            if reference.task == task.name:
                yield Fault(
                    reference.path, f"'{task.name}' cannot read its own outputs: it has none before it has ended"
                )
            elif reference.task not in names:
                yield _unknown(reference, names)
            elif reference.output not in declared.get(reference.task, (reference.output,)):
                yield _undeclared(reference, declared[reference.task])
    for reference in references({"outputs": found.outputs}, "spec"):
        if reference.task not in names:
            yield _unknown(reference, names)
        elif reference.output not in declared.get(reference.task, (reference.output,)):
            yield _undeclared(reference, declared[reference.task])


def _unknown(reference: Reference, names: Collection[str]) -> Fault:
    return Fault(reference.path, f"no task is called '{reference.task}'", Hint(reference.task, names))


def _undeclared(reference: Reference, declared: Collection[str]) -> Fault:
    hint = Hint(reference.output, declared, otherwise=f"; add it there: `outputs: [{reference.output}]`")
    return Fault(reference.path, f"'{reference.task}' declares no output '{reference.output}'", hint)
