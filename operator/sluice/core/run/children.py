"""Child runs: a task that runs another Workflow. Each attempt is a WorkflowRun, named and owned as a pod would be.

The task ends as its child ends. A failed child costs a retry as a failed program does, and so does one that the
`concurrency` of its Workflow turned away or stopped for another; a deleted child counts as a lost pod. While the parent
is suspended, the child starts nothing; when the parent stops the task, the child stops. The child looks this up itself
(`ChildRuns.desired_state`), so the parent never writes to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.api import API_VERSION
from sluice.api.run import has_ended
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.foreign import mappings, string
from sluice.core.base.naming import (
    LABEL_ATTEMPT,
    LABEL_DEPTH,
    LABEL_INDEX,
    LABEL_PARENT,
    LABEL_REVISION,
    LABEL_TASK,
    LABEL_WORKFLOW,
    graph_hash,
    owner_reference,
    pod_name,
)
from sluice.core.base.ownership import AttemptRef
from sluice.core.base.times import instant, span
from sluice.core.graph.placeholders import Values, fill
from sluice.core.pod.deadlines import Deadline
from sluice.core.quota.run_concurrency import TURNED_AWAY
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.outputs import NO_DEFAULTS, InvalidOutputs, select_declared
from sluice.core.spec.task import TaskDefinition

MAX_DEPTH = 8
WORKFLOW_S = 600.0
"""How long a child may wait for its Workflow to exist and to be sound."""

_WAITS_FOR_WORKFLOW = frozenset({"WorkflowNotFound", "WorkflowRefused"})


@dataclass(frozen=True, slots=True)
class ChildView:
    """What a parent needs to know of its child run. `waits` is one word: why it cannot start."""

    name: str
    uid: str
    version: int
    attempt_of: AttemptRef | None
    """None if it only says that a run made it."""
    phase: str
    message: str
    started_at: Instant | None = None
    finished_at: Instant | None = None
    outputs: str = ""
    """What it hands on, as a JSON object."""
    waits: str = ""
    waits_since: Instant | None = None
    turned_away: bool = False
    """By `concurrency`, or stopped for another run."""
    deleting: bool = False

    @classmethod
    def of(
        cls, name: str, uid: str, version: int, attempt_of: AttemptRef | None, status: Json, *, deleting: bool = False
    ) -> "ChildView":
        """From the status of a WorkflowRun."""
        conditions = mappings(status.get("conditions"))
        by_type = {string(each.get("type")): each for each in reversed(conditions)}
        accepted, finished = by_type.get("Accepted", {}), by_type.get("Finished", {})
        refused = accepted.get("status") == "False"
        return cls(
            name=name,
            uid=uid,
            version=version,
            attempt_of=attempt_of,
            phase=string(status.get("phase")) or "Pending",
            message=string(status.get("message")),
            started_at=instant(status.get("startedAt")),
            finished_at=instant(status.get("finishedAt")),
            outputs=string(status.get("outputs")),
            waits=string(accepted.get("reason")) if refused else "",
            waits_since=instant(accepted.get("lastTransitionTime")) if refused else None,
            turned_away=finished.get("reason") == TURNED_AWAY or bool(status.get("replacedBy")),
            deleting=deleting,
        )

    @property
    def ended(self) -> bool:
        return has_ended(self.phase)


def build_child_run(
    run: RunIdentity, task: TaskDefinition, attempt: int, values: Values, index: int | None = None, revision: str = ""
) -> Json:
    """The WorkflowRun. `index` is that of an item of a fan-out, `revision` that of the run that makes it."""
    workflow = fill(task.own["workflow"], values, of_pod=False)
    spec = {"workflow": workflow["name"]}
    if "arguments" in workflow:
        spec["arguments"] = workflow["arguments"]
    return {
        "apiVersion": API_VERSION,
        "kind": "WorkflowRun",
        "metadata": {
            "name": pod_name(run.name, run.uid, task.name, attempt, index),
            "namespace": run.namespace,
            "labels": {
                LABEL_WORKFLOW: workflow["name"],
                LABEL_PARENT: run.name,
                LABEL_DEPTH: str(run.depth + 1),
                LABEL_TASK: task.name,
                LABEL_ATTEMPT: str(attempt),
            }
            | ({} if index is None else {LABEL_INDEX: str(index)})
            | ({LABEL_REVISION: graph_hash(revision)} if revision else {}),
            "ownerReferences": [owner_reference("WorkflowRun", run.name, run.uid)],
        },
        "spec": spec,
    }


def too_deep(run: RunIdentity) -> Outcome | None:
    """Why a run may have no children, or None. Without a limit, Workflows that run each other would never end."""
    if run.depth < MAX_DEPTH:
        return None
    words = f"{MAX_DEPTH} runs stand above this one, and more are not allowed: do the Workflows run each other?"
    return Outcome(Ending.GAVE_UP, words)


def child_outcome(child: ChildView) -> Outcome:
    """How the attempt ended whose child has ended, or was deleted before it did."""
    why = f": {child.message}" if child.message else ""
    match child.phase:
        case "Succeeded":
            return Outcome(Ending.SUCCESS, "", child.finished_at)
        case "Failed":
            return Outcome(Ending.ERROR, f"run {child.name} failed{why}", child.finished_at)
        case "Stopped" if child.turned_away:
            return Outcome(Ending.ERROR, f"run {child.name} was turned away{why}", child.finished_at)
        case "Stopped":
            return Outcome(Ending.STOPPED, f"run {child.name} was stopped{why}", child.finished_at)
    return CHILD_LOST


def child_outputs(
    child: ChildView, declared: Sequence[str], taken: int, of_task: int, defaults: Json = NO_DEFAULTS
) -> Json | InvalidOutputs:
    """The declared outputs of a task, from what its child handed on. `taken` are the bytes that the run's other outputs
    have, `of_task` those of its items among them.
    """
    text = child.outputs or "{}"
    where = f"{len(text.encode())} bytes in the outputs of run {child.name}"
    try:
        found = foreign.parse(text)
    except ValueError as error:
        return InvalidOutputs(f"cannot read its outputs, {where}: {error}")
    if not isinstance(found, dict):
        return InvalidOutputs(f"cannot read its outputs, {where}: no JSON object")
    return select_declared(found, declared, where, taken, of_task, defaults)


CHILD_LOST = Outcome(Ending.LOST, "its run was deleted, and nobody saw how it ended")
CHILD_DISOWNED = Outcome(
    Ending.LOST, "somebody has changed the owner or the labels of its run, which is no longer its own; delete that run"
)


def child_deadline(task: TaskDefinition, child: ChildView) -> Deadline | None:
    """When to stop a child that cannot start, or None."""
    if child.ended or child.waits_since is None or child.waits not in _WAITS_FOR_WORKFLOW:
        return None
    limit_s = task.pending_timeout_s or WORKFLOW_S
    words = f"gave up after {span(limit_s)}: {child.waits}: {child.message}"
    return Deadline(child.waits_since + limit_s, Outcome(Ending.GAVE_UP, words))
