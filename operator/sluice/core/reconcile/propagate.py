"""Passes the end of a unit on: its dependents become ready, or end as well.

An ended unit touches only its dependents. An item touches the same item of the fan-outs that use its items (`sameAs`);
its task ends with the last item.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sluice.api.for_each import MAX_ITEMS_OF_RUN
from sluice.api.run import TaskPhase
from sluice.core.graph.placeholders import fill
from sluice.core.graph.trigger_rules import RULES, Verdict
from sluice.core.reconcile.reads import can_read
from sluice.core.reconcile.when import Skip, check_start
from sluice.core.run.dirty import Topic
from sluice.core.run.fan_out import FanOut
from sluice.core.run.outputs import lost_outputs, values_of
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState, TaskStep
from sluice.core.run.time_limits import TimeUp
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.for_each import NoItems


class End(NamedTuple):
    """A unit is to end so. `last` is how its last attempt ended, `skipped` why it was skipped if not by its rule."""

    number: int
    phase: TaskPhase
    last: Outcome | None = None
    skipped: str = ""


def end_late(run: RunState, number: int, over: TimeUp) -> None:
    """Ends a unit whose time as a whole is up."""
    if over.skips:
        end_task(run, End(number, "Skipped", over.outcome, over.outcome.message))
    else:
        end_task(run, End(number, "Failed", over.outcome))


def end_task(run: RunState, first: End) -> None:
    """Ends a unit; what waits for it becomes ready, or ends as well. No recursion: a chain may have 2,000 tasks."""
    ending = [first]
    while ending:
        end = ending.pop()
        number, task = end.number, run.tasks[end.number]
        if task.step is TaskStep.ENDED:  # two of its dependencies ended together
            continue
        run.end(number, end.phase, end.last, end.skipped)
        if task.group is None:
            following = _dependents(run, number)
        else:
            following = _followers(run, number)
            if (phase := run.item_ended(number)) is not None:
                ending.append(End(task.group, phase))
        for unit in following:
            ending += evaluate(run, unit)


def _dependents(run: RunState, number: int) -> Iterable[int]:
    """The tasks that may start, or end, since a named task ended."""
    dependents = run.definition.graph.dependents[number]
    run.dirty.mark(Topic.STATUS, *dependents)  # their reasons name what they wait for
    if run.counts.open == 0 and not run.tasks[number].definition.final:  # it was the last
        return [n for n, other in enumerate(run.definition.tasks) if other.final]
    return dependents


def _followers(run: RunState, number: int) -> Iterator[int]:
    """The same item of the fan-outs that go by the items of this one."""
    task = run.tasks[number]
    for dependent in _with_same_items(run, task.group or 0):
        if dependent in run.tasks.fan_outs:
            yield run.leading_item_ended(dependent, task)


def evaluate(run: RunState, number: int) -> Iterator[End]:
    """Lets a waiting unit start if it may now, and whatever may start with it. Yields those that end instead."""
    waiting = [number]
    while waiting:
        number = waiting.pop()
        verdict = _verdict(run, number)
        if verdict is Verdict.RUN and run.wind_down.why and not run.tasks[number].definition.final:
            yield End(number, "Stopped")
            continue
        match check_start(run, number) if verdict is Verdict.RUN else verdict:
            case Skip(why):
                yield End(number, "Skipped", skipped=why)
            case Outcome() as failed:
                yield End(number, "Failed", failed)
            case Verdict.RUN if run.tasks[number].definition.join:
                yield End(number, "Succeeded")
            case Verdict.RUN if _is_fan_out(run, number):
                yield from _fan_out(run, number)
                waiting += _with_same_items(run, number)
            case Verdict.RUN:
                run.make_ready(number)
            case Verdict.SKIP:
                yield End(number, "Skipped")
            case Verdict.UPSTREAM_FAILED:
                yield End(number, "Stopped" if _was_stopped(run, number) else "UpstreamFailed")
            case Verdict.WAIT:
                pass


def _verdict(run: RunState, number: int) -> Verdict:
    task = run.tasks[number]
    if task.step is not TaskStep.WAITING or (task.definition.final and run.counts.open):
        return Verdict.WAIT
    leader = run.tasks.leader(number)
    if task.group is None and leader is not None and leader not in run.tasks.fan_outs:  # not counted yet, or never
        match run.tasks[leader]:
            case TaskState(step=TaskStep.ENDED, phase="Skipped"):
                return Verdict.SKIP
            case TaskState(step=TaskStep.ENDED):
                return Verdict.UPSTREAM_FAILED
        return Verdict.WAIT
    if task.group is not None and not run.tasks.fan_outs[task.group].recorded:
        return Verdict.WAIT
    if not task.tally.total and (task.group is not None or leader is not None):
        return can_read(run, number)  # it waits for nothing else
    verdict = RULES[task.definition.run_if](task.tally)
    if verdict is not Verdict.RUN:
        return verdict
    return can_read(run, number)


def _was_stopped(run: RunState, number: int) -> bool:
    """Did what a unit waits for end Stopped?"""
    task, leader = run.tasks[number], run.tasks.leader(number)
    if task.group is not None and leader is not None:
        return run.tasks[run.tasks.fan_outs[leader].first + task.index].phase == "Stopped"
    return any(run.tasks[n].phase == "Stopped" for n in run.definition.graph.dependencies[number])


def _is_fan_out(run: RunState, number: int) -> bool:
    task = run.tasks[number]
    return task.group is None and task.definition.for_each is not None


def _fan_out(run: RunState, number: int) -> Iterator[End]:
    """Counts the items of a fan-out. Yields its end if there is nothing to start."""
    try:
        fan_out = count_items(run, number)
    except NoItems as error:
        yield End(number, "Failed", Outcome(Ending.ERROR, str(error)))
        return
    run.items_to_record(number)
    if not fan_out.items:
        yield End(number, "Succeeded")


def _with_same_items(run: RunState, number: int) -> Iterator[int]:
    """The fan-outs that go by the items of this one."""
    for dependent in run.definition.graph.dependents[number]:
        if run.tasks.leader(dependent) == number:
            yield dependent


def count_items(run: RunState, number: int) -> FanOut:
    """Makes the units of a fan-out's items. Raises NoItems."""
    task = run.tasks[number]
    leader = run.tasks.leader(number)
    items = _expanded(run, task) if leader is None else run.tasks.fan_outs[leader].items
    if sum(len(fan_out.items) for fan_out in run.tasks.fan_outs.values()) + len(items) > MAX_ITEMS_OF_RUN:
        raise NoItems(f"its {len(items)} items and those of the fan-outs before it are more than {MAX_ITEMS_OF_RUN}")
    return run.add_items(number, items)


def _expanded(run: RunState, task: TaskState) -> list[Any]:
    for_each = task.definition.for_each
    if for_each is None:
        raise AssertionError(f"{task.definition.name} is no fan-out")
    try:
        return for_each.items(lambda fields: fill(fields, values_of(run, task), of_pod=False))
    except NoItems as error:
        raise NoItems(lost_outputs(run, task) or str(error)) from error
