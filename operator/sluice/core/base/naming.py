"""Names are claims: the same cause always gives the same name, so the API server refuses the second of two.

A pod's name comes from the run's UID, the task and the attempt. A run's and a revision's come from the Workflow's
UID, so a Workflow that is deleted and created again under its name never meets the objects of the first.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime

from sluice.api import API_VERSION
from sluice.core import Instant, Json

MAIN = "main"
"""The container that runs the task."""

LABEL_WORKFLOW = "sluice.dev/workflow"
LABEL_RUN = "sluice.dev/run"
LABEL_RUN_UID = "sluice.dev/run-uid"
LABEL_TASK = "sluice.dev/task"
LABEL_INDEX = "sluice.dev/index"
"""Of an item of a fan-out: its place, from 0."""
LABEL_ATTEMPT = "sluice.dev/attempt"
LABEL_GENERATION = "sluice.dev/generation"
"""Of a run that a Workflow made: the generation of the Workflow that asked for it."""

LABEL_SCHEDULED = "sluice.dev/scheduled"
"""Of a run that a schedule made: its time as in its name, to the minute in UTC."""

LABEL_BACKFILL = "sluice.dev/backfill"
"""Of a run that a Backfill made: the Backfill's name."""
LABEL_BACKFILL_UID = "sluice.dev/backfill-uid"

LABEL_PARENT = "sluice.dev/parent"
"""Of a run that a task of another run made: the name of that run."""
LABEL_DEPTH = "sluice.dev/depth"
"""Of the same: how many runs stand above it."""

LABEL_QUEUE = "kueue.x-k8s.io/queue-name"

POOLS = "sluice.dev/pools"
"""The annotation of a pod that holds slots: `{"warehouse": 1}`."""
RUN_POOLS = "sluice.dev/run-pools"
"""The same of the slots that its run holds from its start to its end."""

_POD_NAME_MAX = 63
_OBJECT_NAME_MAX = 253


def digest(text: str, length: int) -> str:
    """`length` characters of a hash, fit for the name of an object."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:length]


def pod_name(run: str, run_uid: str, task: str, attempt: int, index: int | None = None) -> str:
    """Of an attempt's pod, or of the run that is the attempt. `index` is that of an item of a fan-out."""
    unit = task if index is None else f"{task}/{index}"
    tail = f"{attempt}-{digest(f'{run_uid}/{unit}/{attempt}', 8)}"
    if index is not None:
        tail = f"{index}-{tail}"
    room = _POD_NAME_MAX - len(tail) - 2
    task = task[: max(room // 2, room - len(run))].strip("-")
    run = run.replace(".", "-")[: room - len(task)].strip("-")
    return f"{run}-{task}-{tail}"


def outputs_name(run: str, run_uid: str) -> str:
    """Of the ConfigMap that has the outputs which are too large for the run's status."""
    tail = f"outputs-{digest(run_uid, 8)}"
    return f"{run[: _OBJECT_NAME_MAX - len(tail) - 1]}-{tail}"


def claim_name(run: str, run_uid: str, template: str) -> str:
    """The PersistentVolumeClaim that a run has of a template: at most 137 characters."""
    return f"{run}-{template}-{digest(f'{run_uid}/{template}', 8)}"


def unit_name(task: str, index: int | None) -> str:
    """A task, or an item of a fan-out, as people read it."""
    return task if index is None else f"{task}[{index}]"


def run_name(workflow: str, workflow_uid: str, generation: int) -> str:
    return f"{workflow}-g{generation}-{digest(workflow_uid, 5)}"


def scheduled_minute(when: Instant) -> str:
    """In UTC: `202603010200`. Times of one schedule are at least a minute apart."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y%m%d%H%M")


MAX_RUNS_OF_A_TIME = 99
"""A label has no room for more digits."""


def scheduled_run_name(workflow: str, workflow_uid: str, when: Instant, number: int = 1) -> str:
    """`number`: 2 is the first that runs the same time again."""
    again = f"-r{number}" if number > 1 else ""
    return f"{workflow}-{scheduled_minute(when)}-{digest(workflow_uid, 5)}{again}"


def followed_run_name(workflow: str, workflow_uid: str, cause: str) -> str:
    """Of a run after others. `cause`: six characters for the successes that it is for."""
    return f"{workflow}-after-{cause}-{digest(workflow_uid, 5)}"


def revision_name(workflow: str, workflow_uid: str, graph: Json) -> str:
    canonical = json.dumps(graph, sort_keys=True, separators=(",", ":"))
    return f"{workflow}-{digest(workflow_uid, 5)}-{digest(canonical, 10)}"


_WHAT_IT_DOES = ("parameters", "volumeClaimTemplates", "defaults", "outputs", "tasks")


def graph_of(spec: Json) -> Json:
    """The part of a Workflow's spec that says what it does, as the user wrote it: a change of it is a new revision.

    It is taken before any default is filled in, so that an upgrade of the operator changes no revision.
    """
    return {key: spec[key] for key in _WHAT_IT_DOES if key in spec}


def label_number(label: str) -> int:
    """A label's number, 0 if it is none: anybody can put our labels on an object."""
    return int(label) if label.isascii() and label.isdecimal() else 0


def owner_reference(kind: str, name: str, uid: str) -> Json:
    """An owner reference that blocks nothing, so that a foreground deletion never waits for us."""
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
