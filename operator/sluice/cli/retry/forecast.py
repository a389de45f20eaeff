"""What a run that resumes from an earlier one keeps, and which tasks it runs if all goes well."""

from collections.abc import Iterator
from dataclasses import dataclass

from sluice.api.for_each import MAX_ITEMS
from sluice.api.run import Rerun, TaskPhase
from sluice.core.base.intervals import intervals, members
from sluice.core.base.text import one_line
from sluice.core.graph.trigger_rules import RULES, Tally, Verdict
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.triggers.rerun import RerunOrders
from sluice.core.triggers.resume import Kept, Past, kept

_LAST = "~"  # after all times in RFC 3339
_ITEMS_WIDTH = 30


@dataclass(frozen=True, slots=True)
class Forecast:
    """`kept` counts successes, each item of a fan-out by itself. `tasks` run: `load[17]` of a fan-out that is kept in
    part, `load` if it is run whole.
    """

    kept: int
    tasks: tuple[str, ...]


def forecast(new: Definition, identity: RunIdentity, past: Past, rerun: list[Rerun]) -> Forecast:
    """`identity` is that of the new run. What `when` will say is not known, so it counts as true."""
    found = kept(new, identity, past, RerunOrders.of(rerun))
    whole = [_items_succeeded(past, new.tasks[number].name) for number in found.tasks]
    count = sum(whole) + sum(map(len, found.items.values()))
    return Forecast(count, tuple(_running(new, past, found)))


def first_failure(past: Past) -> str:
    """The task, or the item of a fan-out, that failed first; '' if none has."""
    failed = [
        (entry.get("finishedAt") or "~", name) for name, entry in past.tasks.items() if entry["phase"] == "Failed"
    ]
    if not failed:
        return ""
    _, name = min(failed)
    item = next(members(past.tasks[name].get("items", {}).get("failed", ""), MAX_ITEMS), None)
    return name if item is None else f"{name}[{item}]"


def _items_succeeded(past: Past, task: str) -> int:
    """1 for a task that is no fan-out."""
    items = past.tasks[task].get("items")
    return 1 if items is None else sum(1 for _ in members(items.get("succeeded", ""), MAX_ITEMS))


def _running(new: Definition, past: Past, found: Kept) -> Iterator[str]:
    """In the order of the manifest."""
    phases: dict[int, TaskPhase] = dict.fromkeys(found.tasks, "Succeeded")
    will_run: set[int] = set()
    for number in new.graph.topological_order():
        if number in phases:
            continue
        before = past.tasks.get(new.tasks[number].name, {}).get("phase")
        dependencies = new.graph.dependencies[number]
        if before == "Skipped" and will_run.isdisjoint(dependencies):
            phases[number] = "Skipped"
            continue
        phases[number] = _phase(new, number, [phases[dependency] for dependency in dependencies])
        if phases[number] == "Succeeded":
            will_run.add(number)
    for number in sorted(will_run):
        yield _unit(new.tasks[number].name, found, number)


def _phase(new: Definition, number: int, dependencies: list[TaskPhase]) -> TaskPhase:
    """If all goes well."""
    tally = Tally(len(dependencies))
    for phase in dependencies:
        tally.add(phase)
    verdict = RULES[new.tasks[number].run_if](tally)
    return "Succeeded" if verdict is Verdict.RUN or new.tasks[number].final else "Skipped"


def _unit(task: str, found: Kept, number: int) -> str:
    if number not in found.items:
        return task
    left = sorted(set(range(found.totals[number])) - set(found.items[number]))
    return f"{task}[{one_line(intervals(left), _ITEMS_WIDTH)}]"
