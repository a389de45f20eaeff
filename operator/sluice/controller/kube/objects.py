"""Objects of our kinds, cut down to what the controller needs."""

import logging
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from sluice.api.base import Model
from sluice.api.run import has_ended
from sluice.controller.observability.metrics import object_unreadable
from sluice.core import Instant, Json
from sluice.core.base.naming import (
    LABEL_BACKFILL_UID,
    LABEL_DEPTH,
    LABEL_GENERATION,
    LABEL_SCHEDULED,
    label_number,
)
from sluice.core.base.ownership import AttemptRef, RunRef, attempt_of, controller_of
from sluice.core.base.times import instant

_LABELS = frozenset({LABEL_GENERATION, LABEL_SCHEDULED, LABEL_BACKFILL_UID, LABEL_DEPTH})


_M = TypeVar("_M", bound=Model)

log = logging.getLogger("sluice.objects")


class Key(NamedTuple):
    """An object of one of our kinds."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ObjectView:
    """An object of one of our kinds. Of a run that has finished only the end is kept of the status."""

    key: Key
    uid: str
    version: int
    generation: int
    created_at: Instant
    deleting: bool
    owner_uid: str
    parent: RunRef | None
    """The run that made this run for one of its tasks."""
    attempt_of: AttemptRef | None
    """The attempt of that task; None too if it only says so."""
    labels: dict[str, str]
    spec: Json
    status: Json
    typed: dict[type[Model], Model] = field(default_factory=dict, compare=False, repr=False)
    """What `spec_as` returned, by model. It is handed on to newer views of the same generation."""

    def spec_as(self, model: type[_M]) -> _M:
        """The spec, parsed once for each generation. A field that does not validate counts as absent."""
        known = self.typed.get(model)
        if not isinstance(known, model):
            known = self.typed[model] = model.read_usable(self.spec)
        return known

    def status_as(self, model: type[_M]) -> _M:
        """The status, parsed at each call. Raises ValidationError: a mark that counted as absent would be run again."""
        return model.read(self.status)

    def inherit(self, older: "ObjectView") -> None:
        """Keeps what an older view of this object has parsed, if the spec is still the same."""
        if older.generation == self.generation:
            self.typed.update(older.typed)

    @property
    def ref(self) -> RunRef:
        """Of a run."""
        return RunRef(*self.key, self.uid)

    @property
    def depth(self) -> int:
        """How many runs stand above this run."""
        return label_number(self.labels.get(LABEL_DEPTH, ""))

    @property
    def finished(self) -> bool:
        return has_ended(self.status.get("phase", ""))

    def is_own(self, workflow: "ObjectView") -> bool:
        """Did the Workflow make this run of itself? A Backfill's belong to it as well, but somebody asked for them."""
        return self.owner_uid == workflow.uid and LABEL_BACKFILL_UID not in self.labels


def object_view(body: Json) -> ObjectView:
    metadata = body["metadata"]
    status = body.get("status", {})
    owner: Json = next((o for o in metadata.get("ownerReferences", ()) if o.get("controller")), {})
    if has_ended(status.get("phase", "")):
        status = {key: value for key, value in status.items() if key != "tasks"}
    return ObjectView(
        key=Key(metadata["namespace"], metadata["name"]),
        uid=metadata["uid"],
        version=int(metadata["resourceVersion"]),
        generation=metadata["generation"],
        created_at=instant(metadata["creationTimestamp"]) or 0.0,
        deleting="deletionTimestamp" in metadata,
        owner_uid=owner.get("uid", ""),
        parent=controller_of(metadata, "WorkflowRun"),
        attempt_of=attempt_of(metadata),
        labels={name: value for name, value in metadata.get("labels", {}).items() if name in _LABELS},
        spec=body.get("spec", {}),
        status=status,
    )


def readable(body: Json) -> bool:
    """Can the object be read? All of ours have a spec: one without was nested too deeply (see `parsing`)."""
    if "spec" in body:
        return True
    log.warning("%(namespace)s/%(name)s cannot be read and is passed over: it is nested too deeply", body["metadata"])
    object_unreadable()
    return False


def workflow_of(seen: ObjectView) -> Key:
    """Of a run or a Backfill."""
    return Key(seen.key.namespace, seen.spec["workflow"])
