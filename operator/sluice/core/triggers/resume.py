"""Resuming: what of a run need not run again, since it succeeded in an earlier run of its Workflow.

A task is kept whole if it succeeded there and nothing that its result depends on has changed: its definition (except
how it is run: retries, timeouts, resources, placement), the run's parameters and scheduled time (all tasks have them in
their environment; `run.name` differs each time and counts for nothing), the tasks that it depends on, and the volumes
that it mounts. An unchanged task that was skipped will be skipped again, so its dependents can be kept.

Of another fan-out each item is kept that succeeded and has the same index and value. The values are expanded again,
from the frozen graphs and the recorded outputs: a status has none. A batch is one item. An item of `sameAs` needs the
same item of its leader kept, and who reads a whole list all of its items.

A task that runs another Workflow is kept if the graph of its child run is what that Workflow would run now.

Never kept are `finally` tasks and approvals (they are decisions about one run), also those of a Workflow that a task
runs, and what has lost its outputs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.api.for_each import MAX_ITEMS, MAX_ITEMS_OF_RUN
from sluice.core import Json
from sluice.core.base.intervals import members
from sluice.core.base.text import as_json, as_text
from sluice.core.cel.program import Program, tasks_read
from sluice.core.graph.placeholders import fill
from sluice.core.spec.definition import Definition
from sluice.core.spec.for_each import NoItems
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.scheduled_time import NOT_SCHEDULED, ScheduledTime
from sluice.core.spec.task import TaskDefinition
from sluice.core.triggers.rerun import RerunOrders
from sluice.core.triggers.sameness import Sameness

_OTHER_EACH_TIME = frozenset({"run.name", "run.startedAt"})

Unit = tuple[str, int | None]
"""A task, or an item of a fan-out by its index."""


@dataclass(frozen=True, slots=True)
class Past:
    """A run that has ended. `tasks` are the entries of its status, by name; `claims` maps volumeClaimTemplates to the
    PersistentVolumeClaims that can be taken over.
    """

    run: str
    definition: Definition
    parameters: Mapping[str, Any]
    tasks: Json
    claims: Mapping[str, str]
    scheduled: ScheduledTime = NOT_SCHEDULED
    outputs: Mapping[str, Json] = field(default_factory=dict)
    """Of each task that has some recorded; of a fan-out the lists."""
    children: Collection[Unit] = ()
    """The tasks and items whose child run succeeded, on a graph without approvals that is still its Workflow's."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What need not run again."""

    tasks: list[int] = field(default_factory=list)
    """As they ended there, in order."""
    items: dict[int, list[int]] = field(default_factory=dict)
    """Of other fan-outs, the items that succeeded there."""
    totals: dict[int, int] = field(default_factory=dict)
    """How many items those have."""

    @property
    def any_of(self) -> list[int]:
        """The tasks of which at least a part is kept."""
        return sorted([*self.tasks, *self.items])


def asks_people(spec: Json) -> bool:
    """Has a Workflow, which must have no faults, an approval?"""
    return any("approval" in task for task in spec["tasks"])


def kept(new: Definition, run: RunIdentity, past: Past, rerun: RerunOrders) -> Kept:
    """What the new run need not do again."""
    if _as_written(run.parameters) != _as_written(past.parameters) or run.scheduled != past.scheduled:
        return Kept()
    return _Comparison(new, run, past, rerun).kept()


def _as_written(values: Mapping[str, Any]) -> dict[str, str]:
    """To Python 1, 1.0 and true are equal."""
    return {name: as_json(value) for name, value in values.items()}


class _Comparison:
    def __init__(self, new: Definition, run: RunIdentity, past: Past, rerun: RerunOrders) -> None:
        self._new, self._past, self._rerun = new, past, rerun
        self._before = {task.name: task for task in past.definition.tasks}
        known = {name: value for name, value in run.values.items() if name not in _OTHER_EACH_TIME}
        self._values = known | {
            f"tasks.{name}.outputs.{key}": as_text(value)
            for name, outputs in past.outputs.items()
            for key, value in outputs.items()
        }
        self._number = {task.name: number for number, task in enumerate(new.tasks)}
        self._unchanged: set[int] = set()
        """Tasks that have ended as they would again."""
        self._unchanged_items: dict[int, set[int]] = {}
        """Of fan-outs that are not, the items that have."""
        self._found = Kept()
        self._lists: dict[tuple[int, str], list[str]] = {}
        """The values of the items of a fan-out as JSON, in the new graph or in the old one."""
        self._items_compared = 0
        self._sameness = Sameness()

    def kept(self) -> Kept:
        for number in self._new.graph.topological_order():
            task = self._new.tasks[number]
            if not self._could_be_kept(number, task):
                continue
            if self._ended_the_same(task):
                self._unchanged.add(number)
                if self._phase(task) == "Succeeded":
                    self._found.tasks.append(number)
            elif task.for_each is not None:
                self._compare_items(number, task)
        self._found.tasks.sort()
        return self._found

    def _could_be_kept(self, number: int, task: TaskDefinition) -> bool:
        """Is it the same task, apart from its items, and are all dependencies unchanged other than item by item?"""
        before = self._before.get(task.name)
        leader = self._followed(task)
        return (
            before is not None
            and not task.final
            and task.approval is None
            and task.name not in self._rerun.tasks
            and self._sameness.does_the_same(task, before)
            and self._new.files_of(task) == self._past.definition.files_of(before)
            and all(n in self._unchanged or n == leader for n in self._new.graph.dependencies[number])
            and all(template in self._past.claims for template in self._sameness.mounted(task, self._new.claims))
        )

    def _followed(self, task: TaskDefinition) -> int | None:
        """The fan-out of which it needs the same item only."""
        if task.same_as is None or (isinstance(task.when, Program) and task.same_as in tasks_read(task.when)):
            return None
        return self._number[task.same_as]

    def _ended_the_same(self, task: TaskDefinition) -> bool:
        phase = self._phase(task)
        if phase == "Skipped":
            if self._ran(task):
                return False
            units: list[Unit] = []
        elif phase == "Succeeded" and self._has_outputs(task):
            units = [(task.name, None)] if task.for_each is None else [(task.name, i) for i in self._items(task, phase)]
        else:
            return False
        return (
            task.name not in self._rerun.items
            and _items_from(task) == _items_from(self._before[task.name])
            and (task.same_as is None or self._number[task.same_as] in self._unchanged)
            and (not task.is_sub_workflow or all(unit in self._past.children for unit in units))
        )

    def _ran(self, task: TaskDefinition) -> bool:
        """Of one that was skipped: its own program may have said so, and may say otherwise now."""
        entry = self._past.tasks[task.name]
        return "attempt" in entry or ("items" in entry and self._may_skip_itself(task))

    def _may_skip_itself(self, task: TaskDefinition) -> bool:
        """Then or now."""
        return _skips_itself(task) or _skips_itself(self._before[task.name])

    def _compare_items(self, number: int, task: TaskDefinition) -> None:
        total = self._total(task)
        if total is None or not self._has_outputs(task) or self._items_compared > 2 * MAX_ITEMS_OF_RUN:
            return  # its items were not counted there, their outputs are lost, or no two runs have so many
        try:
            now = self._expanded(self._new, task)
            then = self._expanded(self._past.definition, self._before[task.name])
        except NoItems:
            return
        self._items_compared += max(len(now), len(then))
        if len(then) != total:
            return  # it is not what was run there
        same = {index for index, (one, other) in enumerate(zip(now, then, strict=False)) if one == other}
        same.difference_update(self._rerun.items.get(task.name, ()))
        if task.same_as is not None and (leader := self._number[task.same_as]) not in self._unchanged:
            same &= self._unchanged_items.get(leader, set())
        found = [index for index in self._items(task, "Succeeded") if index in same]
        if task.is_sub_workflow:
            found = [index for index in found if (task.name, index) in self._past.children]
        unchanged = {*found, *(() if self._may_skip_itself(task) else same.intersection(self._items(task, "Skipped")))}
        self._unchanged_items[number] = unchanged
        if len(unchanged) == len(now) == len(then):
            self._unchanged.add(number)
        if found:
            self._found.items[number], self._found.totals[number] = found, len(now)

    def _expanded(self, definition: Definition, task: TaskDefinition) -> list[str]:
        """The values of its items, as JSON. Raises NoItems."""
        tasks = {each.name: each for each in definition.tasks} if task.same_as is not None else {}
        while task.same_as is not None:
            task = tasks[task.same_as]
        known = self._lists.get(key := (id(definition), task.name))
        if known is None:
            if task.for_each is None:
                raise NoItems(f"{task.name} is no fan-out any more")
            known = list(map(as_json, task.for_each.items(lambda fields: fill(fields, self._values, of_pod=False))))
            self._lists[key] = known
        return known

    def _phase(self, task: TaskDefinition) -> str:
        phase: str = self._past.tasks.get(task.name, {}).get("phase", "")
        return phase

    def _items(self, task: TaskDefinition, phase: str) -> list[int]:
        """Those that ended so, ascending."""
        text = self._past.tasks.get(task.name, {}).get("items", {}).get(phase.lower(), "")
        return list(members(text, MAX_ITEMS))

    def _total(self, task: TaskDefinition) -> int | None:
        found: int | None = self._past.tasks.get(task.name, {}).get("items", {}).get("total")
        return found

    def _has_outputs(self, task: TaskDefinition) -> bool:
        """Are those that it declares recorded? Of a fan-out that counted its items they are lists of them."""
        found = self._past.outputs.get(task.name, {})
        if (total := self._total(task)) is None:
            return all(key in found for key in task.outputs)
        lists = (found.get(key) for key in task.outputs)
        return all(isinstance(values, list) and len(values) == total for values in lists)


def _items_from(task: TaskDefinition) -> Json:
    """Its `forEach`, apart from how many run at a time."""
    return {name: value for name, value in task.own.get("forEach", {}).items() if name != "parallelism"}


def same_templates(new: Definition, old: Definition) -> set[str]:
    """The names of the volumeClaimTemplates that are the same in both."""
    return {name for name, template in new.claims.items() if old.claims.get(name) == template}


def _skips_itself(task: TaskDefinition) -> bool:
    """Can its own run make it Skipped, and not only its `when` or its trigger rule?"""
    return bool(task.skip_exit_codes) or (task.poll is not None and task.poll.skips)
