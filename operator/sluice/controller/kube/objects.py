"""Objects of our kinds, cut down to what the controller needs."""

from dataclasses import dataclass, field, replace
from sys import intern
from typing import NamedTuple, TypeVar

import orjson

from sluice.api.base import Model
from sluice.api.run import has_ended
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.base.naming import (
    LABEL_BACKFILL_UID,
    LABEL_CHANGE,
    LABEL_DEPTH,
    LABEL_GENERATION,
    LABEL_REVISION,
    LABEL_SCHEDULED,
    label_number,
)
from sluice.core.base.ownership import AttemptRef, ObjectMeta, RunRef, attempt_of

_LABELS = frozenset({LABEL_GENERATION, LABEL_CHANGE, LABEL_SCHEDULED, LABEL_BACKFILL_UID, LABEL_DEPTH, LABEL_REVISION})

_LABELS_OF_MADE = frozenset({LABEL_GENERATION, LABEL_SCHEDULED, LABEL_BACKFILL_UID})

_SPEC_OF_ENDED = ("workflow", "revision", "resumeFrom", "scheduledTime")
_STATUS_OF_ENDED = ("phase", "message", "revision", "startedAt", "finishedAt")
_STATUS_FOR_PARENT = ("outputs", "conditions", "replacedBy")
_OFTEN_THE_SAME = frozenset({"phase", "revision"})
_MESSAGE_OF_ENDED_MAX = 1024
_NO_LABELS: dict[str, str] = {}
"""Of most that has ended, so it is there once, as are texts that many runs have."""

_M = TypeVar("_M", bound=Model)


class Key(NamedTuple):
    """An object of one of our kinds."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ObjectView:
    """An object of one of our kinds. Of a run that has finished the status says nothing of its tasks."""

    key: Key
    uid: str
    version: int
    generation: int
    created_at: Instant
    deleting: bool
    owner_uid: str
    attempt_of: AttemptRef | None
    """Of a child run the attempt that it is; None if it is none, or only says so."""
    labels: dict[str, str]
    workflow: str
    """The Workflow that a run or a Backfill names; empty if it names none."""
    resumes_from: str
    """The run that a run names; empty if it names none."""
    spec_json: bytes
    """As parsed, a spec of 1.3 MB would take four times that, and it is seldom looked at."""
    status: Json
    typed: dict[type[Model], Model] = field(default_factory=dict, compare=False, repr=False)
    """What `spec_as` returned, by model. It is handed on to newer views of the same generation."""
    concurrency_keys: dict[tuple[str, int], str] = field(default_factory=dict, compare=False, repr=False)
    """Of a run, the value of `concurrency.key`, by UID and generation of the Workflow. It is handed on as well."""

    @property
    def spec(self) -> Json:
        """Parsed at each call."""
        found: Json = orjson.loads(self.spec_json)
        return found

    def spec_as(self, model: type[_M]) -> _M:
        """The spec, parsed once for each generation. A field that does not validate counts as absent."""
        known = self.typed.get(model)
        if not isinstance(known, model):
            known = self.typed[model] = model.read_usable(self.spec)
        return known

    def status_as(self, model: type[_M]) -> _M:
        """The status, parsed at each call. Raises ValidationError: a mark that counted as absent would be run again."""
        return model.read(self.status)

    def inherit(self, older: "ObjectView | None") -> "ObjectView":
        """Itself, with what an older view of this object has parsed, if the spec is still the same."""
        if older is not None and older.generation == self.generation:
            self.typed.update(older.typed)
            self.concurrency_keys.update(older.concurrency_keys)
        return self

    def of_ended(self, *, for_parent: bool) -> "ObjectView":
        """A run that has ended, cut down to what is still asked of it: below 3 KB unless a live parent asks how it
        ended. Whoever needs more reads it from the API server.
        """
        names = (*_STATUS_OF_ENDED, *_STATUS_FOR_PARENT) if for_parent else _STATUS_OF_ENDED
        status = {name: self.status[name] for name in names if name in self.status}
        for name in _OFTEN_THE_SAME & status.keys():
            status[name] = intern(foreign.string(status[name]))
        if len(message := foreign.string(status.get("message"))) > _MESSAGE_OF_ENDED_MAX:
            status["message"] = message[: _MESSAGE_OF_ENDED_MAX - 1] + "…"
        spec = {name: value for name, value in self.spec.items() if name in _SPEC_OF_ENDED}
        if "resumeFrom" in spec:
            spec["resumeFrom"] = {"run": foreign.mapping(spec["resumeFrom"]).get("run")}
        return replace(self, spec_json=_packed(spec), status=status, typed={}, concurrency_keys={})

    @property
    def ref(self) -> RunRef:
        """Of a run."""
        return RunRef(*self.key, self.uid)

    @property
    def parent(self) -> RunRef | None:
        """The run that made this run for one of its tasks."""
        return None if self.attempt_of is None else self.attempt_of.run

    @property
    def depth(self) -> int:
        """How many runs stand above this run."""
        return label_number(self.labels.get(LABEL_DEPTH, ""))

    @property
    def finished(self) -> bool:
        return has_ended(self.phase)

    @property
    def phase(self) -> str:
        """Empty if there is none yet."""
        return foreign.string(self.status.get("phase"))

    def is_of(self, workflow: "ObjectView", *, or_was: bool = False) -> bool:
        """Was this run made for the Workflow, by itself or by a Backfill? Names can be guessed and owners written by
        hand; the labels that say so can be set by nobody else. `or_was`: also one that has lost its owner, as out of a
        backup.
        """
        made = not _LABELS_OF_MADE.isdisjoint(self.labels) and workflow_of(self) == workflow.key
        return made and (self.owner_uid == workflow.uid or (or_was and not self.owner_uid))

    def is_own(self, workflow: "ObjectView") -> bool:
        """Did the Workflow make this run of itself? A Backfill's belong to it as well, but somebody asked for them."""
        return self.owner_uid == workflow.uid and LABEL_BACKFILL_UID not in self.labels


def object_view(body: Json) -> ObjectView:
    """Raises Unreadable if its metadata are none, or all else is missing (see `parsing`), or its spec is no JSON."""
    meta, metadata = ObjectMeta.of(body), body["metadata"]
    spec = body.get("spec")
    if not isinstance(spec, dict):
        raise Unreadable("it is nested too deeply; leave out some levels")
    status = foreign.mapping(body.get("status"))
    owner: Json = next((o for o in foreign.mappings(metadata.get("ownerReferences")) if o.get("controller")), {})
    if has_ended(foreign.string(status.get("phase"))):
        status = {key: value for key, value in status.items() if key != "tasks"}
    labels = foreign.mapping(metadata.get("labels"))
    return ObjectView(
        key=Key(intern(meta.namespace), meta.name),
        uid=meta.uid,
        version=meta.version,
        generation=foreign.integer(metadata.get("generation")) or 0,
        created_at=meta.created_at,
        deleting=bool(metadata.get("deletionTimestamp")),
        owner_uid=intern(foreign.string(owner.get("uid"))),
        attempt_of=attempt_of(metadata),
        labels={name: foreign.string(labels[name]) for name in _LABELS & labels.keys()} or _NO_LABELS,
        workflow=intern(foreign.string(spec.get("workflow"))),
        resumes_from=foreign.string(foreign.mapping(spec.get("resumeFrom")).get("run")),
        spec_json=_packed(spec),
        status=status,
    )


def _packed(spec: Json) -> bytes:
    """Raises Unreadable if the API server could not have sent it: numbers beyond 64 bits."""
    try:
        return bytes(memoryview(orjson.dumps(spec)))  # a copy: orjson returns a buffer of up to 16 times the size
    except orjson.JSONEncodeError as error:
        raise Unreadable(f"its spec is no JSON: {error}") from error


def workflow_of(seen: ObjectView) -> Key:
    """Of a run or a Backfill. One that names none has a Workflow that cannot be."""
    return Key(seen.key.namespace, seen.workflow)
