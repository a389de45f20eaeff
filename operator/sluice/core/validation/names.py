"""Faults of metadata: names that no object can have, and marks that are no text. The API server refuses them, too."""

from collections.abc import Iterator
from typing import Any

from pydantic import ConfigDict

from sluice.api.base import Model, ObjectName, ObjectNamePrefix, TaskName
from sluice.api.crd import KINDS
from sluice.core.base.faults import Fault
from sluice.core.validation.shape import parse_model

_LONGEST = {kind.name: kind.max_name for kind in KINDS}


class _Metadata(Model):
    model_config = ConfigDict(extra="ignore")

    name: ObjectName | None = None
    generate_name: ObjectNamePrefix | None = None
    namespace: TaskName | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


def metadata_faults(kind: str, metadata: Any) -> Iterator[Fault]:
    """A name that is missing is none: objects in a cluster have one. `kind` may be one that is not known."""
    faults: list[Fault] = []
    found = parse_model(_Metadata, metadata, "metadata", faults)
    yield from faults
    if found is not None and found.name is not None and len(found.name) > _LONGEST.get(kind, len(found.name)):
        why = ", as runs are named after it" if kind == "Workflow" else ""
        yield Fault("metadata.name", f"has {len(found.name)} characters; at most {_LONGEST[kind]} fit{why}")
