"""What a pod finds below `/sluice`: its script and inputs, from its own annotations, and files of the Workflow.

Where there are no files the volume is a downwardAPI one; else a projected one, in which all stands side by side.
https://kubernetes.io/docs/concepts/storage/projected-volumes/
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.base.files import file_keys
from sluice.core.spec.task import TaskDefinition

SCRIPT = "sluice.dev/script"
INPUTS = "sluice.dev/inputs"

VOLUME = "sluice"
FOLDER = "/sluice"
SCRIPT_PATH = f"{FOLDER}/script"
STUB_PATH = f"{FOLDER}/stub.py"
_STUB_KEY = "stub.py"


@dataclass(frozen=True, slots=True)
class FileSources:
    """The ConfigMaps of a run's revision: that of its files, whose hashes are given by path, and that of the stub."""

    hashes: Mapping[str, str]
    files: str
    stub: str


def volume(task: TaskDefinition, sources: FileSources, *, script: bool) -> Json | None:
    """The volume that a task needs; None if it has neither a script nor files."""
    items = [_annotation("script", SCRIPT)] if script else []
    if script or task.function is not None:
        items.append(_annotation("inputs.json", INPUTS))
    if not task.mounts_files:
        return {"name": VOLUME, "downwardAPI": {"items": items}} if items else None
    projections: list[Json] = [{"downwardAPI": {"items": items}}] if items else []
    keys = file_keys(sources.hashes)
    paths = sorted(keys) if task.function is not None else task.files
    found = [{"key": keys[path], "path": f"files/{path}"} for path in paths if path in keys]
    projections.append({"configMap": {"name": sources.files, "items": found}})
    if task.function is not None:
        stub = {"key": _STUB_KEY, "path": _STUB_KEY}
        projections.append({"configMap": {"name": sources.stub, "items": [stub]}})
    return {"name": VOLUME, "projected": {"sources": projections}}


def stub_data(stub: str) -> Json:
    """The data of the stub's ConfigMap."""
    return {_STUB_KEY: stub}


def _annotation(path: str, name: str) -> Json:
    return {"path": path, "fieldRef": {"fieldPath": f"metadata.annotations['{name}']"}}
