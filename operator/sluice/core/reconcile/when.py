"""Whether a unit starts once its trigger rule says run: `when` may skip it, an item may lack a field, child runs may
be nested too deep, and a placeholder may stand for no number.

A condition is evaluated when all tasks that it reads have ended, which may be later than the trigger rule needs, so the
answer is the same after a restart. A fan-out is evaluated once for all its items, unless the condition reads the item:
then each item is evaluated by itself.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from sluice.api.for_each import MAX_ITEMS_OF_RUN
from sluice.api.run import RunPhase
from sluice.core import Json
from sluice.core.cel.cost import MAX_COST
from sluice.core.cel.diagnostics import CelError
from sluice.core.cel.program import Program, output_keys_read, outputs_read, parameters_read, reads_item, tasks_read
from sluice.core.cel.variables import TaskVariable, condition_variables, plain
from sluice.core.graph.placeholders import chosen
from sluice.core.graph.trigger_rules import Verdict
from sluice.core.run.children import too_deep
from sluice.core.run.late_numbers import learn_numbers
from sluice.core.run.outputs import fields_needed, result_of, values_of
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.numbers import BadNumber

_SHOWN = 100  # characters of an expression in a reason
_STEPS = 100_000_000
"""What all conditions of a run may take, those of each item counted: one look at a run may evaluate them all."""
_STEPS_OF_EACH = _STEPS // MAX_ITEMS_OF_RUN
"""What each may take at least: a run has no more items than share it so."""


@dataclass(frozen=True, slots=True)
class Skip:
    """The unit does not run, and nothing is wrong."""

    why: str


def check_start(run: RunState, number: int) -> Skip | Outcome | Verdict:
    """RUN, WAIT, or how the unit ends instead."""
    definition = run.tasks[number].definition
    found = Verdict.RUN if definition.when is None else _asked(run, number, definition.when)
    if found is Verdict.RUN and run.tasks[number].group is not None:
        found = _lacks_a_field(run, number) or found
    if found is Verdict.RUN and definition.is_sub_workflow:
        found = too_deep(run.identity) or found
    if found is Verdict.RUN:
        try:
            learn_numbers(run, number)
        except BadNumber as error:
            return Outcome(Ending.GAVE_UP, str(error))
    return found


def _lacks_a_field(run: RunState, number: int) -> Outcome | None:
    task, item = run.tasks[number], run.tasks.item(number)
    there = {f"item.{field}" for field in item} if isinstance(item, dict) else set()
    missing = {words: parts for words, parts in fields_needed(run, task).items() if there.isdisjoint(parts)}
    values = values_of(run, task) if missing else {}
    for words, parts in missing.items():
        if len(parts) == 1 or chosen(words, values) is None:
            field = next(part for part in parts if part.startswith("item.")).removeprefix("item.")
            return Outcome(Ending.ERROR, f"its item has no field '{field}', which $({words}) stands for")
    return None


def _asked(run: RunState, number: int, condition: Program | CelError) -> Skip | Outcome | Verdict:
    task = run.tasks[number]
    numbers = {name: run.tasks.number(name) for name in tasks_read(condition)}
    others = {name: other for name, other in numbers.items() if other is not None}
    if any(run.tasks[other].phase == "Pending" for other in others.values()):
        return Verdict.WAIT
    is_item, is_fan_out = task.group is not None, task.definition.for_each is not None
    if is_fan_out and is_item is not reads_item(condition):
        return Verdict.RUN  # it was asked for all items at once, or will be for each
    answer: bool | CelError
    if isinstance(condition, Program):
        sizes = run.tasks.fan_outs[task.group].sizes if task.group is not None else None
        answer = condition.answer(_known(run, number, condition, others), _limit(run, task), sizes)
    else:
        answer = condition
    if isinstance(answer, CelError):
        return _unanswered(run, condition, answer, others)
    return Verdict.RUN if answer else Skip(f"when is false: {_shown(condition.text)}")


def _asked_of(found: TaskVariable, keys: Collection[str] | None) -> TaskVariable:
    """With those of its outputs: there may be many, and the library copies what it is given."""
    if keys is None:
        return found
    return replace(found, outputs={key: value for key, value in found.outputs.items() if key in keys})


def _limit(run: RunState, task: TaskState) -> int:
    """A share, so that the answer does not depend on what was asked before."""
    asked = run.definition.conditions
    items = 1 if task.group is None else len(run.tasks.fan_outs[task.group].items)
    return min(MAX_COST, max(_STEPS_OF_EACH, _STEPS // max(1, asked.of_tasks + asked.of_items * items)))


def _known(run: RunState, number: int, condition: Program, others: dict[str, int]) -> Json:
    """What the condition may read. It is the same for all items of a fan-out, the item apart."""
    task = run.tasks[number]
    group = run.tasks.fan_outs[task.group] if task.group is not None else None
    if group is not None and group.known is not None:
        return group.known | {"item": plain(run.tasks.item(number))}
    read, parameters, asked = parameters_read(condition), run.identity.parameters, output_keys_read(condition)
    known = condition_variables(
        run.identity.fields,
        {name: value for name, value in parameters.items() if read is None or name in read},
        {name: _asked_of(result_of(run.tasks[other]), asked.get(name)) for name, other in others.items()},
        run_phase=_before_the_end(run) if task.definition.final else None,
        item=run.tasks.item(number),
    )
    if group is not None:
        group.learn(known)
    return known


def _unanswered(
    run: RunState, condition: Program | CelError, trouble: CelError, others: dict[str, int]
) -> Skip | Outcome:
    """What a skipped task would have handed on cannot be asked for, other than by has()."""
    skipped = [name for name in outputs_read(condition) if run.tasks[others[name]].phase == "Skipped"]
    if skipped:
        return Skip(f"so was {', '.join(skipped)}")
    return Outcome(Ending.WHEN_FAILED, f"when: {_shown(condition.text)}: {trouble}")


def _shown(text: str) -> str:
    """In one line, cut short."""
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 3]}..."


def _before_the_end(run: RunState) -> RunPhase:
    """How the run stood when all but its `finally` tasks had ended: what these do does not change it."""
    before = {number: task for number, task in enumerate(run.tasks.named) if not task.definition.final}
    if any(task.phase == "Stopped" for task in before.values()):
        return "Stopped" if run.state == "Stopped" else "Failed"
    leaves_only = run.limits.leaf_failed
    bad = {"Failed", "UpstreamFailed"} if leaves_only else {"Failed"}
    for number, task in before.items():
        counts = not leaves_only or number in run.definition.leaves
        if task.phase in bad and not task.definition.allow_failure and counts:
            return "Failed"
    return "Succeeded"
