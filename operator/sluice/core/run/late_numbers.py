"""The numbers and durations of a unit that are placeholders, once what they stand for is known."""

from collections import ChainMap
from functools import partial

from sluice.core.graph.placeholders import fill
from sluice.core.run.outputs import lost_outputs, values_of
from sluice.core.run.state import RunState
from sluice.core.spec.for_each import ItemValues
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
            if task.group is not None:
                item = ItemValues(run.tasks.item(number))
                values = ChainMap(item, values)  # type: ignore[arg-type]  # it is only read
            task.know_numbers(task.definition.with_numbers(partial(fill, values=values)))
    except BadNumber as error:
        raise BadNumber(lost_outputs(run, task) or str(error)) from error
