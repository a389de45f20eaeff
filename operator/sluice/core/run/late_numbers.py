"""The numbers and durations of a unit that are placeholders, once what they stand for is known."""

from functools import partial

from sluice.core.graph.placeholders import fill
from sluice.core.run.outputs import lost_outputs, values_of
from sluice.core.run.state import RunState
from sluice.core.spec.for_each import item_values
from sluice.core.spec.numbers import BadNumber


def learn_numbers(run: RunState, number: int) -> None:
    """Of a unit that is about to start, or a fan-out that is about to be counted. Raises BadNumber."""
    task = run.tasks[number]
    if task.definition.late is None:
        return
    values = values_of(run, task)
    try:
        if task.group is None and task.definition.for_each is not None:
            task.know_numbers(task.definition.with_parallelism(partial(fill, values=values)))
        else:
            item = {} if task.group is None else item_values(run.tasks.item(number))
            task.know_numbers(task.definition.with_numbers(partial(fill, values=values | item)))
    except BadNumber as error:
        raise BadNumber(lost_outputs(run, task) or str(error)) from error
