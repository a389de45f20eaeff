"""The verdict, from what the API server says and nobody else: its audit log, and the runs as they stand at the end."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import pairwise
from typing import TypeVar

from sluice.api.for_each import MAX_ITEMS
from sluice.core.base.intervals import members
from sluice.core.base.naming import LABEL_ATTEMPT, LABEL_RUN, LABEL_WORKFLOW
from tests.chaos.programs import unit_of
from tests.chaos.server import HARNESS, LATE, Json
from tests.core import reference
from tests.core.plan import Plan, Unit
from tests.core.simulation import ended_units

_REDIRECTED = 300

Key = TypeVar("Key", bound=Hashable)
Each = TypeVar("Each")

Plans = Mapping[str, Plan]
"""By the name of the Workflow."""


@dataclass
class Life:
    """A pod's, in Unix seconds: from when its creation was answered to when its end was asked for.

    So it was certainly there all that time, and what exceeds a cap by this reckoning did exceed it.
    """

    workflow: str
    unit: Unit
    attempt: int
    born: float
    over: float = math.inf
    main_over: float = math.inf
    """When its program had ended, of which a kubelet tells before the pod's phase turns: the attempt ends with it."""
    phase: str = ""
    by_itself: bool = False
    """Whether it ended before anybody asked for its removal: a kubelet tells of the end of what it removes, too."""
    disrupted: bool = False
    """Whether an eviction lost a race for the pod. The API server sets DisruptionTarget before it deletes, so that may
    stand although the pod lives on, and after it no end is the program's own.
    """
    recorded: float = math.inf
    """When its run's status told of the attempt first."""
    late: bool = False
    """Whether the network had held up its creation."""
    removed: float = math.inf
    """When it was gone from the API server at the latest."""
    wipes: list[float] = field(default_factory=list)
    """When the status of its run was wiped."""

    def __str__(self) -> str:
        return f"attempt {self.attempt} of {_name(self.unit)} of {self.workflow}"


@dataclass
class _Made:
    """The pods that the operator made, as far as the log was read. `runs` has the name of the run of each."""

    lives: list[Life] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    current: dict[str, Life] = field(default_factory=dict)
    """By the pod's name."""
    unsure: dict[str, Json] = field(default_factory=dict)
    """Creations that were answered by an error of the server (5xx), which may have come about all the same."""

    def create(self, event: Json, name: str) -> None:
        code = event["responseStatus"]["code"]
        if code < _REDIRECTED:
            self.unsure.pop(name, None)
            self._add(event, name)
        elif code == HTTPStatus.CONFLICT:
            self.is_there(name)
        elif code >= HTTPStatus.INTERNAL_SERVER_ERROR and "requestObject" in event:
            known = self.current.get(name)
            if known is None or known.removed < math.inf:
                self.unsure.setdefault(name, event)

    def is_there(self, name: str) -> None:
        """Something was done to it, or it is in the way of another."""
        if name in self.unsure:
            self._add(self.unsure.pop(name), name)

    def disrupt(self, name: str) -> None:
        if (living := self.current.get(name)) and not living.phase:
            living.disrupted = True

    def _add(self, event: Json, name: str) -> None:
        labels = event["requestObject"]["metadata"]["labels"]
        life = Life(
            labels[LABEL_WORKFLOW], unit_of(labels), int(labels[LABEL_ATTEMPT]), _instant(event["stageTimestamp"])
        )
        life.late = event["userAgent"] == LATE
        self.lives.append(life)
        self.runs.append(labels[LABEL_RUN])
        self.current[name] = life


def lives(log: Iterable[bytes], namespace: str) -> list[Life]:
    """All pods that the operator made, in the order in which they were made."""
    made = _Made()
    recorded: dict[tuple[str, Unit, int], float] = {}
    wipes: defaultdict[str, list[float]] = defaultdict(list)
    for line in log:
        event = json.loads(line)
        ref, done = event["objectRef"], event["responseStatus"]["code"] < _REDIRECTED
        if ref.get("namespace") != namespace:
            continue
        if event["verb"] == "create" and "subresource" not in ref:
            if not event["userAgent"].startswith(HARNESS):
                made.create(event, ref.get("name", ""))
        elif not done:
            if event["responseStatus"]["code"] == HTTPStatus.CONFLICT and ref.get("subresource") == "eviction":
                made.disrupt(ref["name"])
        elif ref["resource"] == "workflowruns":
            if event["requestObject"] == {"status": None}:
                wipes[ref["name"]].append(_instant(event["stageTimestamp"]))
            for unit, attempt in _told(event["requestObject"]):
                recorded.setdefault((ref["name"], unit, attempt), _instant(event["stageTimestamp"]))
        else:
            made.is_there(ref.get("name", ""))
            if living := made.current.get(ref.get("name", "")):
                _observe(living, event)
    for life, run in zip(made.lives, made.runs, strict=True):
        life.recorded = recorded.get((run, life.unit, life.attempt), math.inf)
        life.wipes = wipes[run]
    return sorted(made.lives, key=lambda life: life.born)


def _told(patch: Json) -> Iterator[tuple[Unit, int]]:
    """The attempts of which a patch of a run's status tells."""
    for name, entry in ((patch.get("status") or {}).get("tasks") or {}).items():
        number = int(name[1:])
        if entry and entry.get("attempt"):
            yield (number, None), entry["attempt"]
        items = (entry or {}).get("items") or {}
        for attempt, which in (items.get("attempts") or {}).items():
            yield from (((number, index), int(attempt)) for index in members(which or "", MAX_ITEMS))


def _observe(life: Life, event: Json) -> None:
    """Of several deletions the last one removes it; after an eviction there may be none."""
    received, evicted = _instant(event["requestReceivedTimestamp"]), event["objectRef"].get("subresource") == "eviction"
    if evicted or event["verb"] == "delete":
        life.removed = _instant(event["stageTimestamp"])
    if life.phase:
        return
    if _main_ended(event):
        life.main_over = min(life.main_over, received)
    if evicted:
        life.over = min(life.over, received)
    elif event["verb"] == "delete":
        life.over = received
    elif (phase := event["requestObject"].get("status", {}).get("phase")) in ("Succeeded", "Failed"):
        life.by_itself = life.over == math.inf and not life.disrupted
        life.over, life.phase = min(life.over, received), phase


def _main_ended(event: Json) -> bool:
    status = (event.get("requestObject") or {}).get("status") or {}
    return any((each.get("state") or {}).get("terminated") for each in status.get("containerStatuses") or ())


def violations(plans: Plans, runs: Iterable[Json], made: list[Life]) -> list[str]:
    """In words; none if all is as it must be.

    A number may be given twice only if somebody removed the first pod before it ended and before any status told of it:
    then nobody can know that it was. Nor can anybody if the status was wiped and the pod is gone as well. A request
    that the network has held up may repeat one that was made in time: such an echo is the network's fault. So is one
    of an operator that was killed, if it comes when its successor has given the slots to another.
    """
    own, in_time = _without_echoes(made), [life for life in made if not life.late]
    return [*_of_attempts(plans, own), *_of_caps(plans, in_time), *_of_runs(plans, runs, made)]  # an echo may succeed


def _without_echoes(made: list[Life]) -> list[Life]:
    """Without what came late and repeats an attempt, or comes after a higher one."""
    known: dict[tuple[str, Unit], int] = {}
    found = []
    for life in made:
        unit = life.workflow, life.unit
        if not (life.late and life.attempt <= known.get(unit, 0)):
            found.append(life)
        known[unit] = max(life.attempt, known.get(unit, 0))
    return found


def _of_attempts(plans: Plans, made: list[Life]) -> Iterator[str]:
    for (workflow, unit), lives_ in _grouped(made, lambda life: (life.workflow, life.unit)).items():
        once = plans[workflow].tasks[unit[0]].once
        for before, after in pairwise(lives_):
            if _is_forgotten(before, after.born):
                continue
            if before.by_itself and before.phase == "Succeeded":
                yield f"{after} was made though attempt {before.attempt} had succeeded"
            elif after.attempt <= before.attempt and (before.by_itself or before.recorded < after.born):
                yield f"{after} was made again"
            elif once and not before.by_itself:
                yield f"{after} was made though attempt {before.attempt} was lost, and it may start once"
            if after.born < min(before.over, before.main_over):
                yield f"{after} was made while attempt {before.attempt} lived"


def beyond_judging(made: list[Life]) -> set[str]:
    """Workflows of which an attempt that had ended was forgotten and made again: their runs may end as they like."""
    units = _grouped(_without_echoes(made), lambda life: (life.workflow, life.unit))
    pairs = (pair for lives_ in units.values() for pair in pairwise(lives_))
    return {before.workflow for before, after in pairs if before.phase and _is_forgotten(before, after.born)}


def _is_forgotten(life: Life, at: float) -> bool:
    """Nothing is left that says that it was: neither the pod nor what the status told of it."""
    return life.removed < at and any(life.born < wiped < at for wiped in life.wipes)


def _of_caps(plans: Plans, made: list[Life]) -> Iterator[str]:
    for workflow, lives_ in _grouped(made, lambda life: life.workflow).items():
        plan = plans[workflow]
        yield from _exceeded(f"parallelism of {workflow}", plan.cap, lives_, lambda _: 1)
        slots = [task.slots for task in plan.tasks]
        yield from _exceeded(f"pool {workflow}", plan.slots, lives_, lambda life, slots=slots: slots[life.unit[0]])
        for number, items in _grouped(lives_, lambda life: life.unit[0]).items():
            fan_out = plan.tasks[number].fan_out
            cap = fan_out and fan_out.parallelism
            yield from _exceeded(f"parallelism of t{number} of {workflow}", cap, items, lambda _: 1)


def _exceeded(what: str, cap: int | None, lives_: list[Life], weight: Callable[[Life], int]) -> Iterator[str]:
    changes = [(life.born, weight(life)) for life in lives_] + [(life.over, -weight(life)) for life in lives_]
    held = most = 0
    for _, change in sorted(changes):
        held += change
        most = max(most, held)
    if cap is not None and most > cap:
        yield f"{what}: {most} at once, where {cap} may be"


def _of_runs(plans: Plans, runs: Iterable[Json], made: list[Life]) -> Iterator[str]:
    by_workflow, forgotten = _grouped(runs, lambda run: run["spec"]["workflow"]), beyond_judging(made)
    succeeded = {(life.workflow, life.unit) for life in made if life.phase == "Succeeded"}
    for workflow, plan in plans.items():
        found = by_workflow.get(workflow, [])
        if len(found) != 1:
            yield f"{workflow} has {len(found)} runs"
        for run in found:
            wrong = list(_of_end(plan, run.get("status", {})))
            yield from (
                f"{workflow}: {words}"
                for words in wrong
                if not (workflow in forgotten and "finishedAt" in run.get("status", {}))
            )
            for unit, phase in ended_units(run.get("status", {})).items():
                if phase == "Succeeded" and _has_pods(plan, unit) and (workflow, unit) not in succeeded:
                    yield f"{workflow}: {_name(unit)} is said to have succeeded, and none of its pods has"


def _of_end(plan: Plan, status: Json) -> Iterator[str]:
    if not has_ended(status):
        yield f"it has not ended: {json.dumps(status)}"
        return
    ends = ended_units(status)
    if missing := [number for number in range(len(plan.tasks)) if (number, None) not in ends]:
        yield f"ended without an end of {', '.join(f't{number}' for number in missing)}"
        return
    failed = [task for number, task in enumerate(plan.tasks) if ends[number, None] == "Failed"]
    failed_fast = plan.fail_fast != "None" and not all(task.allow_failure for task in failed)
    for unit, (phase, allowed) in reference.unexplained(plan, ends, stopped=failed_fast).items():
        yield f"{_name(unit)} ended {phase}, and should have {' or '.join(sorted(allowed))}"
    if status["phase"] != (wanted := reference.run_may_end(plan, ends, stopped_by_hand=False)):
        yield f"the run ended {status['phase']}, and should have {wanted}"


def has_ended(status: Json) -> bool:
    """Of a run."""
    return "finishedAt" in status


def _has_pods(plan: Plan, unit: Unit) -> bool:
    task = plan.tasks[unit[0]]
    return task.approval is None and (task.fan_out is None or unit[1] is not None)


def _name(unit: Unit) -> str:
    return f"t{unit[0]}" if unit[1] is None else f"t{unit[0]}[{unit[1]}]"


def _grouped(members: Iterable[Each], key: Callable[[Each], Key]) -> dict[Key, list[Each]]:
    groups = defaultdict(list)
    for member in members:
        groups[key(member)].append(member)
    return groups


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
