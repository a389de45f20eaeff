"""`resumeFrom`: what a person asks to be run again, and what is wrong with it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sluice.api.for_each import MAX_ITEMS
from sluice.api.run import Rerun, ResumeFrom, WorkflowRunSpec
from sluice.core import Json
from sluice.core.base.faults import Fault, Hint, listed
from sluice.core.base.intervals import read_intervals
from sluice.core.spec.definition import Definition


@dataclass(frozen=True, slots=True)
class RerunOrders:
    """What is to run again whatever became of it."""

    tasks: Collection[str] = ()
    items: Mapping[str, Collection[int]] = field(default_factory=dict)
    """Of fan-outs, by task."""

    @classmethod
    def of(cls, asked: Sequence[Rerun]) -> "RerunOrders":
        """`asked` has none of the faults below."""
        items: dict[str, set[int]] = {}
        for each in asked:
            if each.items is not None:
                items.setdefault(each.task, set()).update(read_intervals(each.items, MAX_ITEMS))
        return cls(frozenset(each.task for each in asked if each.items is None), items)


def counted_items(tasks: Json) -> dict[str, int]:
    """How many items each fan-out had of a run that has ended, by its `status.tasks`; none of one that never began."""
    return {name: entry["items"]["total"] for name, entry in tasks.items() if "items" in entry}


def resume_faults(
    asked: ResumeFrom,
    run: str,
    workflow: str,
    definition: Definition,
    old: WorkflowRunSpec | None,
    counted: Mapping[str, int],
) -> list[Fault]:
    """The faults of a run's `resumeFrom`. `old` is the spec of the run that it names, None if there is none; `counted`
    how many items the fan-outs of that run had.
    """
    found = list(rerun_faults(asked, {task.name: task.for_each is not None for task in definition.tasks}, counted))
    path, name = "spec.resumeFrom.run", asked.run
    if name == run:
        found.append(Fault(path, "a run cannot resume from itself; name an earlier one"))
    elif old is None:
        words = f"there is no run '{name}' in this namespace; name one that has ended, or leave out resumeFrom"
        found.append(Fault(path, words))
    elif old.workflow != workflow:
        words = f"run '{name}' is one of Workflow '{old.workflow}'; name one of '{workflow}'"
        found.append(Fault(path, words))
    return listed(found)


def rerun_faults(asked: ResumeFrom, tasks: Mapping[str, bool], counted: Mapping[str, int]) -> Iterator[Fault]:
    """`tasks` says of each task of the Workflow whether it is a fan-out."""
    for place, each in enumerate(asked.rerun or ()):
        path = f"spec.resumeFrom.rerun[{place}]"
        if each.task not in tasks:
            yield Fault(path, f"no task is called '{each.task}'", Hint(each.task, tasks))
        elif each.items is not None and not tasks[each.task]:
            words = f"task '{each.task}' has no forEach, and so no items; write its name alone"
            yield Fault(f"{path}.items", words)
        elif each.items is not None:
            try:
                read_intervals(each.items, counted.get(each.task, MAX_ITEMS))
            except ValueError as error:
                yield Fault(f"{path}.items", f"items of '{each.task}' in run '{asked.run}': {error}")
