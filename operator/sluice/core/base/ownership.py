"""Which attempt of which run an object is, as far as its metadata can be believed.

Labels and owner references can be written by whoever may create an object. So they count only together: the controller
is a run, and the name is the one that this very attempt of this very run has. The namespace is part of the run's
identity: what stands in another one belongs to nobody here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from sluice.api import API_VERSION
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.base.naming import (
    LABEL_ATTEMPT,
    LABEL_INDEX,
    LABEL_RUN,
    LABEL_RUN_UID,
    LABEL_TASK,
    label_number,
    pod_name,
)
from sluice.core.base.times import instant


class RunRef(NamedTuple):
    """One run, and no other of its name or UID in another namespace."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class AttemptRef:
    """An attempt, which is a pod or a child run. `index` is that of an item of a fan-out."""

    run: RunRef
    task: str
    index: int | None
    number: int
    """From 1."""


def controller_of(metadata: Json, kind: str) -> RunRef | None:
    """The controller of an object, if it is of this kind of ours."""
    for owner in foreign.mappings(metadata.get("ownerReferences")):
        if owner.get("controller") and owner.get("apiVersion") == API_VERSION and owner.get("kind") == kind:
            return RunRef(metadata["namespace"], foreign.string(owner.get("name")), foreign.string(owner.get("uid")))
    return None


def attempt_of(metadata: Json) -> AttemptRef | None:
    """The attempt that a pod or a child run is; None if it is none, or only says so."""
    run = controller_of(metadata, "WorkflowRun")
    return None if run is None else _attempt(metadata, run)


def disowned_attempt(metadata: Json) -> AttemptRef | None:
    """The attempt that a pod was until its owner was taken away, by its labels and its name."""
    if controller_of(metadata, "WorkflowRun") is not None:
        return None
    labels = foreign.mapping(metadata.get("labels"))
    name, uid = (foreign.string(labels.get(label)) for label in (LABEL_RUN, LABEL_RUN_UID))
    return _attempt(metadata, RunRef(metadata["namespace"], name, uid))


def _attempt(metadata: Json, run: RunRef) -> AttemptRef | None:
    labels = foreign.mapping(metadata.get("labels"))
    index = label_number(labels[LABEL_INDEX]) if LABEL_INDEX in labels else None
    task, number = foreign.string(labels.get(LABEL_TASK)), label_number(labels.get(LABEL_ATTEMPT))
    found = AttemptRef(run, task, index, number)
    return found if metadata["name"] == name_of(found) else None


def name_of(attempt: AttemptRef) -> str:
    return pod_name(attempt.run.name, attempt.run.uid, attempt.task, attempt.number, attempt.index)


def plausible(attempts: Collection[int], recorded: int, spare: int) -> set[int]:
    """Those of a task's attempts that can be: `recorded` is the newest that the status knows, `spare` how many more the
    cluster may have lost since without a trace. A number beyond that is somebody's invention.
    """
    newest = recorded + sum(attempt > recorded for attempt in attempts) + spare
    return {attempt for attempt in attempts if attempt <= newest}


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """What the API server itself writes into the metadata of each object. `version` grows with each change."""

    namespace: str
    name: str
    uid: str
    version: int
    created_at: Instant

    @classmethod
    def of(cls, body: Json) -> "ObjectMeta":
        """Raises Unreadable if something is missing or is not what it should be."""
        metadata = foreign.mapping(body.get("metadata"))
        namespace, name, uid = (foreign.string(metadata.get(field)) for field in ("namespace", "name", "uid"))
        version = label_number(metadata.get("resourceVersion"))
        if not (namespace and name and uid and version):
            raise Unreadable("its metadata lacks namespace, name, uid or resourceVersion")
        return cls(namespace, name, uid, version, instant(metadata.get("creationTimestamp")) or 0.0)
