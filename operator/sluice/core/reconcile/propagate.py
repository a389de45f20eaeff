"""What follows when a task or an item of a fan-out has ended: what waits for it starts, or ends as well.

An ended unit touches only what waits for it. An item of a fan-out touches the same item of the fan-outs that go by its
items (`sameAs`); the task itself ends with the last of its items.
"""

from collections.abc import Iterable, Iterator

from sluice.api.run import TaskPhase
from sluice.core.graph.placeholders import fill
from sluice.core.graph.references import can_read
from sluice.core.graph.trigger_rules import RULES, Tally, Verdict
from sluice.core.reconcile.when import Skip, check_start
from sluice.core.run.execution import Execution
from sluice.core.run.fan_out import FanOut
from sluice.core.run.task_state import TaskState, TaskStep
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.for_each import NoItems


def end_task(run: Execution, number: int, phase: TaskPhase) -> None:
    """A unit has ended: what waits for it becomes ready, or ends as well. Without recursion: a chain may have
    2,000 tasks.
    """
    ending: list[tuple[int, TaskPhase]] = [(number, phase)]
    while ending:
        number, phase = ending.pop()
        task = run.tasks[number]
        if task.step is TaskStep.ENDED:  # two that it waits for ended with it
            continue
        task.step, task.phase, task.told = TaskStep.ENDED, phase, None
        run.changed.add(number)
        if task.group is None:
            count_end(run, number)
            following = _dependents(run, number)
        else:
            following = _followers(run, number)
            if (fanned := _item_ended(run, number)) is not None:
                ending.append((task.group, fanned))
        for unit in following:
            ending += evaluate(run, unit)


def _dependents(run: Execution, number: int) -> Iterable[int]:
    """Whom the end of a named task may set going."""
    dependents = run.definition.graph.dependents[number]
    run.changed.update(dependents)  # their reasons name what they wait for
    if run.open == 0 and not run.tasks[number].definition.final:  # it was the last
        return [n for n, other in enumerate(run.definition.tasks) if other.final]
    return dependents


def _followers(run: Execution, number: int) -> Iterator[int]:
    """The same item of the fan-outs that go by the items of this one."""
    task = run.tasks[number]
    for dependent in _with_same_items(run, task.group or 0):
        if dependent in run.groups:
            follower = run.groups[dependent].first + task.index
            run.tasks[follower].tally.add(_counted_as(task))
            yield follower


def _item_ended(run: Execution, number: int) -> TaskPhase | None:
    """Returns how its fan-out has ended, if this was the last item."""
    task = run.tasks[number]
    group = run.groups[task.group or 0]
    fails = group.fails
    group.ended(task.index, task.phase, task.last)
    if not task.definition.allow_failure:
        run.failing += group.fails - fails
    phase = group.phase()
    if phase is not None and group.fails and not task.definition.allow_failure:
        run.failing -= 1
    if phase == "Failed":
        run.tasks[task.group or 0].last = Outcome(Ending.ERROR, group.message())
    if phase == "Succeeded":
        run.tasks[task.group or 0].outputs = run.outputs_of_items(task.group or 0)
    return phase


def count_end(run: Execution, number: int) -> None:
    """A named task has ended: what is known of it without looking at it again."""
    task = run.tasks[number]
    phase = task.phase
    run.counts[phase] = run.counts.get(phase, 0) + 1
    run.open -= not task.definition.final
    run.failed += _counted_as(task) == "Failed"
    for dependent in run.definition.graph.dependents[number]:
        if run.leader(dependent) != number:  # that one goes by the items
            run.tasks[dependent].tally.add(_counted_as(task))


def evaluate(run: Execution, number: int) -> Iterator[tuple[int, TaskPhase]]:
    """Lets a waiting unit start if it may now, and whatever may start with it. Yields those that end instead, and
    how.
    """
    waiting = [number]
    while waiting:
        number = waiting.pop()
        verdict = _verdict(run, number)
        match check_start(run, number) if verdict is Verdict.RUN else verdict:
            case Skip(why):
                run.tasks[number].skipped = why
                yield number, "Skipped"
            case Outcome() as failed:
                run.tasks[number].last = failed
                yield number, "Failed"
            case Verdict.RUN if _is_fan_out(run, number):
                yield from _fan_out(run, number)
                waiting += _with_same_items(run, number)
            case Verdict.RUN:
                run.make_ready(number)
            case Verdict.SKIP:
                yield number, "Skipped"
            case Verdict.UPSTREAM_FAILED:
                yield number, "Stopped" if _was_stopped(run, number) else "UpstreamFailed"
            case Verdict.WAIT:
                pass


def _verdict(run: Execution, number: int) -> Verdict:
    task = run.tasks[number]
    if task.step is not TaskStep.WAITING or (task.definition.final and run.open):
        return Verdict.WAIT
    leader = run.leader(number)
    if task.group is None and leader is not None and leader not in run.groups:  # its items are not counted, or never
        match run.tasks[leader]:
            case TaskState(step=TaskStep.ENDED, phase="Skipped"):
                return Verdict.SKIP
            case TaskState(step=TaskStep.ENDED):
                return Verdict.UPSTREAM_FAILED
        return Verdict.WAIT
    if task.group is not None and not run.groups[task.group].recorded:
        return Verdict.WAIT
    if not task.tally.total and (task.group is not None or leader is not None):
        return Verdict.RUN  # it waits for nothing else
    verdict = RULES[task.definition.run_if](task.tally)
    if verdict is not Verdict.RUN:
        return verdict
    return can_read(set(_phases_read(run, number)))


def _phases_read(run: Execution, number: int) -> Iterator[TaskPhase]:
    """How the tasks stand whose outputs a unit reads. An item that goes by another reads that one's only."""
    task, leader = run.tasks[number], run.leader(number)
    for before in run.definition.graph.dependencies[run.entry_of(number)] if task.definition.reads else ():
        if run.tasks[before].definition.name not in task.definition.reads:
            continue
        if before != leader:
            yield run.tasks[before].phase
        elif task.group is not None:
            yield run.tasks[run.groups[leader].first + task.index].phase


def _was_stopped(run: Execution, number: int) -> bool:
    """Did what a unit waits for end Stopped?"""
    task, leader = run.tasks[number], run.leader(number)
    if task.group is not None and leader is not None:
        return run.tasks[run.groups[leader].first + task.index].phase == "Stopped"
    return any(run.tasks[n].phase == "Stopped" for n in run.definition.graph.dependencies[number])


def _is_fan_out(run: Execution, number: int) -> bool:
    task = run.tasks[number]
    return task.group is None and task.definition.for_each is not None


def _fan_out(run: Execution, number: int) -> Iterator[tuple[int, TaskPhase]]:
    """Counts the items of a fan-out. Yields its end if there is nothing to start."""
    try:
        count_items(run, number)
    except NoItems as error:
        run.tasks[number].last = Outcome(Ending.ERROR, str(error))
        yield number, "Failed"
        return
    run.recording += 1
    if not run.groups[number].items:
        run.tasks[number].outputs = run.outputs_of_items(number)
        yield number, "Succeeded"


def _with_same_items(run: Execution, number: int) -> Iterator[int]:
    """The fan-outs that go by the items of this one."""
    for dependent in run.definition.graph.dependents[number]:
        if run.leader(dependent) == number:
            yield dependent


def count_items(run: Execution, number: int) -> FanOut:
    """Makes the units of a fan-out's items. Raises NoItems."""
    task = run.tasks[number]
    for_each = task.definition.for_each
    if for_each is None:
        raise AssertionError(f"{task.definition.name} is no fan-out")
    leader = run.leader(number)
    if leader is None:
        try:
            items = for_each.items(lambda fields: fill(fields, run.values_of(task)))
        except NoItems as error:
            raise NoItems(run.lost_outputs(task) or str(error)) from error
    else:
        items = run.groups[leader].items
    group = FanOut(len(run.tasks), items, for_each.needed, for_each.parallelism)
    run.groups[number] = group
    run.changed.add(number)
    for index in range(len(items)):
        if leader is None:
            tally, critical_path_s, order = Tally(total=0), task.critical_path_s, (*task.order, index)
        else:  # depth first
            before = run.tasks[run.groups[leader].first + index]
            tally, critical_path_s, order = Tally(total=1), before.critical_path_s, (*before.order, number)
            if before.step is TaskStep.ENDED:
                tally.add(_counted_as(before))
        run.tasks.append(TaskState(task.definition, tally, critical_path_s, order, group=number, index=index))
    if task.step is TaskStep.WAITING:
        task.step = TaskStep.FANNED_OUT
    return group


def _counted_as(task: TaskState) -> TaskPhase:
    """How a task that has ended counts for those that wait for it, and for the run."""
    return "Succeeded" if task.phase == "Failed" and task.definition.allow_failure else task.phase
