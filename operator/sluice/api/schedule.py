"""When a Workflow runs on time: `spec.schedule`."""

from typing import Annotated, Literal

from pydantic import Field

from sluice.api.base import Duration, Model, Time, Word

Cron = Annotated[str, Field(min_length=1, max_length=253)]
# A structural schema has no `string or list of strings`.
Crons = Annotated[
    Cron | Annotated[list[Cron], Field(min_length=1, max_length=32)],
    Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True}),
]
CatchUp = Literal["None", "Latest", "LatestAtOnce", "All"]


class ScheduleSpec(Model):
    """The times at which the Workflow runs: those of `cron`, or one in each `every`."""

    cron: Crons | None = None
    """One expression of five fields (minute, hour, day of month, month, day of week), for example 0 2 * * MON-FRI, or a
    list of such; @hourly, @daily, @weekly, @monthly and @yearly as well. A time of day that does not exist, as clocks
    go forward, is run at the first instant after the gap; one that exists twice, as they go back, only the first time.
    """
    every: Duration | None = None
    """At least 1m. Counted from `startAt`, else from midnight UTC of 1 January 1970."""
    time_zone: Word | None = None
    """Of `cron`, for example Europe/Berlin. Default UTC."""
    start_at: Time | None = None
    """No time before this one counts."""
    end_at: Time | None = None
    """No time after this one counts."""
    catch_up: CatchUp | None = None
    """What becomes of times that have passed without a run. Latest (the default): the newest one is run. None: none is.
    All: each is run, in order, while no more than `concurrency.maxRuns` go; with `startAt` also those before the
    Workflow was created. A schedule that is changed, suspended or resumed begins anew: only later times count.
    LatestAtOnce: as Latest, and a schedule that begins, at first or anew, runs the newest time before that at once, as
    Airflow does without catchup.
    """
    starting_deadline: Duration | None = None
    """A time that has passed for longer than this is not run. Default: no limit; with catchUp None 1m."""
    suspend: bool | None = None
    """Make no run for as long as this is true."""


class ScheduleMarkStatus(Model):
    """How far the operator has come with the schedule."""

    time: Time
    """No time up to this one is looked at again."""
    schedule: Word
    """A hash of the schedule that this is about."""
