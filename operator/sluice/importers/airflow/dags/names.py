"""Names of Workflows and parameters from Airflow's ids. Those of tasks are made in `sluice_airflow/names.py`."""

import hashlib
import re

from sluice.api.crd import MAX_WORKFLOW_NAME
from sluice.importers.airflow.sluice_airflow.names import name_of

_HASH = 5


def workflow_of(dag_id: str) -> str:
    """One that is too long ends with a few letters of its hash, as several may begin alike."""
    name = name_of(dag_id)
    if len(name) <= MAX_WORKFLOW_NAME and len(dag_id) <= MAX_WORKFLOW_NAME:
        return name
    told_apart = hashlib.sha256(dag_id.encode()).hexdigest()[:_HASH]
    return f"{name[: MAX_WORKFLOW_NAME - _HASH - 1].strip('-')}-{told_apart}"


def parameter_of(name: str) -> str:
    """What `$(params.…)` and an output's key take."""
    words = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:63]
    return words if re.match(r"[A-Za-z_]", words) else f"_{words}"[:63]
