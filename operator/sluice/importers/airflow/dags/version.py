"""What the text of a DAG file tells: for which Airflow it was written, and whether its start date moves.

Airflow 2 and 3 differ in what an absent `schedule` and `catchup` mean.
"""

import re
from pathlib import Path

from sluice.importers.airflow.dags.dag import Options
from sluice.importers.airflow.record.recording import Dag

_THREE = re.compile(r"^\s*(?:from|import)\s+airflow\.(?:sdk|providers\.standard)\b", re.MULTILINE)
_TWO = re.compile(
    r"schedule_interval|days_ago|airflow\.(?:operators\.\w+_operator|contrib|operators\.(?:bash|python|empty|dummy)|decorators"
    r"|datasets|utils\.task_group|sensors\.|operators\.subdag)"
)

_MOVING = re.compile(r"start_date\W{1,6}.*\b(days_ago|now|utcnow|today)\(")


def moving_start_date(file: Path) -> tuple[int, str] | None:
    """The line of a start date that is another one each day, and the call that makes it so."""
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if found := _MOVING.search(line):
            return number, found[1]
    return None


def version_of(file: Path, dag: Dag, options: Options) -> tuple[int, str]:
    """The version, and a note if it had to be guessed and matters."""
    if options.airflow:
        return options.airflow, ""
    text = file.read_text(encoding="utf-8", errors="replace")
    if _THREE.search(text):
        return 3, ""
    if _TWO.search(text) or (dag.schedule != "not said" and "catchup" in dag.fields):
        return 2, ""
    return 2, "read as Airflow 2: no schedule is daily, and catch-up is on; --airflow 3 reads it the other way"
