"""When a Workflow runs after others: `spec.after`."""

from typing import Annotated

from pydantic import Field

from sluice.api.base import Model, ObjectName, Time, Word

MAX_CONSUMED = 64


class AfterSpec(Model):
    """Another Workflow, in the same namespace."""

    workflow: ObjectName
    """Its name."""


class AfterMarkStatus(Model):
    """Which successes of another Workflow have counted."""

    workflow: ObjectName
    since: Time
    """No success before this one counts any more."""
    consumed_runs: Annotated[list[Word] | None, Field(max_length=MAX_CONSUMED)] = None
    """The UIDs of the runs since then that have been consumed, as far as they are still there."""
