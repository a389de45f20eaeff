"""`forEach`: one task over many items, each in a pod of its own."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from sluice.api.base import INT_OR_PLACEHOLDER, Bounds, Model, TaskName

MAX_ITEMS = 10_000
ITEMS = Bounds(1, MAX_ITEMS)
RANGE = Bounds(-(2**31), 2**31)
MAX_ITEMS_OF_RUN = 30_000  # of all its fan-outs: how they stand has to fit into its status

ItemValue = Annotated[
    str | int | float | bool | dict[str, Any], Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})
]
_Key = Annotated[str, Field(min_length=1, max_length=63)]


class Range(Model):
    """Whole numbers, counted up."""

    start: Annotated[int | str, AfterValidator(RANGE.check), INT_OR_PLACEHOLDER] = 0
    """The first, or one placeholder."""
    end: Annotated[int | str, AfterValidator(RANGE.check), INT_OR_PLACEHOLDER]
    """Where to stop: the first number that is not in the range, or one placeholder such as
    $(tasks.NAME.outputs.KEY)."""
    step: Annotated[int, Field(ge=1, le=2**31)] = 1


class ForEachSpec(Model):
    """One pod for each item. Says the items in exactly one way: `items`, `range`, `matrix`, `from` or `sameAs`."""

    items: Annotated[list[ItemValue] | None, Field(max_length=MAX_ITEMS)] = None
    """The items: strings, numbers or maps. A task's strings have them as $(item) and $(item.FIELD), its environment as
    ITEM."""
    range: Range | None = None
    """Numbers as items: in a condition, item > 3."""
    matrix: Annotated[
        dict[_Key, Annotated[list[ItemValue], Field(min_length=1, max_length=MAX_ITEMS)]] | None,
        Field(min_length=1, max_length=16),
    ] = None
    """Every combination of these values, as maps. The keys are taken in alphabetical order, the last one changes
    fastest."""
    exclude: Annotated[list[Annotated[dict[_Key, ItemValue], Field(max_length=16)]] | None, Field(max_length=1000)] = (
        None
    )
    """Combinations to leave out of the matrix. One that names only some of the keys leaves out all that agree."""
    from_: Annotated[str | None, Field(alias="from", min_length=1, max_length=65536)] = None
    """A JSON list: a parameter such as $(params.files), or what an earlier task found, $(tasks.NAME.outputs.KEY). An
    item does not get the list: of other tasks' outputs, its pod has only those that the task reads elsewhere."""
    same_as: TaskName | None = None
    """Another fan-out, whose items these are. Item i waits for item i of that task only, not for all of them."""
    batch: Annotated[int | None, Field(ge=1, le=MAX_ITEMS)] = None
    """So many items a pod, in ITEMS as a JSON list."""
    parallelism: Annotated[int | str, AfterValidator(ITEMS.check), INT_OR_PLACEHOLDER] | None = None
    """At most so many pods of this task at a time, or one placeholder such as $(params.width)."""
    min_success: Annotated[int | str | None, Field(json_schema_extra={"x-kubernetes-int-or-string": True})] = None
    """How many items must succeed, as a number or a percentage such as 90%, for the task to succeed. Default: all."""
