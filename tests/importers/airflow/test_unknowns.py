"""What a file does not say by itself: reported with its line, never decided in silence."""

import pytest

from sluice.importers.airflow.texts.secret_values import is_secret
from sluice.importers.write import to_yaml
from tests.importers.airflow.harness import faults, imported, run_task, spec_of, tasks_of

DAG = "with DAG('etl', schedule=None):\n"
TASK = "    a = BashOperator(task_id='a', bash_command='true')\n"


@pytest.mark.parametrize(
    ("head", "body", "line", "what"),
    [
        ("from nowhere import flag", "    if flag: pass", 9, "the truth of nowhere.flag, which is not known"),
        ("from nowhere import names", "    for n in names: pass", 9, "the items of nowhere.names, which is not known"),
        ("from nowhere import n", "    x = n > 3", 9, "a comparison of nowhere.n, which is not known"),
        ("from nowhere import make", "    make(a)", 9, "nowhere.make() is not known here and may make tasks or edges"),
        ("from nowhere import make", "    a >> make('b')", 9, "an edge to or from nowhere.make(), which is not known"),
    ],
)
def test_what_is_asked_of_an_unknown_is_a_loss(tmp_path, head, body, line, what):
    result = imported(tmp_path, f"{head}\n{DAG}{TASK}{body}\n")
    assert (result.exit_code, faults(result)) == (3, [])
    assert [(loss.line, loss.what) for loss in result.losses] == [(line + 1, what)]


@pytest.mark.parametrize("run", [True, False])
@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("if Variable.get('v') == 'prod': pass", "a comparison of Variable v, which is not known"),
        ("if 'x' + Variable.get('v') != 'prod': pass", "a comparison of Variable v, which is not known"),
        ("if Variable.get('v'): pass", "the truth of Variable v, which is not known"),
        ("if os.environ.get('E'): pass", "the truth of environment variable E, which is not known"),
        ("for n in Variable.get('v').split(','): pass", "the items of Variable v, which is not known"),
        ("x = int(Variable.get('v'))", "the number of Variable v, which is not known"),
        ("x = 'a' in Variable.get('v')", "the items of Variable v, which is not known"),
        ("x = [n for n in range(len(Variable.get('v')))]", "the length of Variable v, which is not known"),
    ],
)
def test_what_is_asked_of_an_unknown_text_is_a_loss(tmp_path, body, what, run):
    text = f"import os\nfrom airflow.models import Variable\n{DAG}{TASK}    {body}\n"
    result = imported(tmp_path, text, run=run)
    assert [(loss.line, loss.what) for loss in result.losses] == [(11, what)]


def test_an_unknown_operator_is_left_to_the_user(tmp_path):
    text = "from airflow.providers.google.cloud.operators.bigquery import BigQueryInsertJobOperator\n"
    result = imported(tmp_path, f"{text}{DAG}{TASK}    a >> BigQueryInsertJobOperator(task_id='q', sql='select 1')\n")
    assert result.summary() == "2 tasks: 1 exact, 1 left to you (line 10: BigQueryInsertJobOperator)"
    assert faults(result) != []
    assert "  # " in to_yaml(result.objects)


@pytest.mark.parametrize(
    ("call", "options", "command", "parameter"),
    [
        ("Variable.get('bucket')", {}, "echo ${PARAM_BUCKET}", {"name": "bucket"}),
        ("Variable.get('bucket')", {"variables": {"bucket": "b"}}, "echo b", None),
        ("Variable.get('bucket', default_var='d')", {}, "echo d", None),
        ("os.environ.get('BUCKET', 'e')", {}, "echo e", None),
        ("os.environ['BUCKET']", {"env": {"BUCKET": "f"}}, "echo f", None),
        ("os.environ['BUCKET']", {}, "echo ${PARAM_BUCKET}", {"name": "BUCKET"}),
        ("os.environ.get('BUCKET')", {}, "echo ${PARAM_BUCKET}", {"name": "BUCKET"}),
        ("os.getenv('BUCKET')", {}, "echo ${PARAM_BUCKET}", {"name": "BUCKET"}),
        ("os.getenv('BUCKET', 'g')", {}, "echo g", None),
        ("str(os.environ.get('BUCKET', None))", {}, "echo None", None),
    ],
)
def test_what_only_the_installation_knows(tmp_path, call, options, command, parameter):
    head = "import os\nfrom airflow.models import Variable\n"
    text = f'{head}{DAG}    BashOperator(task_id="a", bash_command="echo " + {call})\n'
    result = imported(tmp_path, text, **options)
    assert tasks_of(result)["a"]["bash"] == command
    found = spec_of(result).get("parameters", [])
    assert [{"name": each["name"]} for each in found] == ([] if parameter is None else [parameter])


@pytest.mark.parametrize(
    ("template", "given", "env", "parameter"),
    [
        ("{{ var.json.cfg.bucket }}", {}, None, {"name": "cfg_bucket"}),
        ("{{ var.json.cfg['a']['b'] }}", {}, None, {"name": "cfg_a_b"}),
        ("{{ var.json.cfg.bucket }}", {"cfg": {"bucket": "B"}}, None, {"name": "cfg_bucket", "default": "B"}),
        ("{{ var.json.cfg.bucket }}", {"cfg": '{"bucket": "B"}'}, None, {"name": "cfg_bucket", "default": "B"}),
        ("{{ var.json.cfg.key }}", {"cfg": {"key": "K"}}, None, {"name": "cfg_key", "default": "K"}),
        ("{{ var.json.cfg.key }}", {}, {"name": "airflow-variables", "key": "cfg.key"}, None),
        ("{{ var.json.cfg.get('a', 'b') }}", {"cfg": {}}, None, None),
        ("{{ var.json.cfg.get('a', 'b') }}", {}, None, {"name": "cfg_a", "default": "b"}),
        ("' + V['bucket'] + '", {}, None, {"name": "cfg_bucket"}),
        ("' + V['a']['b'] + '", {}, None, {"name": "cfg_a_b"}),
        ("' + f'{V[\"bucket\"]}' + '", {}, None, {"name": "cfg_bucket"}),
        ("' + V.get('a', 'b') + '", {}, None, None),
        ("' + V['key'] + '", {}, {"name": "airflow-variables", "key": "cfg.key"}, None),
    ],
)
def test_a_variable_that_is_json(tmp_path, template, given, env, parameter):
    head = "from airflow.models import Variable\nV = Variable.get('cfg', deserialize_json=True)\n"
    command = f"'echo {template}'" if "V" in template else repr(f"echo {template}")
    result = imported(tmp_path, f"{head}{DAG}    BashOperator(task_id='a', bash_command={command})\n", variables=given)
    assert (result.exit_code, faults(result)) == (0, [])
    assert [each["valueFrom"]["secretKeyRef"] for each in tasks_of(result)["a"].get("env", [])] == [env] * bool(env)
    found = [
        {name: value for name, value in each.items() if name != "description"}
        for each in spec_of(result).get("parameters", [])
    ]
    assert found == ([] if parameter is None else [parameter])


@pytest.mark.parametrize(
    ("given", "value"), [({}, "$(params.cfg)"), ({"cfg": {"a": 1}}, '{"a": 1}'), ({"cfg": '{"a": 1}'}, '{"a": 1}')]
)
def test_a_variable_that_is_json_as_a_whole_is_rendered_in_the_pod(tmp_path, given, value):
    text = f"{DAG}    BashOperator(task_id='a', bash_command='echo \"{{{{ var.json.cfg }}}}\"')\n"
    result = imported(tmp_path, text, variables=given)
    assert (result.exit_code, faults(result)) == (0, [])
    assert tasks_of(result)["a"]["env"] == [{"name": "AIRFLOW_VAR_CFG", "value": value}]
    ran = run_task(tmp_path, spec_of(result), "a", env={"AIRFLOW_VAR_CFG": '{"a": 1}'})
    assert ran.out == "{'a': 1}\n", ran.err


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("for x in V: pass", "the items of Variable cfg, which is not known"),
        ("for x, y in V.items(): pass", "the items of Variable cfg, which is not known"),
        ("for x in range(V['n']): pass", "the number of Variable cfg.n, which is not known"),
        ("if V['n'] == 1: pass", "a comparison of Variable cfg.n, which is not known"),
    ],
)
def test_what_is_asked_of_json_that_is_not_known_is_a_loss(tmp_path, body, what):
    head = "from airflow.models import Variable\nV = Variable.get('cfg', deserialize_json=True)\n"
    assert [loss.what for loss in imported(tmp_path, f"{head}{DAG}{TASK}    {body}\n").losses] == [what]


SECRET = {"secretKeyRef": {"name": "airflow-variables", "key": "db_password"}}


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        ("bash_command='login {{ var.value.db_password }}'", {"name": "DB_PASSWORD", "valueFrom": SECRET}),
        ("bash_command='login ' + Variable.get('db_password')", {"name": "DB_PASSWORD", "valueFrom": SECRET}),
        ("bash_command='a', env={'PW': Variable.get('db_password')}", {"name": "PW", "valueFrom": SECRET}),
        ("bash_command='a', env={'PW': '{{ var.value.host }}'}", {"name": "PW", "value": "$(params.host)"}),
    ],
)
def test_a_value_that_is_secret_by_its_name_comes_from_a_secret(tmp_path, arguments, env):
    result = imported(
        tmp_path, f"from airflow.models import Variable\n{DAG}    BashOperator(task_id='a', {arguments})\n"
    )
    assert tasks_of(result)["a"]["env"] == [env]


def test_a_secret_of_a_pod_and_of_a_body_comes_from_a_secret(tmp_path):
    text = """
    from airflow.models import Variable
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    def body():
        print(Variable.get("db_password"))
    with DAG("etl", schedule=None):
        KubernetesPodOperator(task_id="a", image="x", env_vars={"PW": Variable.get("db_password")})
        PythonOperator(task_id="b", python_callable=body)
    """
    found = tasks_of(imported(tmp_path, text))
    assert found["a"]["env"] == [{"name": "PW", "valueFrom": SECRET}]
    optional = {"secretKeyRef": SECRET["secretKeyRef"] | {"optional": True}}
    assert found["b"]["env"] == [{"name": "AIRFLOW_VAR_DB_PASSWORD", "valueFrom": optional}]


@pytest.mark.parametrize("name", ["api_key", "slackToken", "DB_PASS", "client-secret"])
def test_secret_by_name(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["bypass", "monkey", "host", "keyspace"])
def test_no_secret_by_name(name):
    assert not is_secret(name)


def test_a_scheduled_workflow_needs_a_value(tmp_path):
    text = "from airflow.models import Variable\nwith DAG('etl', schedule='@daily', start_date=datetime(2026, 1, 1)):\n"
    result = imported(tmp_path, f"{text}    BashOperator(task_id='a', bash_command='echo ' + Variable.get('x'))\n")
    assert [(loss.what, loss.left) for loss in result.losses] == [("parameter x", True)]
    assert faults(result) != []


def test_an_id_that_depends_on_the_installation_is_refused(tmp_path):
    text = (
        f"from airflow.models import Variable\n{DAG}    BashOperator(task_id=Variable.get('x'), bash_command='true')\n"
    )
    (refused,) = imported(tmp_path, text).refused
    assert refused.line == 9
    assert "depends on Variable x, which only the installation knows" in refused.message


def test_a_file_without_a_dag_names_the_functions_that_would_make_one(tmp_path):
    (refused,) = imported(tmp_path, "def build(name):\n    return DAG(name)\n").refused
    assert "makes no DAG with tasks; these would: build (line 7)" in refused.message


def test_the_same_text_each_time(tmp_path):
    text = f"{DAG}{TASK}    a >> [BashOperator(task_id=n, bash_command=n, env={{'A': n}}) for n in {{'x', 'y', 'z'}}]\n"
    assert len({to_yaml(imported(tmp_path, text).objects) for _ in range(3)}) == 1


HOOKED = """
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.postgres.operators.postgres import PostgresOperator
def load(ds):
    PostgresHook("db").run("select 1")
with DAG("etl", schedule=None):
    PythonOperator(task_id="load", python_callable=load) >> PostgresOperator(task_id="query", sql="select 2")
"""


def test_what_needs_airflow_is_left_to_the_user_or_runs_in_an_image_with_it(tmp_path):
    result = imported(tmp_path, HOOKED)
    assert [(loss.what, loss.left) for loss in result.losses] == [("PostgresHook", True), ("PostgresOperator", True)]
    result = imported(tmp_path, HOOKED, airflow_image="apache/airflow:2.10.5")
    assert (result.exit_code, faults(result)) == (0, [])
    task = tasks_of(result)["query"]
    assert (task["image"], task["files"]) == ("apache/airflow:2.10.5", ["etl.py"])
    assert "airflow tasks test etl query " in task["bash"]


def test_a_sub_dag_is_a_workflow_that_is_called(tmp_path):
    text = """
from airflow.operators.subdag import SubDagOperator
with DAG("main", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    inner = DAG("main.inner", schedule="@daily", start_date=datetime(2026, 1, 1))
    BashOperator(task_id="a", bash_command="true", dag=inner)
    SubDagOperator(task_id="inner", subdag=inner)
"""
    result = imported(tmp_path, text)
    specs = {each.name: each.manifest["spec"] for each in result.objects}
    assert specs["main"]["tasks"] == [{"name": "inner", "workflow": {"name": "main-inner"}}]
    assert specs["main-inner"]["trigger"] == "Manual"
