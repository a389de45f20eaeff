"""`Backfill`: runs of a Workflow for a range of past times."""

from typing import Annotated, Literal

from pydantic import Field

from sluice.api.base import Arguments, Duration, Model, ObjectName, Text, Time, Word
from sluice.api.schedule import Cron, ScheduleSpec
from sluice.api.workflow import Conditions

MAX_TIMES = 10_000
MAX_RUNS = 100
MAX_ACTIVE = 2 * MAX_RUNS  # maxRuns may be lowered

Order = Literal["OldestFirst", "NewestFirst"]
Rerun = Literal["None", "Failed", "All"]
BackfillPhase = Literal["Pending", "Refused", "Running", "Suspended", "Succeeded", "Failed"]
_Count = Annotated[int, Field(ge=0)]


class BackfillSpec(Model):
    """Which times to run, and how. They are the times of the Workflow's schedule, unless `cron` or `every` say others;
    its `startAt` and `endAt` do not count here.
    """

    workflow: ObjectName
    """The Workflow to run, in the same namespace. Each run does what the Workflow does when that run starts."""
    from_: Annotated[Time, Field(alias="from")]
    """The first time that may be run."""
    until: Time
    """Where to stop: this time and later ones are not run. It has passed when the Backfill is created."""
    cron: Cron | None = None
    """Times instead of the schedule's: one expression of five fields, for example 0 2 * * MON-FRI."""
    every: Duration | None = None
    """Times instead of the schedule's, counted from `from`. At least 1m."""
    time_zone: Word | None = None
    """Of `cron`, for example Europe/Berlin. Default UTC."""
    max_runs: Annotated[int | None, Field(ge=1, le=MAX_RUNS)] = None
    """At most so many of its runs go at a time. Default 1. The Workflow's `concurrency` holds as well."""
    order: Order | None = None
    """OldestFirst (the default) or NewestFirst."""
    rerun: Rerun | None = None
    """Which times are run again that have a run already, made by the schedule or a Backfill. None (the default): none
    are. Failed: those whose last run failed or was stopped. All: all. A time whose run still goes is left to it; a run
    that was deleted counts as none. The name of a second run ends in -r2.
    """
    arguments: Arguments | None = None
    """Values for the Workflow's parameters."""
    state: Literal["Running", "Suspended"] | None = None
    """Running (the default) or Suspended (makes no run; those that go are left to it). A Backfill that is deleted makes
    none any more either, and its runs stay: they belong to the Workflow."""


class ActiveRun(Model):
    """A run of the Backfill that has not ended."""

    time: Time
    run: ObjectName


class BackfillStatus(Model):
    """How far it has come."""

    observed_generation: int | None = None
    phase: BackfillPhase | None = None
    progress: Word | None = None
    """Times whose run has succeeded over all times, and what became of others: 12/31, 1 failed, 3 skipped."""
    message: Text | None = None
    """Why it makes no run just now."""
    schedule: ScheduleSpec | None = None
    """The times, as they were said when it began: a schedule that is changed later is of no concern to it."""
    times: _Count | None = None
    """How many there are from `from` to `until`."""
    cursor: Time | None = None
    """In its order, no time up to this one is looked at again."""
    succeeded: _Count | None = None
    """Times whose run has succeeded."""
    failed: _Count | None = None
    """Times whose run has failed, was stopped, or was deleted before it had ended."""
    skipped: _Count | None = None
    """Times that had a run already."""
    active: Annotated[list[ActiveRun] | None, Field(max_length=MAX_ACTIVE)] = None
    """Its runs that have not ended."""
    failed_runs: Annotated[list[ObjectName] | None, Field(max_length=10)] = None
    """The first few of its runs that did not succeed."""
    finished_at: Time | None = None
    conditions: Conditions | None = None
