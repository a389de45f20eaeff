"""`Workflow`: the graph, its parameters, its caps, and when it runs."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sluice.api import Json
from sluice.api.after import AfterMarkStatus, AfterSpec
from sluice.api.base import (
    BY_NAME,
    INT_OR_PLACEHOLDER,
    Bounds,
    Duration,
    DurationOrPlaceholder,
    Model,
    ObjectName,
    Priority,
    Sentence,
    TaskName,
    Text,
    Time,
    Verbatim,
    Word,
)
from sluice.api.parameter import Parameter
from sluice.api.schedule import ScheduleMarkStatus, ScheduleSpec
from sluice.api.task import Labels, PoolRequest, Task, TaskTemplate

MAX_TASKS = 2000
MAX_DEPENDENCIES = 20_000
PODS = Bounds(1, 100_000)
FileText = Annotated[str, Field(max_length=1_310_720)]  # 960 KiB in base64


class ClaimMetadata(Model):
    """The name of a run's volume, and labels for its PersistentVolumeClaim."""

    name: TaskName
    """The name by which the tasks' `volumeMounts` know it."""
    labels: Labels | None = None


class ClaimTemplate(Model):
    """A volume that each run has for itself. It is deleted when the run has succeeded; else it stays until the run
    goes.
    """

    metadata: ClaimMetadata
    spec: Verbatim
    """The spec of a PersistentVolumeClaim."""


class OnChange(Model):
    """What a run does that is made because the Workflow has changed."""

    reuse: Literal["Nothing", "Unchanged"] | None = None
    """Nothing (the default): it does everything. Unchanged: it waits for the last run, keeps its successes whose
    definition and inputs are unchanged, and takes over its volumes."""


FailFast = Literal["None", "Drain", "Stop"]
Policy = Literal["Allow", "Queue", "Forbid", "Replace"]


class ConcurrencySpec(Model):
    """How many runs may go at a time, and what becomes of one that finds no room."""

    max_runs: Annotated[int | None, Field(ge=1, le=100000)] = None
    """At most so many runs at a time, for each value of `key`. Default 1."""
    policy: Policy | None = None
    """Queue (the default): it waits its turn, by priority, then first come. Forbid: it ends at once, Stopped. Replace:
    the oldest run is stopped for it. Allow: there is no limit. An attempt fails whose called run ends in such a way."""
    key: Annotated[str | None, Field(min_length=1, max_length=1024)] = None
    """Runs with different values do not hold each other back, for example $(params.env)."""
    max_queued: Annotated[int | None, Field(ge=0, le=100000)] = None
    """At most so many runs wait, for each value of `key`. Beyond that a run that somebody created ends at once,
    Stopped; one that the Workflow made takes the place of the oldest such one."""


class HistorySpec(Model):
    """How many ended runs stay, of those that the Workflow made itself."""

    succeeded: Annotated[int | None, Field(ge=0, le=1000)] = None
    """The newest that succeeded. Default 3."""
    failed: Annotated[int | None, Field(ge=0, le=1000)] = None
    """The newest that did not. Default 3."""


class WorkflowSettings(Model):
    """A Workflow's spec without what its tasks are made of. Reading it costs the same for one task as for 2,000."""

    parameters: Annotated[list[Parameter] | None, Field(max_length=256, json_schema_extra=BY_NAME)] = None
    """Values that a run can set."""
    parallelism: Annotated[int | str, AfterValidator(PODS.check), INT_OR_PLACEHOLDER] | None = None
    """At most so many pods of one run at a time, those of all runs beneath it among them, or one parameter such as
    $(params.width). Without it, a run has at most 100 unfinished runs of other Workflows."""
    priority: Priority | None = None
    """Where tasks of several runs wait for the same slots, those of the higher priority go first. Default 0."""
    concurrency: ConcurrencySpec | None = None
    """How many runs may go at a time, whoever made them. By default only those that the Workflow makes wait for each
    other: one goes at a time, and one of which no container has started yet gives way to a newer one; with a
    `schedule` or `after`, one that has not started, or has another graph."""
    history: HistorySpec | None = None
    """How many of its own ended runs stay. None goes within an hour of its end."""
    ttl: Duration | None = None
    """How long ended runs stay that somebody else created. Default 7d, at least 1h."""
    pools: Annotated[list[PoolRequest] | None, Field(max_length=8, json_schema_extra=BY_NAME)] = None
    """Slots of Pools (with heldBy: Runs) that each run holds from its start to its end, with those of all Workflows
    that it may call: all of them or none, and it does not start before. A run that another called takes none. A change
    holds for runs that start after it."""
    timeout: DurationOrPlaceholder | None = None
    """How long one run may take, or one parameter such as $(params.patience). Then its tasks are stopped, and it has
    failed."""
    fail_fast: FailFast | None = None
    """What becomes of the other tasks as soon as one has failed. None (the default): they go on. Drain: what runs may
    end, and nothing begins any more. Stop: what runs is stopped, too. Then the `finally` tasks run."""
    fail_when: Literal["AnyFailed", "LeafFailed"] | None = None
    """AnyFailed (the default): a run has failed if any task has, whatever handled it. LeafFailed: only if a task has
    failed, or was not run for a failure, that no other depends on."""
    trigger: Literal["OnChange", "Manual"] | None = None
    """OnChange (the default): run once when first seen, and once more for each change of what the Workflow would do,
    which a `group`, a `description` and an `expectedDuration` are not.
    Manual: run only when somebody creates a WorkflowRun."""
    schedule: ScheduleSpec | None = None
    """Run on time, and not on change."""
    after: Annotated[list[AfterSpec] | None, Field(min_length=1, max_length=16)] = None
    """Run after others, and not on change: once as soon as each of these Workflows has a run that has succeeded since
    the last time, whoever made that run. Several successes that come together count as one."""
    on_change: OnChange | None = None
    """How a changed Workflow goes on from its last run."""
    health: Literal["Workflow", "Run"] | None = None
    """What tools wait for that go by the conditions Reconciling and Stalled, such as Flux and Helm. Workflow (the
    default): that the run for the applied manifest exists. Run: that the newest run which the Workflow made has
    succeeded."""


_TASKS: Json = {
    "x-kubernetes-list-type": "atomic",
    "x-kubernetes-validations": [
        {
            "rule": f"self.map(t, has(t.dependsOn) ? t.dependsOn.size() : 0).sum() <= {MAX_DEPENDENCIES}",
            "message": f"tasks have at most {MAX_DEPENDENCIES} dependencies in all; let branches meet in one task",
        }
    ],
}
"""No rule on a single task: it would be evaluated 2,000 times, at each write of the status too."""


class WorkflowSpec(WorkflowSettings):
    """What to run, and when."""

    files: Annotated[dict[Word, FileText] | None, Field(max_length=256)] = None
    """Files that the tasks use, by their path: a Python file whose functions they call, a query, a configuration. What
    looks like a placeholder in them is none. With `binaryFiles` at most 256 files and 960 KiB in all."""
    binary_files: Annotated[dict[Word, FileText] | None, Field(max_length=256)] = None
    """Files in base64."""
    volume_claim_templates: Annotated[list[ClaimTemplate] | None, Field(max_length=16)] = None
    """Volumes that the tasks of one run share: a PersistentVolumeClaim for each run, made before the first task that
    mounts it."""
    defaults: TaskTemplate | None = None
    """What every task has that does not say otherwise."""
    tasks: Annotated[list[Task], Field(min_length=1, max_length=MAX_TASKS, json_schema_extra=_TASKS)]
    """The tasks of the graph."""
    outputs: Annotated[dict[Word, Sentence] | None, Field(max_length=64)] = None
    """What a run that has succeeded hands on, by name, for example rows: $(tasks.load.outputs.rows).
    Where there is none another may stand in, rows: $(tasks.load.outputs.rows ?? 'none')."""


_REASON = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"  # as in metav1.Condition


class ConditionStatus(Model):
    """A condition, as everywhere in Kubernetes."""

    type: Word
    status: Literal["True", "False", "Unknown"]
    reason: Annotated[str, Field(min_length=1, max_length=1024, pattern=_REASON)]
    message: Text
    observed_generation: int | None = None
    last_transition_time: Time


Conditions = Annotated[
    list[ConditionStatus],
    Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}),
]


class LastRun(Model):
    """The newest run that the Workflow itself made. It stands as a mark: what it names is never made again."""

    name: ObjectName | None = None
    """The run, unless the Workflow was adopted or is run by hand."""
    generation: int
    """The generation of the Workflow that the run was made for."""
    revision: ObjectName
    """The ControllerRevision that holds the graph."""
    change: Word | None = None
    """A hash of what the graph does. While it is the same, the Workflow has not changed, whatever its descriptions."""


class WorkflowStatus(Model):
    """What became of the Workflow."""

    observed_generation: int | None = None
    phase: Word | None = None
    """Refused, Ready (no run is known), or the phase of the last run."""
    last_run: LastRun | None = None
    last_schedule_time: Time | None = None
    """The newest time that was run."""
    next_schedule_time: Time | None = None
    """When the schedule makes its next run; absent if it makes none any more, or is suspended."""
    last_successful_time: Time | None = None
    """When a run of the schedule has last succeeded."""
    missed_times: int | None = None
    """How many times were let go, since the first. More than 1000 at once count as 1000."""
    schedule_mark: ScheduleMarkStatus | None = None
    after: Annotated[
        list[AfterMarkStatus] | None, Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = None
    """Of the Workflows that it runs after: which successes have counted."""
    pending_run: ObjectName | None = None
    """The run that is made next, for what has counted last."""
    conditions: Conditions | None = None
