"""Faults of `outputs`, and of references to them."""

from collections.abc import Collection, Iterator, Mapping

from sluice.core.base.faults import Fault, Hint
from sluice.core.graph.references import Reference, references
from sluice.core.spec.definition import Definition
from sluice.core.validation.manifest import ParsedManifest


def log_has_some(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        if task.outputs_from is not None and not task.outputs:
            yield Fault(
                f"spec.tasks[{number}].outputsFrom", "says where outputs are, and there are none; add `outputs`"
            )


def stdout_is_one_value(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        if task.outputs_from == "Stdout" and len(task.outputs or ()) > 1:
            words = "keep one, or write them all to $SLUICE_OUTPUTS and leave out outputsFrom"
            yield Fault(f"spec.tasks[{number}].outputs", f"standard output is the value of one key; {words}")
        if task.outputs_from is not None and task.function is not None:
            yield Fault(f"spec.tasks[{number}].outputsFrom", "a function hands on what it returns; leave this out")


def mixed_streams(definition: Definition) -> Iterator[Fault]:
    """Not a fault: a program may write nothing to standard error."""
    for number, task in enumerate(definition.tasks):
        if task.outputs_as_text and task.outputs_in_log:
            words = (
                "of a program that is no `bash` or `python` (or with `shell`) is its whole log, with standard error in "
                "it; after the kubelet's rotation, at 10 MiB by default, only the rest. Be sure that it writes little, "
                "and nothing to standard error"
            )
            yield Fault(f"spec.tasks[{number}].outputsFrom", f"standard output {words}")


def declared_once(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        seen: set[str] = set()
        for place, key in enumerate(task.output_names):
            if key in seen:
                yield Fault(f"spec.tasks[{number}].outputs[{place}]", f"'{key}' stands in the list twice")
            seen.add(key)


def known_references(found: ParsedManifest) -> Iterator[Fault]:
    names = {name for name in found.names if name}
    declared = {task.name: frozenset(task.output_names) for task in found.tasks.values()}
    for number, task in found.tasks.items():
        for reference in found.references[number]:
            if reference.read.task == task.name:
                what = "outputs: it has none" if reference.read.output else "end: there is none"
                yield Fault(reference.path, f"'{task.name}' cannot read its own {what} before it has ended")
            else:
                yield from _unknown(reference, names, declared)
    for reference in references({"outputs": found.outputs}, "spec"):
        yield from _unknown(reference, names, declared)


def _unknown(reference: Reference, names: Collection[str], declared: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    task, output = reference.read.task, reference.read.output
    if task not in names:
        yield Fault(reference.path, f"no task is called '{task}'", Hint(task, names))
    elif output and output not in declared.get(task, (output,)):
        hint = Hint(output, declared[task], otherwise=f"; add it there: `outputs: [{output}]`")
        yield Fault(reference.path, f"'{task}' declares no output '{output}'", hint)
