"""The names of the objects that Sluice creates, and its labels and annotations.

Names are deterministic: one cause gives one name. Whoever creates an object twice gets `AlreadyExists` from the API
server the second time. The UID of the owner is part of each name's hash, so a Workflow that was deleted and created
again never meets the objects of its predecessor.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sluice.api import API_VERSION
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.files import decisive_files, file_hashes

MAIN = "main"
"""The name of the container that runs the task."""

PREFIX = "sluice.dev/"
"""Of all our labels and annotations."""

LABEL_WORKFLOW = "sluice.dev/workflow"
LABEL_RUN = "sluice.dev/run"
LABEL_RUN_UID = "sluice.dev/run-uid"
LABEL_TASK = "sluice.dev/task"
LABEL_INDEX = "sluice.dev/index"
"""On the pod of an item of a fan-out: the item's index, from 0."""
LABEL_ATTEMPT = "sluice.dev/attempt"
LABEL_REVISION = "sluice.dev/revision"
"""On a pod and on a child run: the graph by which it was made, as `graph_hash` writes it. Both may be there before the
status of the run that made them says anything.
"""
LABEL_GENERATION = "sluice.dev/generation"
"""On a run that a Workflow created: the generation of the Workflow that it was created for."""

LABEL_CHANGE = "sluice.dev/change"
"""On a run that a Workflow created: what the Workflow did then, as `change_of` writes it."""

LABEL_SCHEDULED = "sluice.dev/scheduled"
"""On a run that a schedule created: its scheduled time, as `scheduled_minute` writes it."""

LABEL_BACKFILL = "sluice.dev/backfill"
"""On a run that a Backfill created: the Backfill's name."""
LABEL_BACKFILL_UID = "sluice.dev/backfill-uid"

LABEL_PARENT = "sluice.dev/parent"
"""On a child run, which a task of another run created: the name of that run."""
LABEL_DEPTH = "sluice.dev/depth"
"""On a child run: how many ancestors it has."""

LABEL_QUEUE = "kueue.x-k8s.io/queue-name"

POOLS = "sluice.dev/pools"
"""The annotation of a pod with the pool slots that it holds: `{"warehouse": 1}`."""
RUN_POOLS = "sluice.dev/run-pools"
"""The annotation of a pod with the pool slots that its whole run holds."""

FIRST_STARTED_AT = "sluice.dev/first-started-at"
"""The annotation of the pod of a later attempt: when the first one started, which the task's deadline counts from."""

_POD_NAME_MAX = 63
_LEFT_OUT = "--"
_OBJECT_NAME_MAX = 253


def digest(text: str, length: int) -> str:
    """The first `length` characters of the SHA-256 in base32: lower case, so valid in an object's name."""
    enough = -(-length * 5 // 8)  # bytes: a character is 5 bits, and each pod event asks for its pod's name
    return base64.b32encode(hashlib.sha256(text.encode()).digest()[:enough]).decode().lower()[:length]


def pod_name(run: str, run_uid: str, task: str, attempt: int, index: int | None = None) -> str:
    """The name of an attempt's pod or, if the task runs a Workflow, of its child run. At most 63 characters.

    `index` is that of an item of a fan-out, `attempt` counts from 1. Long names of runs and tasks lose their middle:
    what tells them apart stands at one end or the other.
    """
    unit = task if index is None else f"{task}/{index}"
    tail = f"{attempt}-{digest(f'{run_uid}/{unit}/{attempt}', 8)}"
    if index is not None:
        tail = f"{index}-{tail}"
    room = _POD_NAME_MAX - len(tail) - 2
    task = _shortened(task, max(room // 2, room - len(run)))
    run = _shortened(run.replace(".", "-"), room - len(task))
    return f"{run}-{task}-{tail}"


def _shortened(name: str, room: int) -> str:
    """`load-orders-from--of-europe`: the start and the end of a name that is longer than `room`."""
    if len(name) <= room:
        return name
    end = (room - len(_LEFT_OUT)) // 2
    start = room - len(_LEFT_OUT) - end
    return f"{name[:start].strip('-')}{_LEFT_OUT}{name[-end:].strip('-')}"


def outputs_name(run: str, run_uid: str) -> str:
    """The ConfigMap with the outputs that are too large for the run's status. At most 253 characters."""
    tail = f"outputs-{digest(run_uid, 8)}"
    return f"{run[: _OBJECT_NAME_MAX - len(tail) - 1]}-{tail}"


def files_name(revision: str) -> str:
    """The ConfigMap with the files of a revision."""
    return f"{revision}-files"


def stub_name(revision: str, stub: str) -> str:
    """The ConfigMap with the program `stub`, which runs the functions in a revision's files."""
    return f"{revision}-stub-{digest(stub, 8)}"


def claim_name(run: str, run_uid: str, template: str) -> str:
    """The PersistentVolumeClaim that a run has from one of its `volumeClaimTemplates`. At most 137 characters."""
    return f"{run}-{template}-{digest(f'{run_uid}/{template}', 8)}"


def unit_name(task: str, index: int | None) -> str:
    """A task, or an item of a fan-out, as people read it: `load`, `load[3]`."""
    return task if index is None else f"{task}[{index}]"


def run_name(workflow: str, workflow_uid: str, generation: int) -> str:
    """The run that a change of a Workflow starts."""
    return f"{workflow}-g{generation}-{digest(workflow_uid, 5)}"


def scheduled_minute(when: Instant) -> str:
    """UTC, to the minute: `202603010200`. Times of one schedule are at least a minute apart."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y%m%d%H%M")


_DIGITS = 18  # of the numbers that we write, an instant in seconds is the longest

MAX_RUNS_OF_A_TIME = 99
"""How often one scheduled time can be run. More digits would not fit into a label."""
_AGAIN = re.compile(r"(?P<first>.+)-r(?P<number>[0-9]{1,2})")


def scheduled_run_name(workflow: str, workflow_uid: str, when: Instant, number: int = 1) -> str:
    """The run for a scheduled time. `number` counts the runs for the same time, from 1."""
    again = f"-r{number}" if number > 1 else ""
    return f"{workflow}-{scheduled_minute(when)}-{digest(workflow_uid, 5)}{again}"


def names_of_time(workflow: str, workflow_uid: str, when: Instant) -> Iterator[str]:
    """All names that runs for a scheduled time can have, in the order of their numbers."""
    first = scheduled_run_name(workflow, workflow_uid, when)
    yield first
    yield from (f"{first}-r{number}" for number in range(2, MAX_RUNS_OF_A_TIME + 1))


def first_of_time(run: str) -> tuple[str, int]:
    """The name that the first run of the same time has, and which of them this one is, if it is one at all."""
    found = _AGAIN.fullmatch(run)
    return (found["first"], int(found["number"])) if found is not None else (run, 1)


def followed_run_name(workflow: str, workflow_uid: str, cause: str) -> str:
    """The run that other Workflows' successes start (`after`). `cause` is six characters that stand for them."""
    return f"{workflow}-after-{cause}-{digest(workflow_uid, 5)}"


def revision_name(workflow: str, workflow_uid: str, graph: Json) -> str:
    """The ControllerRevision that keeps a graph (see `graph_of`)."""
    canonical = json.dumps(graph, sort_keys=True, separators=(",", ":"))
    return revision_of_hash(workflow, workflow_uid, digest(canonical, 10))


def graph_hash(revision: str) -> str:
    """The last part of a revision's name, which is short enough for a label."""
    return revision.rpartition("-")[2]


def revision_of_hash(workflow: str, workflow_uid: str, graph: str) -> str:
    """The name of the revision whose `graph_hash` this is."""
    return f"{workflow}-{digest(workflow_uid, 5)}-{graph}"


_GRAPH_FIELDS = ("parameters", "volumeClaimTemplates", "defaults", "outputs", "tasks")
_FILE_FIELDS = ("files", "binaryFiles")


def graph_of(spec: Json) -> Json:
    """The part of a Workflow's spec that says what it does. A change in it makes a new revision.

    It is as the user wrote it, with no default filled in, so that an upgrade of the operator changes no revision. Of
    files it has the hashes.
    """
    graph = {key: spec[key] for key in _GRAPH_FIELDS if key in spec}
    hashes = file_hashes(spec)
    return graph | {"files": hashes} if hashes else graph


def settings_of(spec: Json) -> Json:
    """The other part of a Workflow's spec: when it runs, its caps, its history."""
    return {key: each for key, each in spec.items() if key not in (*_GRAPH_FIELDS, *_FILE_FIELDS)}


def change_of(graph: Json) -> str:
    """A hash of what a graph does: as that of its revision, without what is only for display or a guess, and of files
    with those that decide what a task does.
    """
    parts = {name: _without(part, _NO_CHANGE[name]) if name in _NO_CHANGE else part for name, part in graph.items()}
    if hashes := parts.pop("files", None):
        reached: dict[str, str] = {}
        for task in foreign.mappings(graph.get("tasks")):
            reached |= decisive_files(task, hashes)
        parts["files"] = reached
    return digest(json.dumps(parts, sort_keys=True, separators=(",", ":")), 10)


_NO_CHANGE = {"tasks": ("group", "description", "expectedDuration"), "parameters": ("description",)}


def _without(parts: Any, fields: Iterable[str]) -> Any:
    if not isinstance(parts, list):
        return parts
    return [{k: v for k, v in part.items() if k not in fields} if isinstance(part, dict) else part for part in parts]


def label_number(label: Any) -> int:
    """The number that a label's text says; 0 for anything else and for one beyond 64 bits, as anybody can put our
    labels on an object.
    """
    is_number = isinstance(label, str) and label.isascii() and label.isdecimal() and len(label) <= _DIGITS
    return int(label) if is_number else 0


def owner_reference(kind: str, name: str, uid: str, version: str = API_VERSION) -> Json:
    """For `metadata.ownerReferences`. It does not block a foreground deletion of the owner."""
    return {
        "apiVersion": version,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
