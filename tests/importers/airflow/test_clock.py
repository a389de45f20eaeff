"""Operators that ask what day or what time it is: by the clock, or by the time of the run."""

import pytest

from tests.importers.airflow.harness import faults, imported, run_task, spec_of, tasks_of

DAG = """
from datetime import time
from airflow.operators.datetime import BranchDateTimeOperator
from airflow.operators.weekday import BranchDayOfWeekOperator
from airflow.sensors.time_sensor import TimeSensor
from airflow.sensors.weekday import DayOfWeekSensor
from airflow.utils.weekday import WeekDay

with DAG('etl', schedule='@daily', start_date=datetime(2026, 1, 1)) as dag:
"""
SUNDAY = {"intervalStart": "2026-03-01T10:00:00Z", "intervalEnd": "2026-03-02T10:00:00Z"}
BRANCHES = "follow_task_ids_if_true='yes', follow_task_ids_if_false='no', use_task_logical_date=True"


@pytest.mark.parametrize(
    ("operator", "chosen"),
    [
        ("BranchDayOfWeekOperator(task_id='t', week_day='Sunday'", "yes"),
        ("BranchDayOfWeekOperator(task_id='t', week_day={WeekDay.MONDAY, WeekDay.TUESDAY}", "no"),
        ("BranchDateTimeOperator(task_id='t', target_lower=time(9), target_upper=time(11)", "yes"),
        ("BranchDateTimeOperator(task_id='t', target_lower=time(23), target_upper=time(2)", "no"),
        ("BranchDateTimeOperator(task_id='t', target_lower=None, target_upper=datetime(2026, 1, 1)", "no"),
    ],
)
def test_a_branch_by_the_time_of_the_run(tmp_path, operator, chosen):
    text = f"{DAG}    {operator}, {BRANCHES}) >> [EmptyOperator(task_id='yes'), EmptyOperator(task_id='no')]\n"
    result = imported(tmp_path, text)
    assert (result.losses, faults(result)) == ([], [])
    assert tasks_of(result)["yes"]["when"] == '"yes" in tasks.t.outputs.return_value'
    assert run_task(tmp_path, spec_of(result), "t", run=SUNDAY).outputs == {"return_value": [chosen]}


@pytest.mark.parametrize(
    ("operator", "code"),
    [
        ("TimeSensor(task_id='t', target_time=time(0))", 0),
        ("TimeSensor(task_id='t', target_time=time.max)", 75),
        ("DayOfWeekSensor(task_id='t', week_day=list(vars(WeekDay).values()))", 0),
        ("DayOfWeekSensor(task_id='t', week_day=[])", 75),
    ],
)
def test_a_sensor_of_the_clock_is_asked_again(tmp_path, operator, code):
    result = imported(tmp_path, f"{DAG}    {operator}\n")
    assert (result.losses, faults(result)) == ([], [])
    assert tasks_of(result)["t"]["poll"] == {"every": "1m", "timeout": "7d"}
    assert run_task(tmp_path, spec_of(result), "t").code == code
