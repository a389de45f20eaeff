"""Names in the manifest for Airflow's ids. The importer and the pod make the same ones."""

import re
from collections.abc import Iterable


def name_of(some_id: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", some_id.lower()).strip("-")
    return words[:63].strip("-") or "task"


def names_of(task_ids: Iterable[str]) -> dict[str, str]:
    """The tasks' names in the Workflow, by their ids."""
    names: dict[str, str] = {}
    for task_id in task_ids:
        name, number = name_of(task_id), 1
        while name in names.values():
            number += 1
            name = f"{name_of(task_id)[:59]}-{number}"
        names[task_id] = name
    return names
