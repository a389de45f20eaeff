"""`Pool`: a limit that the tasks and runs of a namespace share."""

from typing import Annotated, Literal

from pydantic import Field

from sluice.api.base import Model, Sentence, Time, Word

MAX_SLOTS = 1_000_000
Slots = Annotated[int, Field(ge=0, le=MAX_SLOTS)]

Holder = Literal["Tasks", "Runs"]


class PoolSpec(Model):
    """How much there is to share."""

    slots: Slots
    """How many slots there are. One slot is a mutex; none lets no task through."""
    held_by: Holder = "Tasks"
    """Who holds its slots. Tasks: each pod while it lives, for the task's `pools`. Runs: whole runs from their start to
    their end, for the Workflow's `pools`. It cannot be changed."""
    description: Sentence | None = None
    """What the slots stand for."""


class PoolWaiter(Model):
    """A task, as run/task, or a whole run that waits for slots."""

    name: Word
    since: Time
    """Since when, or since the operator has started."""


class PoolStatus(Model):
    """What is in use."""

    observed_generation: int | None = None
    slots: Slots | None = None
    used: int | None = None
    """Slots in use: of pods that have not ended, of pods that are being created, and of runs that hold slots from their
    start to their end. More than `slots` after a pool was made smaller."""
    waiting: int | None = None
    """Tasks and runs that could start if there were room."""
    holders: Annotated[list[Word] | None, Field(max_length=10)] = None
    """Some of those that hold slots: tasks as run/task, whole runs as run."""
    waiters: Annotated[
        list[PoolWaiter] | None, Field(max_length=10, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = None
    """The first in line, in their order. Of the tasks of a run that wait for the same only the first stands here."""
