"""A reference model of how a run must end: slow and obvious, and sharing no code with the core.

For a run that has ended, it gives the phases in which each task and item may be, from the phases of its dependencies.
There is more than one only where the outcome depends on timing.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.core.plan import NOT_YET, Plan, Program, Task, Unit, default_items

Ends = Mapping[Unit, str | None]
"""None for a unit that has not ended. A fan-out's items appear once their number is known."""

RUNS = "runs"


def unexplained(plan: Plan, ends: Ends, *, stopped: bool) -> dict[Unit, tuple[str, set[str]]]:
    """The units in a phase that they should not be in: (actual phase, allowed phases).

    `stopped`: the run was stopped, by a person, a timeout or `failFast`, before all its tasks had ended.
    """
    wrong = {}
    for unit, phase in ends.items():
        assert phase is not None
        allowed = may_end(plan, unit, ends)
        if stopped and not plan.tasks[unit[0]].final:
            allowed.add("Stopped")
        if phase not in allowed:
            wrong[unit] = (phase, allowed)
    return wrong


def may_end(plan: Plan, unit: Unit, ends: Ends) -> set[str]:
    phases = set()
    for verdict in may_begin(plan, unit, ends):
        phases |= _by_itself(plan, unit, ends) if verdict == RUNS else {verdict}
    return phases


# Does it run?


def may_begin(plan: Plan, unit: Unit, ends: Ends) -> set[str]:
    """RUNS, or the phases in which it may end without running; empty if that is still open."""
    task, index = plan.tasks[unit[0]], unit[1]
    others = [(number, None) for number, other in enumerate(plan.tasks) if not other.final]
    if task.final and any(ends.get(other) is None for other in others):
        return set()
    if index is None and task.fan_out and (leader := task.fan_out.same_as) is not None:
        how = ends.get((leader, None))
        counted = (leader, 0) in ends or (how == "Succeeded" and plan.items(leader) == 0)
        if not counted and how in (None, "Skipped"):
            return {"Skipped"} if how else set()
        if not counted:
            return _upstream_failed(ends, [(leader, None)])
    before = waits_for(plan, unit)
    counted = [_counts_as(plan, other, ends) for other in before]
    optional = [(number, None) for number in optional_tasks(plan, task)]
    counted = ["S" if how == "K" and other in optional else how for other, how in zip(before, counted, strict=True)]
    verdicts = by_rule(task.run_if or "AllSucceeded", counted)
    if "UpstreamFailed" in verdicts:
        verdicts = (verdicts - {"UpstreamFailed"}) | _upstream_failed(ends, before)
    if RUNS not in verdicts:
        return verdicts
    return (verdicts - {RUNS}) | _given(plan, unit, ends)


def waits_for(plan: Plan, unit: Unit) -> list[Unit]:
    """The unit's direct dependencies. An item has none, except the same item of the fan-out in its `sameAs`."""
    task, index = plan.tasks[unit[0]], unit[1]
    leader = task.fan_out.same_as if task.fan_out else None
    if index is not None:
        return [] if leader is None else [(leader, index)]
    return [(number, None) for number in dependencies(plan, task) if number != leader]


def dependencies(plan: Plan, task: Task) -> set[int]:
    """A task at the end depends on no other for what it only asks about."""
    asked = asked_about(task) | {*task.either}
    return needed(task) | {number for number in asked if task.final <= plan.tasks[number].final}


def needed(task: Task) -> set[int]:
    numbers = {*task.needs}
    numbers |= {task.reads} if task.reads is not None else set()
    if task.fan_out:
        numbers |= {n for n in (task.fan_out.listed_by, task.fan_out.same_as) if n is not None}
    return numbers


def asked_about(task: Task) -> set[int]:
    asked = {task.asks} if task.asks is not None else set()
    return asked | ({task.when.asked} if task.when and task.when.kind == "phase" else set())


def optional_tasks(plan: Plan, task: Task) -> set[int]:
    """Those that it reads only as parts of one placeholder: skipped, they count as succeeded."""
    return ({*task.either} & dependencies(plan, task)) - needed(task) - asked_about(task)


def _counts_as(plan: Plan, unit: Unit, ends: Ends) -> str | None:
    """S for succeeded, F for failed, K for skipped; None if it has not ended."""
    phase = ends.get(unit)
    if phase is None or phase == "Skipped":
        return "K" if phase else None
    forgiven = phase == "Failed" and plan.tasks[unit[0]].allow_failure
    return "S" if phase == "Succeeded" or forgiven else "F"


def by_rule(rule: str, ends: Sequence[str | None]) -> set[str]:
    """The table of trigger rules. There are two verdicts where it matters which dependency ended first."""
    any_s, any_f, any_k = (letter in ends for letter in "SFK")
    all_s, all_f, all_k = (all(end == letter for end in ends) for letter in "SFK")
    done = None not in ends
    if rule == "AllSucceeded":
        first = ({"UpstreamFailed"} if any_f else set()) | ({"Skipped"} if any_k else set())
        return first or ({RUNS} if all_s else set())
    table: dict[str, Iterable[tuple[bool, str]]] = {
        "AllFailed": [(any_s or any_k, "Skipped"), (all_f, RUNS)],
        "AllDone": [(done, RUNS)],
        "AllDoneOneSucceeded": [(done and any_s, RUNS), (done, "UpstreamFailed")],
        "AllSkipped": [(any_s or any_f, "Skipped"), (all_k, RUNS)],
        "OneSucceeded": [(any_s, RUNS), (all_k, "Skipped"), (done, "UpstreamFailed")],
        "OneFailed": [(any_f, RUNS), (done, "Skipped")],
        "OneDone": [(any_s or any_f, RUNS), (done, "Skipped")],
        "NoneFailed": [(any_f, "UpstreamFailed"), (done, RUNS)],
        "NoneFailedOneSucceeded": [(any_f, "UpstreamFailed"), (done and any_s, RUNS), (done, "Skipped")],
        "NoneSkipped": [(any_k, "Skipped"), (done, RUNS)],
        "Always": [(True, RUNS)],
    }
    if not ends:
        return {RUNS}
    return {next((verdict for holds, verdict in table[rule] if holds), "")} - {""}


def _upstream_failed(ends: Ends, before: Iterable[Unit]) -> set[str]:
    """What cannot run because a dependency was stopped counts as stopped too."""
    phases = {ends.get(unit) for unit in before}
    if "Stopped" not in phases:
        return {"UpstreamFailed"}
    return {"Stopped", "UpstreamFailed"} if phases & {"Failed", "UpstreamFailed"} else {"Stopped"}


def _given(plan: Plan, unit: Unit, ends: Ends) -> set[str]:
    """The verdict of the outputs that it reads and of its condition, once its trigger rule lets it run."""
    task, index = plan.tasks[unit[0]], unit[1]
    before = list(read(task, index))
    either = [(number, None) for number in task.either]
    asked = [(task.asks, None)] if task.asks is not None else []
    if None in [ends.get(other) for other in (*before, *either, *asked)]:
        return set()
    missing = [unit for unit in before if handed_on(plan, unit, ends) is None]
    if not task.or_text and all(handed_on(plan, unit, ends) is None for unit in either):
        missing += either
    phases = {ends[unit] for unit in missing}
    if phases - {"Skipped"}:
        return _upstream_failed(
            ends, [unit for unit in missing if unit in before or unit[0] in dependencies(plan, task)]
        )
    if phases:
        return {"Skipped"}
    if task.when is None or (task.fan_out and (task.when.kind == "item") != (index is not None)):
        return {RUNS}
    match task.when.kind:
        case "phase":
            asked = ends.get((task.when.asked, None))
            return set() if asked is None else {RUNS if asked == task.when.word else "Skipped"}
        case "item":
            return {RUNS if str(index) not in task.when.word else "Skipped"}
        case "false":
            return {"Skipped"}
        case "mistake":
            return {"Failed"}


def read(task: Task, index: int | None) -> Iterable[Unit]:
    """The units whose outputs a unit requires."""
    leader = task.fan_out.same_as if task.fan_out else None
    if task.reads is not None and task.reads != leader:
        yield task.reads, None
    elif task.reads is not None and index is not None:
        yield task.reads, index
    if task.fan_out and task.fan_out.listed_by is not None:
        yield task.fan_out.listed_by, None


def arguments(plan: Plan, unit: Unit, ends: Ends) -> list[str]:
    """What the pods of a unit are given."""
    task = plan.tasks[unit[0]]
    found = [_text(handed_on(plan, other, ends)) for other in read(task, unit[1]) if other[0] == task.reads][:1]
    if task.either:
        given = (handed_on(plan, (number, None), ends) for number in task.either)
        found.append(next((_text(each) for each in given if each is not None), "none"))
    return found + ([ends[task.asks, None] or ""] if task.asks is not None else [])


def _text(given: list[Any] | None) -> str:
    return json.dumps(given, separators=(",", ":"))


def handed_on(plan: Plan, unit: Unit, ends: Ends) -> list[Any] | None:
    """The unit's outputs. A fan-out's are a list in index order, null for failed items. A default is that of a unit
    that failed and may, and of one that wrote nothing.
    """
    task, phase = plan.tasks[unit[0]], ends.get(unit)
    forgiven = phase == "Failed" and task.allow_failure and task.default
    if task.lists is None or (phase != "Succeeded" and not forgiven):
        return None
    if task.fan_out and unit[1] is None:
        items = range(plan.items(unit[0])) if phase == "Succeeded" or (unit[0], 0) in ends else ()
        return [handed_on(plan, (unit[0], index), ends) for index in items]
    return default_items(task) if forgiven or task.silent else json.loads(plan.written(unit))["items"]


# How does it end if it runs?


def _by_itself(plan: Plan, unit: Unit, ends: Ends) -> set[str]:
    task = plan.tasks[unit[0]]
    if task.approval is not None:
        return {"Succeeded" if (task.approval.said or task.approval.default) == "Approve" else "Failed"}
    if task.fan_out and unit[1] is None:
        items = [ends.get((unit[0], index)) for index in range(plan.items(unit[0]))]
        return set() if None in items else {_of_items(task.fan_out.min_success, items)}
    given_up = {"Failed"} if task.once and plan.faults & {"evictions", "kills"} else set()
    return {_of_program(plan.program(unit), task.limit)} | given_up


def _of_items(min_success: int | str | None, items: Sequence[str | None]) -> str:
    """The phase of a fan-out. Skipped items are not counted."""
    counted = [phase for phase in items if phase != "Skipped"]
    if items and not counted:
        return "Skipped"
    if min_success is None:
        needed = len(counted)
    elif isinstance(min_success, int):
        needed = min(min_success, len(counted))
    else:
        needed = math.ceil(len(counted) * int(min_success.removesuffix("%")) / 100)
    if counted.count("Succeeded") >= needed:
        return "Succeeded"
    if counted.count("Succeeded") + counted.count("Stopped") >= needed:  # it could still have succeeded
        return "Stopped"
    return "Failed" if "Failed" in counted else "UpstreamFailed"


def _of_program(program: Program, limit: int) -> str:
    if not (program.pullable and program.valid):
        return "Failed"
    if program.poll is None:
        return "Succeeded" if 0 in [program.code(run) for run in range(limit + 1)] else "Failed"
    failed = 0
    for code in program.codes:
        failed = 0 if code == NOT_YET else failed + 1
        if code == 0 or failed > limit:
            break
    if code == NOT_YET and program.poll.get("onTimeout") == "Skip":  # its time was up
        return "Skipped"
    return "Succeeded" if code == 0 else "Failed"


# How does the run end?


def run_may_end(plan: Plan, ends: Ends, *, stopped_by_hand: bool) -> str:
    named = {number: phase for (number, index), phase in ends.items() if index is None}
    if "Stopped" in named.values():
        return "Stopped" if stopped_by_hand else "Failed"
    if plan.leaf_failed:
        inner = {number for task in plan.tasks if not task.final for number in dependencies(plan, task)}
        bad = {n for n, phase in named.items() if phase in ("Failed", "UpstreamFailed") and n not in inner}
    else:
        bad = {n for n, phase in named.items() if phase == "Failed"}
    return "Failed" if any(not plan.tasks[number].allow_failure for number in bad) else "Succeeded"
