"""Names of Workflows and parameters from Airflow's ids. Those of tasks are made in `sluice_airflow/names.py`."""

import re

from sluice.importers.airflow.sluice_airflow.names import name_of

_WORKFLOW_MAX = 52


def workflow_of(dag_id: str) -> str:
    return name_of(dag_id)[:_WORKFLOW_MAX].strip("-") or "dag"


def parameter_of(name: str) -> str:
    """What `$(params.…)` and an output's key take."""
    words = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:63]
    return words if re.match(r"[A-Za-z_]", words) else f"_{words}"[:63]
