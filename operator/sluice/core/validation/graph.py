"""Faults of the graph: names, dependencies, trigger rules, cycles."""

from collections.abc import Iterator

from sluice.api.workflow import MAX_DEPENDENCIES
from sluice.core.base.faults import Fault, Hint
from sluice.core.cel.diagnostics import CelError
from sluice.core.cel.program import compile_condition
from sluice.core.graph.dag import cycles
from sluice.core.validation.manifest import ParsedManifest


def unique_names(found: ParsedManifest) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, name in enumerate(found.names):
        if name in first:
            yield Fault(
                f"spec.tasks[{number}].name", f"'{name}' is the name of tasks[{first[name]}] already; rename one"
            )
        elif name is not None:
            first[name] = number


def known_dependencies(found: ParsedManifest) -> Iterator[Fault]:
    names = {name for name in found.names if name}
    for number, task in found.tasks.items():
        seen: set[str] = set()
        for place, dependency in enumerate(task.depends_on or ()):
            path = f"spec.tasks[{number}].dependsOn[{place}]"
            if dependency == task.name:
                yield Fault(path, f"'{dependency}' waits for itself and could never start; remove it from the list")
            elif dependency not in names:
                yield Fault(path, f"no task is called '{dependency}'", Hint(dependency, names))
            elif dependency in seen:
                yield Fault(path, f"'{dependency}' stands in the list twice")
            seen.add(dependency)
    if (count := sum(map(len, found.dependencies.values()))) > MAX_DEPENDENCIES:
        words = (
            f"wait for {count} others in all, with those that they ask about; at most {MAX_DEPENDENCIES} are possible"
        )
        yield Fault("spec.tasks", f"{words}. Let branches meet in one task")


def trigger_rules(found: ParsedManifest) -> Iterator[Fault]:
    final, not_final = found.final, set(found.names) - found.final
    for number, task in found.tasks.items():
        path, dependencies = f"spec.tasks[{number}]", found.dependencies[number]
        if task.run_if == "Always" and task.depends_on:
            yield Fault(
                f"{path}.runIf", "Always waits for nothing; remove `dependsOn`, or write AllDone to wait for all"
            )
        elif task.run_if == "Always" and dependencies:
            words = f"Always waits for nothing, and this task asks about '{next(iter(dependencies))}'"
            yield Fault(f"{path}.runIf", f"{words}; remove `runIf`, or write AllDone")
        asks = task.when is not None and isinstance(compile_condition(task.when), CelError)  # nobody knows whom
        if task.run_if not in (None, "Always", "AllSucceeded") and not dependencies and not asks:
            yield Fault(f"{path}.runIf", f"{task.run_if} is about dependencies, and there are none; add `dependsOn`")
        for dependency, where in dependencies.items():
            if dependency in final and not task.finally_:
                words = f"'{dependency}' is a `finally` task, which starts after all others; only such may wait for it"
                yield Fault(where, words)
        for place, dependency in enumerate(task.depends_on or ()):
            if task.finally_ and dependency in not_final:
                words = (
                    f"a `finally` task waits for all others anyhow, also for '{dependency}'; remove it from the list"
                )
                yield Fault(f"{path}.dependsOn[{place}]", words)


def no_cycles(found: ParsedManifest) -> Iterator[Fault]:
    known = {task.name: number for number, task in reversed(found.tasks.items())}
    edges = {name: [d for d in found.dependencies[number] if d in known] for name, number in sorted(known.items())}
    for cycle in cycles(edges):
        number = known[cycle[0]]
        path = found.dependencies[number][cycle[1]]
        yield Fault(path, f"these tasks wait for each other in a circle: {' -> '.join(cycle)}; remove one dependency")
