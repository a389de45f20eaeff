"""What a simulated run is to do, and what is to go wrong (see `simulation`)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sluice.core.spec.definition import Definition
from sluice.core.validation import workflow_faults

FAULTS = (
    "evictions",
    "kills",
    "lost answers",
    "missed events",
    "late events",
    "busy server",
    "restricted",
    "clean-up",
    "suspensions",
)
TIMED_OUT = 124
OUT_OF_MEMORY = 137
NOT_YET = 75

Unit = tuple[int, int | None]
"""A task, or an item of a fan-out: (task, item). Not the number that a run gives it, which changes with a restart."""


@dataclass(frozen=True)
class Program:
    """What the pods of a unit do. `codes` are the exit codes of those that end by themselves, the last one for ever.

    TIMED_OUT is a program that runs until its pod's deadline, OUT_OF_MEMORY one that is killed for its memory. With
    `poll`, the task's, NOT_YET is not the end.
    """

    codes: tuple[int, ...] = (0,)
    poll: Mapping[str, str] | None = None
    pullable: bool = True
    valid: bool = True

    @property
    def may_be_ended(self) -> bool:
        """May the operator delete its pod before it has ended by itself?"""
        return not self.pullable or "timeout" in (self.poll or {})

    def code(self, run: int) -> int:
        return self.codes[min(run, len(self.codes) - 1)]


@dataclass(frozen=True)
class FanOut:
    """`count` items, or those that the task `listed_by` hands on, or those of the fan-out `same_as`."""

    count: int = 0
    listed_by: int | None = None
    same_as: int | None = None
    parallelism: int | None = None
    min_success: int | str | None = None


@dataclass(frozen=True)
class When:
    """Did `asked` end as `word` says? Is the item none of those in `word`? Or always false, or a mistake."""

    kind: Literal["phase", "item", "false", "mistake"]
    word: str = ""
    asked: int = 0

    @property
    def text(self) -> str:
        match self.kind:
            case "phase":
                return f"tasks.t{self.asked}.phase == '{self.word}'"
            case "item":
                return f"!('{self.word}'.contains(item))"
            case "false":
                return "false"
            case "mistake":
                return "int('x' + run.name) == 1"


@dataclass(frozen=True)
class Approval:
    """What people say, in the end. If they say nothing, `default` counts, and without one it fails."""

    said: Literal["Approve", "Reject"] | None = None
    default: Literal["Approve", "Reject"] | None = None


@dataclass(frozen=True)
class Task:
    """`needs` are those in `dependsOn`. The items of a fan-out have the `programs` in turn."""

    needs: tuple[int, ...] = ()
    programs: tuple[Program, ...] = (Program(),)
    limit: int = 0
    once: bool = False
    """Does it ask for at most once?"""
    run_if: str | None = None
    allow_failure: bool = False
    final: bool = False
    when: When | None = None
    reads: int | None = None
    """The task whose outputs it reads."""
    lists: int | None = None
    """How many items it hands on."""
    fan_out: FanOut | None = None
    approval: Approval | None = None
    by_log: bool = False
    """Does it hand them on by its log?"""
    priority: int = 0
    slots: int = 0
    """How many of the pool it holds."""


@dataclass(frozen=True)
class Plan:
    """Task i is called `ti`. There is a pool of so many `slots`."""

    tasks: tuple[Task, ...]
    slots: int = 0
    cap: int | None = None
    quota: int | None = None
    faults: frozenset[str] = frozenset()
    stop: bool = False
    fail_fast: bool = False
    leaf_failed: bool = False

    @cached_property
    def definition(self) -> Definition:
        spec = {"tasks": [_manifest(number, task) for number, task in enumerate(self.tasks)]}
        manifest = {"metadata": {"name": "etl"}, "spec": spec}
        assert workflow_faults(manifest) == [], "no run is made of this"
        return Definition.of(spec)

    def items(self, number: int) -> int:
        """How many items a fan-out has."""
        fan_out = self.tasks[number].fan_out
        if fan_out.same_as is not None:
            return self.items(fan_out.same_as)
        return fan_out.count if fan_out.listed_by is None else self.tasks[fan_out.listed_by].lists

    def units(self) -> Iterator[Unit]:
        """All that there may ever be."""
        for number, task in enumerate(self.tasks):
            yield number, None
            if task.fan_out is not None:
                yield from ((number, index) for index in range(self.items(number)))

    def program(self, unit: Unit) -> Program:
        programs = self.tasks[unit[0]].programs
        return programs[(unit[1] or 0) % len(programs)]

    def written(self, unit: Unit) -> str:
        """What its program hands on."""
        count = self.tasks[unit[0]].lists
        return "" if count is None else json.dumps({"items": _items(count)})


def _items(count: int) -> list[str]:
    return [str(index) for index in range(count)]


def _manifest(number: int, task: Task) -> dict[str, Any]:
    found: dict[str, Any] = {"name": f"t{number}", "dependsOn": [f"t{need}" for need in task.needs]}
    found |= {"runIf": task.run_if} if task.run_if else {}
    found |= {"when": task.when.text} if task.when else {}
    found |= {"allowFailure": True} if task.allow_failure else {}
    found |= {"finally": True} if task.final else {}
    if task.approval is not None:
        late = {"timeout": "30s"} if task.approval.said is None else {}
        return found | {"approval": late | ({"default": task.approval.default} if task.approval.default else {})}
    found |= {"image": "busybox", "retries": {"limit": task.limit, "infrastructure": 0 if task.once else 1000}}
    found |= {"priority": task.priority}
    found |= {"pools": [{"name": "pool", "slots": task.slots}]} if task.slots else {}
    found |= {"poll": task.programs[0].poll} if task.programs[0].poll else {}
    found |= {"args": [f"$(tasks.t{task.reads}.outputs.items)"]} if task.reads is not None else {}
    found |= {"outputs": ["items"], "outputsFrom": "Log" if task.by_log else "File"} if task.lists is not None else {}
    return found | ({"forEach": _for_each(task.fan_out)} if task.fan_out else {})


def _for_each(fan_out: FanOut) -> dict[str, Any]:
    said = {
        "sameAs": None if fan_out.same_as is None else f"t{fan_out.same_as}",
        "from": None if fan_out.listed_by is None else f"$(tasks.t{fan_out.listed_by}.outputs.items)",
        "parallelism": fan_out.parallelism,
        "minSuccess": fan_out.min_success,
    }
    found = {name: value for name, value in said.items() if value is not None}
    return found if found.keys() & {"sameAs", "from"} else found | {"items": _items(fan_out.count)}
