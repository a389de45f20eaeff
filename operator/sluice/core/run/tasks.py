"""The units of a run, by number: the tasks of its manifest, in their order, then the items of its fan-outs.

The items of a fan-out get their numbers when they are counted. This is where a unit is found by what belongs to it: a
name, a pod, an item of another fan-out.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sluice.core import Json
from sluice.core.base.naming import pod_name
from sluice.core.base.ownership import AttemptRef
from sluice.core.graph.trigger_rules import Tally
from sluice.core.pod.view import PodView
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.run.fan_out import FanOut
from sluice.core.run.task_state import TaskState, TaskStep
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, RunIdentity


class Tasks:
    __slots__ = ("_definition", "_depth_first", "_number", "_run", "_units", "fan_outs", "identity")

    def __init__(self, identity: RunIdentity, definition: Definition) -> None:
        self.identity, self._definition = identity, definition
        self._run = identity.ref
        self._number = {task.name: number for number, task in enumerate(definition.tasks)}
        self._units = [
            TaskState(task, Tally(total=len(before) - (task.same_as is not None)), task.critical_path_s, (number,))
            for number, (task, before) in enumerate(zip(definition.tasks, definition.graph.dependencies, strict=True))
        ]
        self._depth_first = self._in_depth_first_order()
        self.fan_outs: dict[int, FanOut] = {}
        """Those whose items are counted, by number."""

    def __getitem__(self, number: int) -> TaskState:
        return self._units[number]

    def __len__(self) -> int:
        return len(self._units)

    def __iter__(self) -> Iterator[TaskState]:
        return iter(self._units)

    @property
    def named(self) -> list[TaskState]:
        """The tasks of the manifest, without the items of fan-outs."""
        return self._units[: len(self._definition.tasks)]

    def number(self, task: str) -> int | None:
        return self._number.get(task)

    def number_of(self, task: TaskState) -> int:
        """The number of the named task that a unit is, or is an item of."""
        return self._number[task.definition.name]

    def unit_of(self, pod: PodView) -> int | None:
        """The number of the unit that a pod belongs to."""
        return None if pod.attempt_of is None else self.unit_at(pod.attempt_of)

    def unit_at(self, attempt: AttemptRef) -> int | None:
        """The number of the unit that has this attempt; None if there is none, or it makes no pods."""
        number = self._number.get(attempt.task)
        if number is None or attempt.run != self._run:
            return None
        definition = self._definition.tasks[number]
        if not definition.makes_pods:
            return None
        if (attempt.index is None) != (definition.for_each is None):
            return None
        if attempt.index is None:
            return number
        group = self.fan_outs.get(number)
        return group.first + attempt.index if group is not None and attempt.index < len(group.items) else None

    def with_claims(self, pod: PodView) -> PodView:
        """The pod with what it holds by this run's graph, whatever its annotations say.

        It holds that too where its unit is not known any more, as the outputs are gone that its items came from.
        """
        number = self.unit_of(pod)
        if number is None and pod.attempt_of is not None and pod.attempt_of.run == self._run:
            number = self._number.get(pod.attempt_of.task)
        if number is not None and self._units[number].definition.late is not None:
            pools = self.identity.tree  # what else it asked for is not to be known any more
        else:
            pools = self.identity.tree if number is None else self._claim(number)
        if (pod.pools, pod.run_pools) == (pools, self.identity.pools):
            return pod
        return replace(pod, pools=pools, run_pools=self.identity.pools)

    def _claim(self, number: int) -> PoolClaim:
        return (*self._units[number].definition.pools, *self.identity.tree)

    def leader(self, number: int) -> int | None:
        """The number of the fan-out whose items a unit uses (`sameAs`)."""
        same_as = self._units[number].definition.same_as
        return None if same_as is None else self._number[same_as]

    def named_task_of(self, number: int) -> int:
        """The number of the named task in whose status entry a unit is."""
        group = self._units[number].group
        return number if group is None else group

    def items_of(self, number: int) -> list[TaskState]:
        """The units of a fan-out's items, in order."""
        units = self.fan_outs[number].units
        return self._units[units.start : units.stop]

    def item(self, number: int) -> Any:
        """The value of a fan-out's item; None for a named task."""
        task = self._units[number]
        return None if task.group is None else self.fan_outs[task.group].items[task.index]

    def pod_name(self, number: int, attempt: int | None = None) -> str:
        """Of the pod, or of the child run, of an attempt: by default the newest."""
        task = self._units[number]
        index = None if task.group is None else task.index
        which = task.attempt if attempt is None else attempt
        return pod_name(self.identity.name, self.identity.uid, task.definition.name, which, index)

    def wait_key(self, number: int) -> WaitKey:
        """What a unit waits for when it is ready: the units of a run with the same key share one queue."""
        task = self._units[number]
        capped = task.group if task.group is not None and self.fan_outs[task.group].parallelism is not None else None
        return WaitKey(self._claim(number), capped)

    def lists_of_items(self, number: int) -> Json | None:
        """The outputs of a fan-out: for each key a list in the order of its items, null where an item has none."""
        given = [self._units[unit].outputs or {} for unit in self.fan_outs[number].units]
        return {key: [outputs.get(key) for outputs in given] for key in self._definition.tasks[number].outputs} or None

    def _in_depth_first_order(self) -> dict[int, int]:
        """The rank of each fan-out that goes by the items of another, after it and before what comes later there."""
        followers: dict[int | None, list[int]] = {}
        for number in reversed(range(len(self._units))):
            followers.setdefault(self.leader(number), []).append(number)
        ranks: dict[int, int] = {}
        waiting = followers.get(None, [])
        while waiting:
            number = waiting.pop()
            ranks[number] = len(ranks)
            waiting += followers.get(number, ())
        return ranks

    def add_items(self, number: int, items: list[Any]) -> FanOut:
        """Makes the units of a fan-out's items."""
        task, leader = self._units[number], self.leader(number)
        for_each = task.definition.for_each
        if for_each is None:
            raise AssertionError(f"{task.definition.name} is no fan-out")
        fan_out = FanOut(len(self._units), items, for_each.needed, for_each.parallelism)
        self.fan_outs[number] = fan_out
        for index in range(len(items)):
            if leader is None:
                tally, path_s, order = Tally(total=0), task.critical_path_s, (*task.order, index)
            else:  # depth first
                before = self._units[self.fan_outs[leader].first + index]
                order = (*before.order[:2], self._depth_first[number])
                tally, path_s = Tally(total=1), before.critical_path_s
                if before.step is TaskStep.ENDED:
                    tally.add(before.counted_as)
            self._units.append(TaskState(task.definition, tally, path_s, order, group=number, index=index))
        return fan_out
