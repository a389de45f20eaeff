"""A task: what runs in one pod. `defaults` has the same fields, less those that only one task can have."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from sluice.api.base import (
    BY_NAME,
    INT_OR_PLACEHOLDER,
    Arguments,
    Bounds,
    Duration,
    DurationOrPlaceholder,
    Expression,
    Model,
    ObjectName,
    ParameterName,
    Priority,
    Quantity,
    Script,
    Sentence,
    TaskName,
    Verbatim,
    Word,
)
from sluice.api.for_each import ForEachSpec

RETRIES = Bounds(0, 100)
SLOTS = Bounds(1, 1_000_000)

Labels = Annotated[dict[str, Annotated[str, Field(max_length=253)]], Field(max_length=64)]
Words = Annotated[list[Annotated[str, Field(max_length=32768)]], Field(max_length=256)]
Quantities = Annotated[dict[str, Quantity], Field(max_length=32)]


class EnvVar(Model):
    """An environment variable, as in a Pod."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    value: Annotated[str | None, Field(max_length=65536)] = None
    """The value. Placeholders such as $(params.day) are filled in."""
    value_from: Verbatim | None = None
    """Where the value comes from, as in a Pod: a ConfigMap, a Secret, a field of the pod."""


class Resources(Model):
    """Compute resources, as in a Pod. The cluster's scheduler lets a task through when a node has room for its
    requests.
    """

    requests: Quantities | None = None
    limits: Quantities | None = None


class Toleration(Model):
    """A toleration, as in a Pod."""

    key: Word | None = None
    operator: Word | None = None
    value: Word | None = None
    effect: Word | None = None
    toleration_seconds: int | None = None


RunIf = Literal[
    "AllSucceeded",
    "AllFailed",
    "AllDone",
    "AllDoneOneSucceeded",
    "AllSkipped",
    "OneSucceeded",
    "OneFailed",
    "OneDone",
    "NoneFailed",
    "NoneFailedOneSucceeded",
    "NoneSkipped",
    "Always",
]


class BackoffSpec(Model):
    """How long to wait before the next attempt."""

    initial: Duration | None = None
    """Before the first retry. Default 1s."""
    factor: Annotated[float | None, Field(ge=1, le=100)] = None
    """How many times longer each further one waits. Default 2."""
    max: Duration | None = None
    """The longest wait. Default 5m."""
    jitter: Annotated[float | None, Field(ge=0, le=1)] = None
    """The share of the wait by which it may be longer or shorter, so that many do not come back at once. Default 0."""


class OutOfMemory(Model):
    """How much more memory an attempt gets after one that ran out of it."""

    memory_factor: Annotated[float | None, Field(ge=1.1, le=100)] = None
    """How many times larger the memory request and limit of the next attempt are. Default 2."""
    max: Quantity
    """The most that it may get, for example 8Gi. Attempts after that are made with as much."""


class Retries(Model):
    """How often a failed attempt is made again."""

    limit: Annotated[int | str, AfterValidator(RETRIES.check), INT_OR_PLACEHOLDER] | None = None
    """Retries paid by the task: its program failed, ran out of memory or ran out of time. At most 100, or one
    placeholder such as $(params.retries). Default 0."""
    infrastructure: Annotated[int | None, Field(ge=0, le=1000)] = None
    """Retries paid by the cluster: the pod was evicted, deleted or lost with its node. Default 5."""
    execution: Literal["AtLeastOnce", "AtMostOnce"] | None = None
    """AtLeastOnce (the default): a pod that is gone before its end was seen is started again. AtMostOnce: nothing is
    ever tried again, and such a task has failed. It goes without `limit`, `infrastructure` and `poll`."""
    backoff: BackoffSpec | None = None
    """How long to wait before the next attempt."""
    endings: Annotated[list[Literal["Error", "OutOfMemory", "Timeout"]] | None, Field(max_length=3)] = None
    """The endings that are worth another attempt. Default: all."""
    exit_codes: Annotated[list[Annotated[int, Field(ge=1, le=255)]] | None, Field(max_length=255)] = None
    """The exit codes that are worth another attempt after an Error. Default: any."""
    out_of_memory: OutOfMemory | None = None
    """How much more memory the next attempt gets after one that ran out of it; `limit` pays for that attempt, too."""


ApprovalVerdict = Literal["Approve", "Reject"]


class ApprovalSpec(Model):
    """A decision that a person takes, in `spec.approvals` of the run. Until then the task waits, without a pod."""

    message: Sentence | None = None
    """What there is to decide. Placeholders such as $(params.day) are filled in."""
    timeout: Duration | None = None
    """How long the task waits, from when all that it depends on is done. Without it, as long as it takes."""
    default: ApprovalVerdict | None = None
    """What counts as decided when the time is up. Without it, the task has failed then."""


class JoinSpec(Model):
    """Nothing is to be said of it."""


class WaitSpec(Model):
    """How long to wait: one of `for` and `until`."""

    for_: Annotated[Duration | None, Field(alias="for")] = None
    """From when all that the task depends on is done, also while the run is suspended."""
    until: Word | None = None
    """A time such as 2026-03-01T02:00:00Z, or a placeholder for one. What has passed is over at once."""


class PollSpec(Model):
    """How a task waits for something: it is tried until it exits with anything else than 75, which says "not yet"."""

    every: Duration
    """The pause between two tries. No pod exists meanwhile."""
    timeout: Duration | None = None
    """How long to go on, from the start of the first try. Default: without end."""
    on_timeout: Literal["Fail", "Skip"] | None = None
    """What becomes of the task then. Fail (the default): it has failed. Skip: it is Skipped, as are those that need its
    success."""


class SubWorkflow(Model):
    """Another Workflow of the namespace, which the task runs as a run of its own. Its end is the task's end."""

    name: ObjectName
    """The Workflow."""
    arguments: Arguments | None = None
    """Values for its parameters. Placeholders such as $(params.day) are filled in."""


class FunctionSpec(Model):
    """A Python function of one of the Workflow's files, which is called in the task's pod."""

    file: Word
    """The file, by its path in `spec.files`. It is imported as a module: etl.py as etl. All other files can be imported
    there, too."""
    name: Annotated[str, Field(min_length=1, max_length=253)]
    """The function."""
    arguments: Verbatim | None = None
    """Its arguments, by name. One that is a single placeholder such as $(tasks.list.outputs.files) is the value itself,
    of whatever type; inside a text it is text."""
    fingerprint: Annotated[str | None, Field(min_length=1, max_length=253)] = None
    """Stands for what the function does. Where files have changed, a task with the same fingerprint counts as
    unchanged. By default the task has changed with any of the files."""


class PodMetadata(Model):
    """Labels and annotations for the pod."""

    labels: Labels | None = None
    annotations: Annotated[dict[str, Annotated[str, Field(max_length=65536)]] | None, Field(max_length=64)] = None


class PodTemplate(Model):
    """Whatever else the pod needs. The task's own fields are merged over it."""

    metadata: PodMetadata | None = None
    spec: Verbatim | None = None
    """A PodSpec, checked by the API server when the pod is created. The task's container is called `main`."""


class PoolRequest(Model):
    """Slots of a Pool."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    """The Pool, in the same namespace."""
    slots: Annotated[int | None, Field(ge=SLOTS.low, le=SLOTS.high)] = None
    """How many slots. Default 1."""


class TaskPoolRequest(Model):
    """Slots of a Pool, for each pod of a task."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    """The Pool, in the same namespace."""
    slots: Annotated[int | str, AfterValidator(SLOTS.check), INT_OR_PLACEHOLDER] | None = None
    """How many slots, or one placeholder such as $(params.slots). Default 1."""


OUTPUT_DEFAULT_MAX_BYTES = 4096


def _output_default(value: Any) -> Any:
    if value is None:
        raise ValueError('says nothing; write default: "" for an empty text, or remove it')
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError):
        raise ValueError("is nothing that JSON can hold") from None
    if size > OUTPUT_DEFAULT_MAX_BYTES:
        raise ValueError(f"has {size} bytes as JSON; {OUTPUT_DEFAULT_MAX_BYTES} fit")
    return value


class OutputSpec(Model):
    """An output with its default."""

    name: ParameterName
    default: Annotated[Any, AfterValidator(_output_default)] = None


Output = Annotated[
    Annotated[ParameterName, Tag("OutputName")] | Annotated[OutputSpec, Tag("OutputSpec")],
    Discriminator(lambda value: "OutputSpec" if isinstance(value, dict | OutputSpec) else "OutputName"),
    Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True}),
]


class TaskTemplate(Model):
    """What `defaults` and a task have in common."""

    image: Annotated[str | None, Field(min_length=1, max_length=1024)] = None
    """The container image."""
    env: Annotated[list[EnvVar] | None, Field(max_length=256, json_schema_extra=BY_NAME)] = None
    """Environment variables."""
    env_from: Annotated[list[Verbatim] | None, Field(max_length=64)] = None
    """ConfigMaps and Secrets whose keys become environment variables, as in a Pod."""
    resources: Resources | None = None
    """Requests and limits of the task's container."""
    node_selector: Labels | None = None
    """Labels that a node must have."""
    tolerations: Annotated[list[Toleration] | None, Field(max_length=64)] = None
    """Taints that the pod tolerates."""
    service_account_name: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    """The ServiceAccount of the pod. Its token is mounted only if this is set."""
    volumes: Annotated[list[Verbatim] | None, Field(max_length=64)] = None
    """Volumes, as in a Pod."""
    volume_mounts: Annotated[list[Verbatim] | None, Field(max_length=64)] = None
    """Where the volumes appear in the task's container, as in a Pod."""
    timeout: DurationOrPlaceholder | None = None
    """How long one attempt may take, for example 90s, 1h30m or $(params.patience), counted from when its pod is placed
    on a node."""
    deadline: DurationOrPlaceholder | None = None
    """How long all attempts may take with what is between them, for example 6h: counted as `timeout` is, from the first
    attempt whose program has started, through backoff, queues and polls. Then the task has failed, without a retry. In
    a fan-out it is each item's own."""
    pending_timeout: Duration | None = None
    """How long a pod may be refused, find no node, or fail to get its image, before the task fails, and how long it may
    take to start on its node before it is tried again. Default: 10m for a start, an image or a missing right, 24h for a
    node, 1h for a node if the task holds slots of a pool."""
    retries: Retries | None = None
    """How often a failed attempt is made again."""
    safe_to_evict: bool | None = None
    """May an autoscaler take the pod away to empty its node? By default it is asked not to."""
    queue_name: Annotated[str | None, Field(min_length=1, max_length=63)] = None
    """The LocalQueue of Kueue's that the pod goes through. While it waits there, and if it is preempted, no retry is
    used."""
    pod_template: PodTemplate | None = None
    """Whatever else the pod needs. Its restartPolicy is dropped: it is always Never, and `retries` make new pods."""


class Task(TaskTemplate):
    """One node of the graph. It runs a script (`bash` or `python`) or else the command of its image, or it runs another
    `workflow`, or it waits for an `approval`.
    """

    name: TaskName
    """The task's name, unique in the Workflow."""
    group: TaskName | None = None
    """The tasks that it is shown with. It is for display only, and its change starts no run."""
    depends_on: Annotated[list[TaskName] | None, Field(max_length=2000)] = None
    """Tasks that this one waits for. All tasks together may name 20,000."""
    run_if: RunIf | None = None
    """What must have become of them for this one to start. Default AllSucceeded."""
    when: Expression | None = None
    """A CEL expression that is asked once they have: if it is false, the task is skipped. It knows params.NAME,
    tasks.NAME.phase, .outputs.KEY, .exitCode and .message (the name in brackets if it has a hyphen:
    tasks['load-data'].phase), run.name, run.startedAt, in a fan-out item, and in a `finally` task run.phase. A task
    that it asks about is waited for."""
    allow_failure: bool | None = None
    """If this task fails, go on as if it had succeeded."""
    finally_: Annotated[bool | None, Field(alias="finally")] = None
    """Start when all other tasks have ended, however they did, also when the run was stopped."""
    pools: Annotated[list[TaskPoolRequest] | None, Field(max_length=8)] = None
    """Slots of Pools that each pod of the task holds until it has ended. It gets all of them or none."""
    priority: Priority | None = None
    """Instead of the run's priority, for the pods of this task."""
    expected_duration: Duration | None = None
    """How long the task takes, roughly. Where not all tasks can start at once, those with the longest way to the end of
    the run go first. Default 1s."""
    for_each: ForEachSpec | None = None
    """Run once for each of many items."""
    poll: PollSpec | None = None
    """Wait for something: while the task exits with 75, which says "not yet", it is tried again. This uses no retry;
    after it retries are counted anew."""
    command: Words | None = None
    """The entry point of the image; the image's own if absent."""
    args: Words | None = None
    """Arguments of the command."""
    bash: Script | None = None
    """A shell script. It runs as `bash -eo pipefail` where the image has bash, else as `sh -e`, which ignores
    it where a command before a pipe fails. A shebang means nothing."""
    python: Script | None = None
    """A Python script, run by `python3`. A shebang means nothing."""
    function: FunctionSpec | None = None
    """A Python function of one of the Workflow's files, called with the `python3` of the image. With one key in
    `outputs` what it returns is that key's; with several it returns a map with these keys."""
    files: Annotated[list[Word] | None, Field(max_length=256)] = None
    """Files of the Workflow that the task finds under /sluice/files. A `function` has all of them."""
    shell: Annotated[list[Annotated[str, Field(max_length=1024)]] | None, Field(min_length=1, max_length=32)] = None
    """Another interpreter for the script, for example [node]. The script's path is added as the last argument."""
    outputs: Annotated[list[Output] | None, Field(max_length=256)] = None
    """The keys of what the task hands on, as one JSON object or key=value lines in the file $SLUICE_OUTPUTS; a value of
    several lines stands between the lines key<<EOF and EOF. What is written as lines is text, also in a condition:
    int(tasks.NAME.outputs.KEY) > 0. Others read $(tasks.NAME.outputs.KEY), and of its end
    $(tasks.NAME.phase), .exitCode and .message. A task that does not
    write them all, or writes others, has failed. {name: rows, default: "0"} need not be written: it has its default if
    the task succeeded without it, or failed under `allowFailure`; in a fan-out, that of each item."""
    outputs_from: Literal["File", "Log", "Stdout"] | None = None
    """File (the default) takes up to 4 KiB from $SLUICE_OUTPUTS. Log takes up to 96 KiB from the log: its last line is
    then ::outputs::{...}, a JSON object. Stdout takes what the program writes to standard output, without its last
    newline, as the one key that is declared: of `bash` and `python` less than 4 KiB, of other programs the whole log of
    up to 96 KiB, in which standard error is mixed in."""
    workflow: SubWorkflow | None = None
    """Another Workflow to run. Such a task has no pod of its own, and parallelism does not count it."""
    approval: ApprovalSpec | None = None
    """A decision that a person takes. Such a task has no pod."""
    join: JoinSpec | None = None
    """A place where branches meet, written as join: {}. It does nothing and has no pod: with 40 tasks before it and 30
    after, 70 dependencies say what would take 1,200."""
    wait: WaitSpec | None = None
    """Time that passes. Such a task has no pod."""
    skip_exit_codes: Annotated[list[Annotated[int, Field(ge=1, le=255)]] | None, Field(max_length=255)] = None
    """Exit codes that say that there is nothing to do: the task is then Skipped, without a retry."""

    @property
    def output_names(self) -> list[str]:
        return [each.name if isinstance(each, OutputSpec) else each for each in self.outputs or ()]

    @property
    def output_defaults(self) -> dict[str, Any]:
        """By name, of those outputs that have one."""
        specs = (each for each in self.outputs or () if isinstance(each, OutputSpec))
        return {each.name: each.default for each in specs if each.default is not None}

    @property
    def script(self) -> str | None:
        return self.bash if self.bash is not None else self.python

    @property
    def has_launcher(self) -> bool:
        """Is its script the child of our launcher, rather than the container's first process?"""
        return self.script is not None and self.shell is None
