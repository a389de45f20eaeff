"""Reads what a status says of the tasks. The API server takes whatever somebody writes there."""

from collections.abc import Mapping
from typing import Any

from sluice.api.run import TaskStatus
from sluice.core import Json
from sluice.core.base import foreign


def usable_entries(status: Json) -> dict[str, Json]:
    """`status.tasks` without what the operator could not have written."""
    return {name: _usable(entry) for name, entry in foreign.mapping(status.get("tasks")).items()}


def _usable(entry: Any) -> Json:
    found = TaskStatus.read({"phase": "Pending"} | TaskStatus.usable(foreign.mapping(entry)))
    return found.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)


def stored_outputs(task: str, entry: Json, apart: Mapping[str, str]) -> Json | None:
    """The outputs of a task: those in its entry, or in the run's ConfigMap, whose data is `apart`. None if there are
    none, or somebody has changed them.
    """
    text = apart.get(task, "") if "outputsIn" in entry else entry.get("outputs", "")
    try:
        found = foreign.parse(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
