"""`WorkflowRun`: one execution of a Workflow."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator

from sluice.api.base import Arguments, Model, ObjectName, Priority, TaskName, Text, Time, Word
from sluice.api.pool import Slots
from sluice.api.task import ApprovalVerdict
from sluice.api.workflow import Conditions

_Count = Annotated[int, Field(ge=0, le=2**31 - 1)]

DesiredState = Literal["Running", "Suspended", "Stopped"]
RunPhase = Literal["Pending", "Running", "Suspended", "Succeeded", "Failed", "Stopped"]
TaskPhase = Literal["Pending", "Running", "Succeeded", "Failed", "UpstreamFailed", "Skipped", "Stopped"]


class ApprovalDecision(Model):
    """What a person has decided about an approval task. It counts as soon as the task asks for it."""

    decision: ApprovalVerdict
    by: Word | None = None
    """Who decided: the user name that `kubectl auth whoami` shows. The chart's admission policy refuses a decision
    without it or in another's name; without that policy it is taken as it is written."""
    comment: Annotated[str | None, Field(max_length=256)] = None
    """Why."""


class Rerun(Model):
    """A task to run again, or some items of a fan-out. A manifest may write the name of the task alone."""

    task: TaskName
    items: Annotated[str | None, Field(min_length=1, max_length=10_000)] = None
    """As intervals such as 3,7-9, counted from 0."""

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, written: Any) -> Any:
        if isinstance(written, str):
            return {"task": written}
        if not isinstance(written, dict):
            raise ValueError("must be the name of a task, or {task: NAME, items: 3,7-9}")  # noqa: TRY004  # pydantic's
        return written


_NAME_OR_ITEMS = {"x-kubernetes-preserve-unknown-fields": True}
"""A structural schema knows no union, so the operator judges these."""


class ResumeFrom(Model):
    """An earlier run of the same Workflow, which has ended. Its successes whose definition and inputs are unchanged are
    kept, of a fan-out item by item.
    """

    run: ObjectName
    """The earlier run."""
    rerun: Annotated[list[Annotated[Rerun, WithJsonSchema(_NAME_OR_ITEMS)]] | None, Field(max_length=2000)] = None
    """Tasks to run again whatever became of them, with all that depends on them: the name of a task, or of a fan-out
    some items, counted from 0: {task: load, items: 3,7-9}."""


class WorkflowRunSpec(Model):
    """Which graph to run, with which values."""

    workflow: ObjectName
    """The Workflow to run, in the same namespace."""
    arguments: Arguments | None = None
    """Values for the Workflow's parameters."""
    revision: ObjectName | None = None
    """The ControllerRevision that holds the graph; by default the Workflow's graph as it is when the run is first
    seen."""
    scheduled_time: Time | None = None
    """The time of the Workflow's schedule that this run is for: $(run.scheduledTime), also $(run.intervalEnd)."""
    interval_start: Time | None = None
    """The time of the schedule before that: $(run.intervalStart)."""
    priority: Priority | None = None
    """Instead of the Workflow's priority."""
    state: DesiredState | None = None
    """Running (the default), Suspended (starts no further task) or Stopped (ends the tasks that run, and the run)."""
    resume_from: ResumeFrom | None = None
    """Keep what an earlier run has done already, and take over its volumes."""
    approvals: Annotated[dict[Word, ApprovalDecision] | None, Field(max_length=2000)] = None
    """Decisions about approval tasks, by the name of the task."""


class UsedRetries(Model):
    """How many retries a task has used, by who pays for them."""

    limit: _Count = 0
    infrastructure: _Count = 0
    out_of_memory: _Count = 0
    """How many of them followed an attempt that had run out of memory."""


Intervals = Annotated[str, Field(max_length=60_000, pattern=r"^[0-9,-]*$")]
"""Numbers such as 0-4711,4713."""
Grouped = Annotated[dict[str, Intervals], Field(max_length=10_000)]


class ItemFailure(Model):
    """One item that failed."""

    index: int
    message: Annotated[str, Field(max_length=1024)]


class ItemsStatus(Model):
    """How the items of a fan-out stand, counted from 0, as intervals such as 0-4711,4713."""

    total: int
    succeeded: Intervals | None = None
    failed: Intervals | None = None
    upstream_failed: Intervals | None = None
    skipped: Intervals | None = None
    stopped: Intervals | None = None
    running: Intervals | None = None
    attempts: Grouped | None = None
    """Of items that have begun and not ended: the current attempt, and the items that are at it."""
    limit_retries: Grouped | None = None
    """Of the same: retries paid by the task so far."""
    infrastructure_retries: Grouped | None = None
    """Of the same: retries paid by the cluster so far."""
    out_of_memory: Grouped | None = None
    """Of the same: attempts that ran out of memory."""
    retry_at: Grouped | None = None
    """When the next attempts start."""
    avoid_node: Grouped | None = None
    """The nodes that the next attempts rather keep away from."""
    first_started_at: Grouped | None = None
    """Of items with a deadline: when their first attempts started."""
    poll_since: Grouped | None = None
    """When the first tries of items that poll started."""
    poll_tries: Grouped | None = None
    """How many tries of items that poll said "not yet"."""
    failures: Annotated[list[ItemFailure] | None, Field(max_length=16)] = None
    """The first few items that failed, and why."""


class PollStatus(Model):
    """How far a task that polls has come."""

    since: Time
    """When its first try started."""
    tries: _Count
    """How many tries said "not yet"."""


class TaskStatus(Model):
    """How one task stands."""

    phase: TaskPhase
    attempt: _Count | None = None
    """The current attempt, from 1."""
    started_at: Time | None = None
    """When the container or the run of the current attempt started, or the decision was asked for."""
    finished_at: Time | None = None
    pod: ObjectName | None = None
    """The pod of the current attempt."""
    run: ObjectName | None = None
    """The run of another Workflow that is the current attempt."""
    reason: Annotated[str | None, Field(max_length=512)] = None
    """Why the task is not running, or how its last attempt ended."""
    message: Annotated[str | None, Field(max_length=1024)] = None
    """The words of whoever knows more: the container's last ones, the kubelet's or the API server's."""
    exit_code: int | None = None
    retries: UsedRetries | None = None
    retry_at: Time | None = None
    """When the next attempt starts."""
    poll: PollStatus | None = None
    """How far a task that polls has come."""
    first_started_at: Time | None = None
    """Of a task with a deadline: when its first attempt started, which the deadline counts from."""
    avoid_node: ObjectName | None = None
    """The node that the next attempt rather keeps away from, as the cluster ended the last one there."""
    outputs: Annotated[str | None, Field(max_length=4096)] = None
    """What the task handed on, as JSON."""
    outputs_in: Literal["ConfigMap"] | None = None
    """ConfigMap: it is too large to stand here, and is in the ConfigMap of the run, under the task's name."""
    progress: Word | None = None
    """Of a fan-out: items that succeeded over all items, and what became of the others."""
    items: ItemsStatus | None = None
    """Of a fan-out: how its items stand."""


class Resumed(Model):
    """What the run has from an earlier one, decided before its first task started."""

    run: ObjectName
    """The earlier run."""
    claims: Annotated[dict[Word, ObjectName] | None, Field(max_length=16)] = None
    """The PersistentVolumeClaims that were taken over, by the name of their template."""


_FREE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
"""An entry that the API server takes as it is. With the schema of TaskStatus, one write to a run of 1,000 tasks costs
it 300 ms of CPU, without 137 ms; and only the operator writes there, whose tests hold each entry against the model."""


class WorkflowRunStatus(Model):
    """How the run stands."""

    observed_generation: int | None = None
    phase: RunPhase | None = None
    revision: ObjectName | None = None
    """The ControllerRevision that holds the run's graph."""
    resumed: Resumed | None = None
    progress: Word | None = None
    """Ended tasks over all tasks, for example 9/12."""
    message: Text | None = None
    replaced_by: ObjectName | None = None
    """The run that this one is, or was, stopped for; see the Workflow's `concurrency`."""
    pools: Annotated[dict[str, Slots] | None, Field(max_length=8)] = None
    """The slots that it holds from its start to its end, by the name of the Pool. They are decided before its first
    task starts."""
    started_at: Time | None = None
    """When it was let in. A run that has started is never held back again."""
    finished_at: Time | None = None
    conditions: Conditions | None = None
    outputs: Annotated[str | None, Field(max_length=4096)] = None
    """What the run hands on, as a JSON object."""
    outputs_config_map: ObjectName | None = None
    """The ConfigMap that has what is too large to stand here."""
    time: Annotated[dict[str, Word] | None, Field(max_length=64)] = None
    """Where the time of the run's tasks went, added up, for example running: 31m, pool/warehouse: 44m."""
    tasks: Annotated[
        dict[str, TaskStatus] | None,
        Field(max_length=2000, json_schema_extra={"x-kubernetes-map-type": "atomic", "additionalProperties": _FREE}),
    ] = None
    """How each task stands, by name: phase (Pending, Running, Succeeded, Failed, UpstreamFailed, Skipped or Stopped),
    attempt (from 1), startedAt, finishedAt, pod or run (of the current attempt), reason (why it is not running, or how
    its last attempt ended), message, exitCode, retries, retryAt, outputs (as JSON) and, of a fan-out, progress and
    items (as intervals such as 0-4711,4713)."""


def has_ended(phase: str) -> bool:
    """Has a run of this phase finished?"""
    return phase in ("Succeeded", "Failed", "Stopped")
