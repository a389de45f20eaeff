"""The input of a simulated run (see `simulation`): its graph, what its programs do, and which faults to inject."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sluice.api.workflow import FailFast
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
"""A task, or an item of a fan-out: (task, item index). Unlike a run's own numbers, it survives a restart."""


@dataclass(frozen=True)
class Program:
    """What the pods of a unit do. `codes` are the exit codes of successive pods that run to the end; the last repeats.

    TIMED_OUT means that the pod reaches its deadline, OUT_OF_MEMORY that it is OOM-killed. `poll` is the task's field:
    if set, NOT_YET means to try again.
    """

    codes: tuple[int, ...] = (0,)
    poll: Mapping[str, str] | None = None
    deadline: str | None = None
    """The task's field."""
    pullable: bool = True
    valid: bool = True

    @property
    def may_be_ended(self) -> bool:
        """Whether the operator may delete its pod before the program exits."""
        return not self.pullable or self.hurries

    @property
    def hurries(self) -> bool:
        """Does its task end with its time?"""
        return self.deadline is not None or "timeout" in (self.poll or {})

    def code(self, run: int) -> int:
        return self.codes[min(run, len(self.codes) - 1)]


@dataclass(frozen=True)
class FanOut:
    """`count` items, or those that the task `listed_by` outputs (`from`), or those of the fan-out `same_as`."""

    count: int = 0
    listed_by: int | None = None
    same_as: int | None = None
    parallelism: int | None = None
    min_success: int | str | None = None


@dataclass(frozen=True)
class When:
    """A condition: the task `asked` ended in phase `word`, the item is not in `word`, always false, or an error."""

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
    """A person's decision. Without one (`said` is None) `default` applies at the timeout; without either it fails."""

    said: Literal["Approve", "Reject"] | None = None
    default: Literal["Approve", "Reject"] | None = None


@dataclass(frozen=True)
class Task:
    """`needs` are its `dependsOn`. The items of a fan-out cycle through `programs`."""

    needs: tuple[int, ...] = ()
    programs: tuple[Program, ...] = (Program(),)
    limit: int = 0
    once: bool = False
    """Whether it runs at most once."""
    run_if: str | None = None
    allow_failure: bool = False
    final: bool = False
    when: When | None = None
    reads: int | None = None
    """The task whose outputs it reads."""
    either: tuple[int, ...] = ()
    """The tasks whose outputs it reads as parts of one placeholder (`??`)."""
    or_text: bool = False
    """Is the last part of it a text?"""
    asks: int | None = None
    """The task whose phase it reads."""
    default: bool = False
    """Have its outputs a default, with as many items?"""
    silent: bool = False
    """Does it write no outputs? It must have a default."""
    lists: int | None = None
    """The number of items in its outputs; None if it has no outputs."""
    fan_out: FanOut | None = None
    approval: Approval | None = None
    by_log: bool = False
    """Whether its outputs come from its log."""
    priority: int = 0
    slots: int = 0
    """How many slots of the pool it claims."""


@dataclass(frozen=True)
class Plan:
    """Task i is called `ti`. `slots` is the size of the one pool."""

    tasks: tuple[Task, ...]
    slots: int = 0
    cap: int | None = None
    quota: int | None = None
    faults: frozenset[str] = frozenset()
    stop: bool = False
    fail_fast: FailFast = "None"
    leaf_failed: bool = False

    @property
    def manifest(self) -> dict[str, Any]:
        """The spec of a Workflow."""
        return {"tasks": [_manifest(number, task) for number, task in enumerate(self.tasks)]}

    @cached_property
    def definition(self) -> Definition:
        manifest = {"metadata": {"name": "etl"}, "spec": self.manifest}
        assert workflow_faults(manifest) == [], "no run is made of this"
        return Definition.of(self.manifest)

    def items(self, number: int) -> int:
        """The number of items of a fan-out."""
        fan_out = self.tasks[number].fan_out
        if fan_out.same_as is not None:
            return self.items(fan_out.same_as)
        return fan_out.count if fan_out.listed_by is None else self.tasks[fan_out.listed_by].lists

    def arguments(self, number: int) -> list[str]:
        """What a task is given, as written."""
        return _arguments(self.tasks[number])

    def units(self) -> Iterator[Unit]:
        """All units that the run may ever have."""
        for number, task in enumerate(self.tasks):
            yield number, None
            if task.fan_out is not None:
                yield from ((number, index) for index in range(self.items(number)))

    def program(self, unit: Unit) -> Program:
        programs = self.tasks[unit[0]].programs
        return programs[(unit[1] or 0) % len(programs)]

    def written(self, unit: Unit) -> str:
        """The text of its outputs."""
        task = self.tasks[unit[0]]
        return "" if task.lists is None or task.silent else json.dumps({"items": _items(task.lists)})

    def log(self, unit: Unit) -> str:
        """The end of its log."""
        return f"::outputs::{self.written(unit)}" if self.written(unit) else "nothing"


def default_items(task: Task) -> list[str]:
    return [f"d{item}" for item in _items(task.lists or 0)]


def _items(count: int) -> list[str]:
    return [str(index) for index in range(count)]


def _manifest(number: int, task: Task) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": f"t{number}", "dependsOn": [f"t{need}" for need in task.needs]}
    fields |= {"runIf": task.run_if} if task.run_if else {}
    fields |= {"when": task.when.text} if task.when else {}
    fields |= {"allowFailure": True} if task.allow_failure else {}
    fields |= {"finally": True} if task.final else {}
    if task.approval is not None:
        timeout = {"timeout": "30s"} if task.approval.said is None else {}
        return fields | {"approval": timeout | ({"default": task.approval.default} if task.approval.default else {})}
    fields |= {
        "image": "busybox",
        "retries": {"execution": "AtMostOnce"} if task.once else {"limit": task.limit, "infrastructure": 1000},
    }
    fields |= {"priority": task.priority}
    fields |= {"pools": [{"name": "pool", "slots": task.slots}]} if task.slots else {}
    fields |= {"poll": task.programs[0].poll} if task.programs[0].poll else {}
    fields |= {"deadline": task.programs[0].deadline} if task.programs[0].deadline else {}
    fields |= {"args": _arguments(task)}
    outputs = [{"name": "items", "default": default_items(task)} if task.default else "items"]
    fields |= {"outputs": outputs, "outputsFrom": "Log" if task.by_log else "File"} if task.lists is not None else {}
    return fields | ({"forEach": _for_each(task.fan_out)} if task.fan_out else {})


def _arguments(task: Task) -> list[str]:
    either = [f"tasks.t{number}.outputs.items" for number in task.either] + ["'none'"] * (
        task.or_text and bool(task.either)
    )
    found = [f"$(tasks.t{task.reads}.outputs.items)"] if task.reads is not None else []
    found += [f"$({' ?? '.join(either)})"] if either else []
    return found + ([f"$(tasks.t{task.asks}.phase)"] if task.asks is not None else [])


def _for_each(fan_out: FanOut) -> dict[str, Any]:
    fields = {
        "sameAs": None if fan_out.same_as is None else f"t{fan_out.same_as}",
        "from": None if fan_out.listed_by is None else f"$(tasks.t{fan_out.listed_by}.outputs.items)",
        "parallelism": fan_out.parallelism,
        "minSuccess": fan_out.min_success,
    }
    present = {name: value for name, value in fields.items() if value is not None}
    return present if present.keys() & {"sameAs", "from"} else present | {"items": _items(fan_out.count)}
