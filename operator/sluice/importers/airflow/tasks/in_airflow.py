"""A task that needs Airflow itself: its pod has an image with it, where `airflow tasks test` runs this one task."""

from sluice.core import Json
from sluice.importers.airflow.dags.dag import Translation
from sluice.importers.airflow.record.recording import RecordedTask

_SETTINGS = {
    "AIRFLOW__CORE__DAGS_FOLDER": "/sluice/files",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "PYTHONPATH": "/sluice/files",
}


def by_airflow(task: RecordedTask, dag: Translation) -> Json:
    """XComs stay in that pod, as its database does."""
    if dag.handed_on[task.id] or dag.read[task.id]:
        dag.lose(task, "XCom", "it runs in a pod with an Airflow of its own, which knows no XComs of other tasks")
    day = "$SLUICE_INTERVAL_START" if dag.by_interval else "$SLUICE_SCHEDULED_TIME"
    return {
        "image": dag.options.airflow_image,
        "env": [{"name": name, "value": value} for name, value in _SETTINGS.items()],
        "files": dag.travelling,
        "bash": (
            "airflow db migrate > /dev/null\n"
            f'airflow tasks test {dag.dag.id} {task.id} "$(date -u -d "{day}" +%Y-%m-%dT%H:%M:%S)"\n'
        ),
    }
