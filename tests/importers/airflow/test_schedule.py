"""When a Workflow runs: presets, intervals, zones, catch-up, and what Airflow 2 and 3 leave out."""

import os
import subprocess

import pytest

from tests.importers.airflow.harness import faults, imported, run_task, spec_of, tasks_of

START = "start_date=datetime(2026, 1, 1)"
BERLIN = "start_date=pendulum.datetime(2026, 1, 1, tz='Europe/Berlin')"
TASK = "\n    EmptyOperator(task_id='a') >> BashOperator(task_id='b', bash_command='true')\n"
JAN_1, JAN_2 = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
DAILY = {"cron": "0 0 * * *", "startAt": JAN_2}


@pytest.mark.parametrize(
    ("said", "version", "fields"),
    [
        ("schedule=None", 2, {"trigger": "Manual"}),
        ("schedule='@once'", 2, {}),
        ("schedule_interval='@daily'", 0, {"schedule": DAILY | {"catchUp": "All"}}),
        (
            "schedule='@daily', catchup=False",
            0,
            {"schedule": DAILY | {"catchUp": "LatestAtOnce"}},
        ),
        # Airflow 3 runs a cron at its times, and does not catch up unless it is told to
        (
            "schedule='@daily'",
            3,
            {"schedule": DAILY | {"startAt": JAN_1, "catchUp": "LatestAtOnce"}},
        ),
        (
            "schedule=timedelta(hours=6)",
            2,
            {"schedule": {"every": "6h", "startAt": JAN_1[:11] + "06:00:00Z", "catchUp": "All"}},
        ),
        ("tags=['x']", 2, {"schedule": {"every": "1d", "startAt": JAN_2, "catchUp": "All"}}),
        ("tags=['x']", 3, {"trigger": "Manual"}),
        (
            "schedule='30 3 * * 1', end_date=datetime(2026, 2, 1), max_active_runs=3",
            2,
            {
                "schedule": {
                    "cron": "30 3 * * 1",
                    "startAt": "2026-01-12T03:30:00Z",
                    "endAt": "2026-02-02T03:30:00Z",
                    "catchUp": "All",
                },
                "concurrency": {"maxRuns": 3},
            },
        ),
        (
            "schedule=CronTriggerTimetable('0 3 * * *', timezone='Europe/Paris')",
            3,
            {
                "schedule": {
                    "cron": "0 3 * * *",
                    "timeZone": "Europe/Paris",
                    "startAt": "2026-01-01T02:00:00Z",
                    "catchUp": "LatestAtOnce",
                }
            },
        ),
        (
            "schedule=None, dagrun_timeout=timedelta(hours=2), concurrency=4",
            2,
            {"trigger": "Manual", "parallelism": 4, "timeout": "2h"},
        ),
    ],
)
def test_schedules(tmp_path, said, version, fields):
    head = "from airflow.timetables.trigger import CronTriggerTimetable\n"
    result = imported(tmp_path, f"{head}with DAG('etl', {START}, {said}):{TASK}", airflow=version)
    assert faults(result) == []
    ours = {"trigger", "schedule", "concurrency", "parallelism", "timeout"}
    assert {name: value for name, value in spec_of(result).items() if name in ours} == fields


def test_a_cron_is_in_the_zone_of_the_start_date(tmp_path):
    result = imported(
        tmp_path, f"import pendulum\nwith DAG('etl', {BERLIN}, schedule='0 3 * * *', catchup=False):{TASK}"
    )
    schedule = spec_of(result)["schedule"]
    assert (schedule["timeZone"], schedule["startAt"]) == ("Europe/Berlin", "2026-01-02T02:00:00Z")


@pytest.mark.parametrize(
    "call", ["days_ago(2)", "datetime.now() - timedelta(days=1)", "pendulum.today('UTC').add(days=-2)"]
)
def test_a_start_date_that_moves_is_a_loss_and_left_out(tmp_path, call):
    head = "import pendulum\nfrom airflow.utils.dates import days_ago\n"
    result = imported(tmp_path, f"{head}with DAG('etl', start_date={call}, schedule='@daily'):{TASK}")
    assert [loss.line for loss in result.losses] == [9]
    assert spec_of(result)["schedule"] == {"cron": "0 0 * * *", "catchUp": "LatestAtOnce"}


@pytest.mark.parametrize(
    ("schedule", "shown"),
    [
        ("Dataset('a') | Dataset('b')", "schedule by any of several datasets"),
        ("Workdays('0 0 * * *', timezone='UTC')", "schedule Workdays"),
    ],
)
def test_a_schedule_that_is_not_known_is_by_hand(tmp_path, schedule, shown):
    text = f"""
from airflow.datasets import Dataset
from airflow.timetables.trigger import CronTriggerTimetable

class Workdays(CronTriggerTimetable):
    def next_dagrun_info(self, **more): ...

with DAG("etl", {START}, schedule={schedule}):{TASK}"""
    result = imported(tmp_path, text)
    assert spec_of(result)["trigger"] == "Manual"
    assert [loss.what for loss in result.losses] == [shown]


def test_datasets_are_after_where_the_files_write_them(tmp_path):
    text = f"""
from airflow.datasets import Dataset
rows = Dataset("s3://rows")
with DAG("writer", {START}, schedule="@daily"):
    BashOperator(task_id="write", bash_command="true", outlets=[rows])
with DAG("reader", {START}, schedule=[rows]):
    BashOperator(task_id="read", bash_command="true")
with DAG("alone", {START}, schedule=[Dataset("s3://other")]):
    BashOperator(task_id="read", bash_command="true")
"""
    result = imported(tmp_path, text)
    specs = {each.name: each.manifest["spec"] for each in result.objects}
    assert specs["reader"]["after"] == [{"workflow": "writer"}]
    assert specs["alone"]["trigger"] == "Manual"
    assert [loss.what for loss in result.losses] == ["dataset s3://other"]


@pytest.mark.parametrize(("said", "shown"), [("'@continuous'", "'@continuous'"), ("'61 * * * *'", "'61 * * * *'")])
def test_what_has_no_translation_is_by_hand_and_a_loss(tmp_path, said, shown):
    result = imported(tmp_path, f"with DAG('etl', {START}, schedule={said}, catchup=False):{TASK}")
    assert spec_of(result)["trigger"] == "Manual"
    assert [loss.what for loss in result.losses] == [f"schedule {shown}"]


@pytest.mark.parametrize(("paused", "schedule"), [("True", True), ("False", None)])
def test_a_dag_that_is_made_paused(tmp_path, paused, schedule):
    text = "with DAG('etl', schedule='@daily', start_date=datetime(2026, 1, 1), catchup=False"
    result = imported(tmp_path, f"{text}, is_paused_upon_creation={paused}):\n    EmptyOperator(task_id='t')\n")
    assert faults(result) == []
    assert spec_of(result)["schedule"].get("suspend") is schedule


INTERVAL = """
from airflow.timetables.trigger import CronTriggerTimetable
with DAG("etl", {start}, catchup=False, schedule={schedule}):
    BashOperator(task_id="b", bash_command="echo {{{{ data_interval_start | ds }}}}")
    PythonOperator(task_id="p", python_callable=lambda data_interval_start: print(data_interval_start.date()))
"""


@pytest.mark.parametrize(
    ("schedule", "version", "shown"),
    [
        ("'@daily'", 2, "2026-03-01"),
        ("'@daily'", 3, "2026-03-02"),
        ("timedelta(days=1)", 3, "2026-03-02"),
        ("CronTriggerTimetable('0 0 * * *', timezone='UTC')", 2, "2026-03-02"),
        ("CronTriggerTimetable('0 0 * * *', timezone='UTC', interval=timedelta(days=7))", 3, "2026-02-23"),
    ],
)
def test_when_the_interval_of_a_run_begins(tmp_path, schedule, version, shown):
    result = imported(tmp_path, INTERVAL.format(start=START, schedule=schedule), airflow=version)
    assert (result.losses, faults(result)) == ([], [])
    run = {"intervalStart": "2026-03-01T00:00:00Z", "intervalEnd": "2026-03-02T00:00:00Z"}
    assert run_task(tmp_path, spec_of(result), "p", run=run).out == shown + "\n"
    env = {**os.environ, "SLUICE_INTERVAL_START": run["intervalStart"], "SLUICE_SCHEDULED_TIME": run["intervalEnd"]}
    script = ["bash", "-c", tasks_of(result)["b"]["bash"]]
    assert subprocess.run(script, env=env, capture_output=True, text=True, check=True).stdout == shown + "\n"


def test_an_interval_of_months_is_told(tmp_path):
    schedule = "CronTriggerTimetable('0 0 1 * *', timezone='UTC', interval=relativedelta(months=1))"
    text = "from dateutil.relativedelta import relativedelta\n" + INTERVAL.format(start=START, schedule=schedule)
    assert [loss.what for loss in imported(tmp_path, text).losses] == ["interval of the timetable"]
