"""Python tasks: the stand-ins in the pod find the callable by its ids, and give it Airflow's context."""

import subprocess
import sys
from pathlib import Path

import pytest

from sluice.importers import airflow
from tests.importers.airflow.harness import faults, imported, run_task, spec_of, tasks_of

FOLDER = str(Path(airflow.__file__).parent)
RUN = {"intervalStart": "2026-03-01T00:00:00Z", "intervalEnd": "2026-03-02T00:00:00Z"}


def dag(*lines, **fields):
    said = {"schedule": None, "start_date": "datetime(2026, 1, 1)", **fields}
    arguments = ", ".join(f"{name}={value}" for name, value in said.items())
    return "\n".join(
        [*(line for line in lines if not line.startswith(" ")), f"with DAG('etl', {arguments}) as dag:"]
    ) + ("\n" + "\n".join(line for line in lines if line.startswith(" ")) + "\n")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("lambda ds, **_: print(ds)", "2026-03-01"),
        ("lambda ti: print(ti.task_id, ti.dag_id, ti.try_number)", "t etl 1"),
        ("lambda **context: print(context['data_interval_end'].strftime('%d'))", "02"),
        ("lambda logical_date: print(logical_date.add(days=1).to_date_string())", "2026-03-02"),
        ("lambda params: print(params['n'] + 1, params.n)", "4 3"),
        ("lambda dag_run: print(dag_run.run_id, dag_run.conf.get('n'))", "etl-1 3"),
        (
            "lambda: print(__import__('airflow.operators.python').operators.python.get_current_context()['ds'])",
            "2026-03-01",
        ),
        ("print, op_args=['{{ ds_nodash }}'], op_kwargs={'end': '{{ macros.ds_add(ds, 1) }}'}", "202603012026-03-02"),
    ],
)
def test_context(tmp_path, body, shown):
    result = imported(tmp_path, dag(f"    PythonOperator(task_id='t', python_callable={body})", params={"n": 3}))
    assert faults(result) == []
    done = run_task(tmp_path, spec_of(result), "t", run=RUN, params={"n": 3})
    assert done.out.strip() == shown, done.err


def test_what_one_returns_or_pushes_another_pulls(tmp_path):
    result = imported(
        tmp_path,
        dag(
            "def first(ti):\n    ti.xcom_push(key='rows', value=7)\n    return {'files': ['a', 'b']}\n",
            "def second(ti):\n    print(ti.xcom_pull(task_ids='first'), ti.xcom_pull(task_ids='first', key='rows'))\n",
            "    one = PythonOperator(task_id='first', python_callable=first)",
            "    one >> EmptyOperator(task_id='between') >> PythonOperator(task_id='second', python_callable=second)",
        ),
    )
    assert faults(result) == []
    tasks = tasks_of(result)
    assert tasks["second"]["dependsOn"] == ["between", "first"]
    done = run_task(tmp_path, spec_of(result), "first")
    assert done.outputs == {"rows": 7, "return_value": {"files": ["a", "b"]}}, done.err
    assert (
        run_task(tmp_path, spec_of(result), "second", tasks={"first": done.outputs}).out == "{'files': ['a', 'b']} 7\n"
    )


def test_a_value_that_nobody_reads_is_no_output(tmp_path):
    result = imported(tmp_path, dag("    PythonOperator(task_id='t', python_callable=lambda: object())"))
    assert "outputs" not in tasks_of(result)["t"]
    assert run_task(tmp_path, spec_of(result), "t").code == 0


@pytest.mark.parametrize(
    ("error", "code", "field", "value"),
    [
        ("AirflowSkipException", 99, "skipExitCodes", [99]),
        ("AirflowFailException", 98, "retries", None),
        ("ValueError", 1, "", None),
    ],
)
def test_how_it_ends(tmp_path, error, code, field, value):
    lines = [
        "from airflow.exceptions import AirflowFailException, AirflowSkipException",
        f"def work():\n    raise {error}('no rows')\n",
        "    PythonOperator(task_id='t', python_callable=work, retries=2, retry_delay=timedelta(minutes=1))",
    ]
    result = imported(tmp_path, dag(*lines))
    done = run_task(tmp_path, spec_of(result), "t")
    assert done.code == code
    assert "no rows" in done.err
    retries = {"limit": 2, "backoff": {"initial": "1m", "factor": 1}}
    expected = retries | {"exitCodes": [1]} if error == "AirflowFailException" else value
    assert tasks_of(result)["t"].get(field) == expected


def test_modules_beside_the_file_travel(tmp_path):
    include = tmp_path / "dags" / "common"
    include.mkdir(parents=True)
    (include / "__init__.py").write_text("")
    (include / "work.py").write_text("def double(n):\n    from common.late import plus\n    print(plus(n * 2))\n")
    (include / "late.py").write_text("def plus(n):\n    return n + 1\n")
    (tmp_path / "dags" / "names.json").write_text('["one", "two"]')
    lines = [
        "import json\nfrom pathlib import Path\nfrom common.work import double",
        "    for name in json.loads(Path(__file__).with_name('names.json').read_text()):",
        "        PythonOperator(task_id=name, python_callable=double, op_args=[20])",
    ]
    result = imported(tmp_path, dag(*lines))
    assert sorted(spec_of(result)["files"]) == [
        *("airflow_task.py", "common/__init__.py", "common/late.py", "common/work.py", "etl.py", "names.json"),
    ]
    assert run_task(tmp_path, spec_of(result), "two").out == "41\n"


SPAWNS = """
import multiprocessing

def double(n):
    return n * 2

def work():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(double, [1, 2]))

with DAG("etl", schedule=None):
    PythonOperator(task_id="t", python_callable=work)
"""


def test_processes_that_are_spawned(tmp_path):
    done = run_task(tmp_path, spec_of(imported(tmp_path, SPAWNS)), "t")
    assert done.out == "[2, 4]\n", done.err


def test_what_the_image_has_not_is_named_when_it_is_used(tmp_path):
    lines = ["import pandas", "    PythonOperator(task_id='t', python_callable=lambda: print(pandas.DataFrame()))"]
    result = imported(tmp_path, dag(*lines))
    done = run_task(tmp_path, spec_of(result), "t")
    assert done.code == 1
    assert "pandas.DataFrame is not known here: the image of this task has not got it" in done.outputs["error"]


def test_variables_come_by_the_environment(tmp_path):
    lines = [
        "from airflow.models import Variable",
        "    PythonOperator(task_id='t', python_callable=lambda: print(Variable.get('bucket'), Variable.get('x', 1)))",
    ]
    result = imported(tmp_path, dag(*lines), variables={"bucket": "s3://b"})
    env = {each["name"]: each["value"] for each in tasks_of(result)["t"]["env"]}
    assert env == {"AIRFLOW_VAR_BUCKET": "s3://b"}
    assert run_task(tmp_path, spec_of(result), "t", env=env).out == "s3://b 1\n"


def test_an_operator_of_their_own_runs_in_its_pod(tmp_path):
    lines = [
        "from airflow.models import BaseOperator",
        """
class Greet(BaseOperator):
    template_fields = ("name",)

    def __init__(self, name, **kwargs):
        super().__init__(**kwargs)
        self.name = name

    def execute(self, context):
        print("hello", self.name, context["ds"])
""",
        "    Greet(task_id='t', name='{{ ds }}')",
    ]
    result = imported(tmp_path, dag(*lines))
    assert result.exit_code == 0
    assert run_task(tmp_path, spec_of(result), "t", run=RUN).out == "hello 2026-03-01 2026-03-01\n"


def test_names_of_the_context_are_no_keys(tmp_path):
    lines = [
        "def first(**context):\n    context['ti'].xcom_push(key='rows', value=7)\n",
        "def second(**context):\n    return context['ti'].xcom_pull(task_ids='one', key='rows')\n",
        "    one = PythonOperator(task_id='one', python_callable=first)",
        "    one >> PythonOperator(task_id='two', python_callable=second)",
    ]
    assert tasks_of(imported(tmp_path, dag(*lines)))["one"]["outputs"] == ["return_value", "rows"]


def test_an_operator_of_theirs_reads_what_another_task_returns(tmp_path):
    lines = [
        "from airflow.models import BaseOperator",
        """
class Total(BaseOperator):
    template_fields = ("values",)

    def __init__(self, values, **kwargs):
        super().__init__(**kwargs)
        self.values = values

    def execute(self, context):
        print(sum(self.values))
""",
        "    made = PythonOperator(task_id='make', python_callable=lambda: [1, 2])",
        "    Total(task_id='t', values=made.output)",
    ]
    result = imported(tmp_path, dag(*lines))
    assert tasks_of(result)["make"]["outputs"] == ["return_value"]
    before = {"make": {"return_value": [1, 2]}}
    assert run_task(tmp_path, spec_of(result), "t", run=RUN, tasks=before).out == "3\n"


READS = """
def by_get(dag_run): print(dag_run.conf.get("p", "none"))
def by_key(**context): print(context["dag_run"].conf["p"])
def by_name(**context):
    conf = context["dag_run"].conf or {}
    if "p" in conf:
        print(conf["p"])
    else:
        print("none")
def inner(dag_run):
    def read(): return dag_run.conf.get("p", "none")
    print(read())
def helper(dag_run): by_get(dag_run)
def no_conf(spark): spark.conf.get("p")
"""


@pytest.mark.parametrize("body", ["by_get", "by_key", "by_name", "inner", "helper"])
def test_what_a_body_reads_of_conf_is_a_parameter(tmp_path, body):
    result = imported(tmp_path, dag(READS, f"    PythonOperator(task_id='t', python_callable={body})"))
    assert (result.exit_code, faults(result)) == (0, [])
    assert spec_of(result)["parameters"] == [{"name": "p", "default": ""}]
    assert run_task(tmp_path, spec_of(result), "t", run=RUN, params={"p": "a"}).out == "a\n"


def test_a_parameter_that_is_empty_was_not_given(tmp_path):
    result = imported(tmp_path, dag(READS, "    PythonOperator(task_id='t', python_callable=by_name)"))
    assert run_task(tmp_path, spec_of(result), "t", run=RUN, params={"p": ""}).out == "none\n"


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        ("lambda dag_run: print(dict(**dag_run.conf))", []),
        ("lambda dag_run: [print(each) for each in dag_run.conf]", ["dag_run.conf"]),
        ("lambda dag_run: dag_run.conf[str(1)]", ["dag_run.conf"]),
        ("lambda dag_run: dag_run.conf.items()", ["dag_run.conf"]),
        ("lambda dag_run: str.join('', dag_run.conf)", ["dag_run.conf"]),
        ("lambda dag_run: print(bool(dag_run.conf))", []),
        ("no_conf, op_args=[1]", []),
    ],
)
def test_what_a_body_reads_of_conf_by_unknown_names_is_a_loss(tmp_path, body, lost):
    result = imported(tmp_path, dag(READS, f"    PythonOperator(task_id='t', python_callable={body})"))
    assert [loss.what for loss in result.losses] == lost
    assert "parameters" not in spec_of(result)


def test_the_context_has_all_names_that_the_importer_fills_in():
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from sluice_recorder import record, templates\n"
        "print(sorted({*templates.names_of([], {})} - {*record._names_in_pod()}))"
    )
    done = subprocess.run([sys.executable, "-c", program, FOLDER], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("run", [True, False])
@pytest.mark.parametrize(
    ("module", "name", "body"),
    [
        ("exceptions", "AirflowSkipException", "raise {}('x')"),
        ("exceptions", "AirflowFailException", "raise {}('x')"),
        ("models", "Variable", "{}.get('api_password')"),
        ("providers.postgres.hooks.postgres", "PostgresHook", "{}('db').run('select 1')"),
    ],
)
def test_a_class_of_airflow_under_another_name(tmp_path, module, name, body, run):
    def task(said, used):
        call = "    PythonOperator(task_id='t', retries=2, python_callable=work)"
        lines = [f"from airflow.{module} import {said}", f"def work(): {body.format(used)}", call]
        return tasks_of(imported(tmp_path, dag(*lines), run=run))["t"]

    assert task(f"{name} as Other", "Other") == task(name, name)
