"""`ExternalTaskSensor`: a run that begins with one runs after each success of the other Workflow."""

import pytest

from tests.importers.airflow.harness import faults, imported, spec_of

HEAD = "from airflow.sensors.external_task import ExternalTaskSensor\n"
SENSOR = "    s = ExternalTaskSensor(task_id='s', external_dag_id='ingest')\n"
WORK = "    b = BashOperator(task_id='b', bash_command='b')\n"


@pytest.mark.parametrize(
    "schedule", ["schedule='@daily', start_date=datetime(2026, 1, 1)", "schedule=timedelta(hours=1)"]
)
def test_a_sensor_at_the_beginning_is_what_the_workflow_runs_after(tmp_path, schedule):
    result = imported(tmp_path, f"{HEAD}with DAG('etl', {schedule}):\n{SENSOR}{WORK}    s >> b\n")
    spec = spec_of(result)
    assert {key: spec.get(key) for key in ("after", "schedule")} == {
        "after": [{"workflow": "ingest"}],
        "schedule": None,
    }
    assert spec["tasks"] == [{"name": "s", "join": {}}, {"name": "b", "dependsOn": ["s"], "bash": "b"}]
    assert (faults(result), [(loss.line, loss.left) for loss in result.losses]) == ([], [(9, False)])


@pytest.mark.parametrize(("schedule", "order"), [("'@daily'", "b >> s"), ("None", "s >> b")])
def test_a_sensor_that_nothing_can_stand_for_is_left_to_the_user(tmp_path, schedule, order):
    result = imported(tmp_path, f"{HEAD}with DAG('etl', schedule={schedule}):\n{SENSOR}{WORK}    {order}\n")
    (loss,) = result.losses
    assert (loss.line, loss.left, faults(result) != []) == (9, True, True)
