"""Faults of `outputs`, and of references to them."""

from collections.abc import Iterator

from sluice.core.base.errors import Fault
from sluice.core.base.text import did_you_mean
from sluice.core.graph.references import Reference, references
from sluice.core.validation.manifest import Manifest

_HINTS_AT_MOST = 20  # each compares a name with all others


def log_has_some(found: Manifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        if task.outputs_from is not None and not task.outputs:
            yield Fault(
                f"spec.tasks[{number}].outputsFrom", "says where outputs are, and there are none; add `outputs`"
            )


def declared_once(found: Manifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        for place, key in enumerate(task.outputs or ()):
            if key in (task.outputs or ())[:place]:
                yield Fault(f"spec.tasks[{number}].outputs[{place}]", f"'{key}' stands in the list twice")


def known_references(found: Manifest) -> Iterator[Fault]:
    names = {name for name in found.names if name}
    declared = {task.name: task.outputs or [] for task in found.tasks.values()}
    hints = _HINTS_AT_MOST
    for number, task in found.tasks.items():
        for reference in found.references[number]:
            if reference.task == task.name:
                yield Fault(
                    reference.path, f"'{task.name}' cannot read its own outputs: it has none before it has ended"
                )
            elif reference.task not in names:
                hint = did_you_mean(reference.task, names) if hints > 0 else ""
                hints -= 1
                yield Fault(reference.path, f"no task is called '{reference.task}'{hint}")
            elif reference.task in declared and reference.output not in declared[reference.task]:
                yield Fault(reference.path, _undeclared(reference, declared[reference.task]))
    for reference in references({"outputs": found.outputs}, "spec"):
        if reference.task not in names:
            yield Fault(reference.path, f"no task is called '{reference.task}'{did_you_mean(reference.task, names)}")
        elif reference.task in declared and reference.output not in declared[reference.task]:
            yield Fault(reference.path, _undeclared(reference, declared[reference.task]))


def _undeclared(reference: Reference, declared: list[str]) -> str:
    hint = did_you_mean(reference.output, declared) or f"; add it there: `outputs: [{reference.output}]`"
    return f"'{reference.task}' declares no output '{reference.output}'{hint}"
