"""`ExternalTaskSensor`: a run that begins with one begins after each success of the other Workflow (`after`).

Airflow looks for the run of the same date; here it is the newest success, which is the same where both run in step.
"""

from sluice.core import Json
from sluice.importers.airflow.dags.dag import Translation
from sluice.importers.airflow.dags.names import workflow_of
from sluice.importers.airflow.dags.schedule import Triggers
from sluice.importers.airflow.record.recording import RecordedTask

_INSTEAD = "the Workflow runs after each success of that one as a whole, and not at a time of its own"


def other_dag(task: RecordedTask, dag: Translation) -> str | None:
    """The id of the DAG that a sensor waits for with which a scheduled run begins; None for any other task."""
    other = task.fields.get("external_dag_id")
    begins = task.is_a("ExternalTaskSensor") and not dag.upstream[task.id] and dag.dag.schedule is not None
    return other if begins and isinstance(other, str) and "\ue000" not in other and "{{" not in other else None


def after(dag: Translation, schedule: Triggers) -> Json:
    """The schedule's fields; `after` in place of times where the run begins with such sensors."""
    waited = {task.id: other for task in dag.dag.tasks if (other := other_dag(task, dag)) is not None}
    if not waited:
        return schedule.fields
    for task_id, other in waited.items():
        dag.lose(dag.tasks[task_id], f"ExternalTaskSensor on {other}", _INSTEAD)
    names = dict.fromkeys(workflow_of(other) for other in waited.values())
    before = [each for each in schedule.fields.get("after", []) if each["workflow"] not in names]
    others = {key: value for key, value in schedule.fields.items() if key not in ("schedule", "trigger", "after")}
    return others | {"after": [*before, *({"workflow": name} for name in names)]}
