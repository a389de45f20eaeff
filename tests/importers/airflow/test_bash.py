"""BashOperator: a script as it stands; templates become variables, quoted as their place needs it."""

import subprocess

import pytest

from tests.importers.airflow.harness import faults, imported, run_task, spec_of, tasks_of

DAILY = 'with DAG("etl", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, params={"x": "a b"}):\n'


def bash(tmp_path, command, **more):
    arguments = "".join(f", {name}={value!r}" for name, value in more.items())
    result = imported(tmp_path, f'{DAILY}    BashOperator(task_id="t", bash_command={command!r}{arguments})\n')
    assert faults(result) == []
    return result


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("echo hello", "echo hello"),
        ("false; echo hi", "set +eo pipefail\nfalse; echo hi"),  # Airflow's shell goes on after a failure
        ("make a && make b", "make a && make b"),
        ("echo {{ params.x }}", "echo ${PARAM_X}"),
        ('echo "{{ params.x }}"', 'echo "${PARAM_X}"'),
        ("echo 'is {{ params.x }}'", "echo 'is '\"${PARAM_X}\"''"),
        ("echo {{ run_id }}", "echo ${SLUICE_RUN}"),
        ("{{ params.x }}", 'set +eo pipefail\neval "${PARAM_X}"'),
        ("echo {{ 'a' | upper }}{{ 'b' if 1 is defined }}", "echo Ab"),
        ("echo {{ 1 + 1 }} {% for i in range(2) %}{{ i }} {% endfor %}", "echo 2 0 1 "),
        ("echo {{ ds }}", 'ds=$(date -u -d "$SLUICE_INTERVAL_START" +%Y-%m-%d)\necho ${ds}'),
    ],
)
def test_scripts(tmp_path, command, script):
    assert tasks_of(bash(tmp_path, command))["t"]["bash"] == script


@pytest.mark.parametrize(
    "command",
    [
        "echo '{{ params.x }}'",
        "echo \"$(echo '{{ params.x }}')\"",
        "echo \"`echo '{{ params.x }}'`\"",
        'echo "$(echo "{{ params.x }}")"',
        "cat <<EOF\n'{{ params.x }}'\nEOF\necho '{{ params.x }}'",
        "cat <<-END.1\n\tit's {{ params.x }}\nEND.1\necho '{{ params.x }}'",
        "cat <<'EOF'\nit's\nEOF\necho '{{ params.x }}'",
        "n=2; echo $((1 << n))\necho '{{ params.x }}'",
        "# it's\necho '{{ params.x }}'",
        "x={{ run_id }}#it\necho '{{ params.x }}'",
    ],
)
def test_a_shell_prints_the_value_as_it_is(tmp_path, command):
    script = tasks_of(bash(tmp_path, command))["t"]["bash"]
    value = "it's $HOME `id` \\ *"
    env = {"PATH": "/usr/bin:/bin", "PARAM_X": value, "SLUICE_RUN": "r"}
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.count(value) == command.count("params.x")


@pytest.mark.parametrize("quote", ["'EOF'", " 'EOF'", '"EOF"', "\\EOF"])
def test_a_value_in_a_quoted_here_document_is_rendered_in_the_pod(tmp_path, quote):
    result = bash(tmp_path, f"cat <<{quote}\n{{{{ params.x }}}}\nEOF\n")
    assert run_task(tmp_path, spec_of(result), "t", params={"x": "a b"}).out == "a b\n"


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ ds }} {{ ds_nodash }}", "2026-03-01 20260301"),
        ("{{ ts }}", "2026-03-01T00:00:00+00:00"),
        ("{{ ts_nodash }}", "20260301T000000"),
        ("{{ data_interval_start }} {{ data_interval_end | ds }}", "2026-03-01T00:00:00+00:00 2026-03-02"),
        ("{{ macros.ds_add(ds, 7) }} {{ macros.ds_add(ds, -1) }}", "2026-03-08 2026-02-28"),
        ("{{ macros.ds_format(ds, '%Y-%m-%d', '%d.%m.%Y') }}", "01.03.2026"),
        ("{{ yesterday_ds }} {{ tomorrow_ds_nodash }}", "2026-02-28 20260302"),
        ("{{ execution_date.strftime('%Y/%m') }}", "2026/03"),
        ("{{ ts.strftime('%Y/%m') }} {{ ts.strftime('%Y_%m') }}", "2026/03 2026_03"),
        ("{{ execution_date.strftime('%d. %m') }}", "01. 03"),
        ('{{ execution_date.strftime("%Y;\'%m") }}', "2026;'03"),
        ("{{ (logical_date + macros.timedelta(hours=1)).isoformat() }}", "2026-03-01T01:00:00+00:00"),
        ("{{ logical_date | ts_nodash }}", "20260301T000000"),
        ("{{ data_interval_end.subtract(days=2).to_date_string() }}", "2026-02-28"),
        ("{{ params.x | default('y') }}!", "a b!"),
    ],
)
def test_times_as_a_shell_makes_them(tmp_path, template, shown):
    script = tasks_of(bash(tmp_path, f'echo "{template}"'))["t"]["bash"]
    env = {
        "PATH": "/usr/bin:/bin",
        "PARAM_X": "a b",
        "SLUICE_INTERVAL_START": "2026-03-01T00:00:00Z",
        "SLUICE_SCHEDULED_TIME": "2026-03-02T00:00:00Z",
    }
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == shown + "\n"


def test_parameters_of_the_task_itself(tmp_path):
    result = bash(tmp_path, "echo {{ params.own }} {{ params['x'] }}", params={"own": 5})
    assert tasks_of(result)["t"]["bash"] == "echo 5 ${PARAM_X}"


def test_exit_code_99_is_skipped(tmp_path):
    assert tasks_of(bash(tmp_path, "test -e /new || exit 99"))["t"]["skipExitCodes"] == [99]
    assert "skipExitCodes" not in tasks_of(bash(tmp_path, "echo"))["t"]
    assert tasks_of(bash(tmp_path, "{{ params.x }}"))["t"]["skipExitCodes"] == [99]  # who knows what it does


@pytest.mark.parametrize(("said", "codes"), [("42", [42]), ("[42, 43]", [42, 43]), ("None", None), ("99", [99])])
def test_an_exit_code_that_is_named_for_skipped(tmp_path, said, codes):
    text = f"{DAILY}    BashOperator(task_id='t', bash_command='/opt/job', skip_on_exit_code={said})\n"
    assert tasks_of(imported(tmp_path, text))["t"].get("skipExitCodes") == codes


def test_an_exit_code_for_skipped_of_what_is_rendered_in_the_pod(tmp_path):
    result = bash(tmp_path, "exit {{ params.x | length }}", skip_on_exit_code=3)
    assert tasks_of(result)["t"]["skipExitCodes"] == [99]
    assert run_task(tmp_path, spec_of(result), "t", params={"x": "a b"}).code == 99


def test_environment(tmp_path):
    task = tasks_of(bash(tmp_path, "echo $X", env={"X": "{{ params.x }}", "Y": "z"}))["t"]
    assert task["env"] == [{"name": "X", "value": "$(params.x)"}, {"name": "Y", "value": "z"}]


def test_a_template_that_needs_values_is_rendered_in_the_pod(tmp_path):
    result = bash(tmp_path, "{% if params.x == 'a b' %}echo yes{% else %}echo no{% endif %}")
    assert [loss.what for loss in result.losses] == ["jinja2"]
    assert run_task(tmp_path, spec_of(result), "t", params={"x": "a b"}).out == "yes\n"


@pytest.mark.parametrize(
    "command",
    [
        "echo {{ ds | replace('-', '/') }}",
        "echo {{ (ds ~ 'x') | upper }}",
        "echo {{ (ds ~ 'x').upper() }}",
        "echo {{ params.x | upper }}",
        "echo {{ [params.x] | join }}",
        "echo {{ 'x' if params.x is none else 'y' }}",
        "echo {{ dag_run.conf['y'] if dag_run.conf['y'] is defined else 'nothing' }}",
        "echo {{ 'x' if prev_ds is defined else 'y' }}",
        "echo {% if dag_run.conf %}a{% else %}b{% endif %}",
        "echo {% for name in dag_run.conf %}{{ name }}{% endfor %}",
        "echo '{{ dag_run.conf }}'",
        "echo '{{ dag_run }}'",
        "echo '{{ params }}'",
        "echo '{{ var.value }}'",
        "echo '{{ conn.db }}'",
        "echo '{{ ti }}'",
        "echo '{{ [ds] }}'",
        "echo {{ execution_date.strftime('%f') }}",
    ],
)
def test_what_only_a_run_can_decide_is_rendered_in_the_pod(tmp_path, command):
    task = tasks_of(bash(tmp_path, command))["t"]
    assert ("function" in task, "bash" in task) == (True, False)


@pytest.mark.parametrize(
    ("template", "parameter", "losses"),
    [
        ("{{ dag_run.conf.get('p', '/data/d') }}", {"name": "p", "default": "/data/d"}, []),
        ("{{ dag_run.conf['p'] | default('eu') }}", {"name": "p", "default": "eu"}, []),
        ("{{ params.get('p', 5) }}", {"name": "p", "default": "5"}, []),
        ("{{ params.get('x', 'c') }}", None, []),  # it has one
        ("{{ dag_run.conf.get('x', 'c') }}", None, ["the default 'c' of the parameter x"]),
        (
            "{{ dag_run.conf.get('p', 'a') }}{{ dag_run.conf.get('p', 'b') }}",
            {"name": "p", "default": "a"},
            ["the default 'b' of the parameter p"],
        ),
        (
            "{{ var.value.get('p', 'b') }}",
            {"name": "p", "description": "Variable p of the Airflow installation", "default": "b"},
            [],
        ),
        ("{{ var.value.get('p_key', 'b') }}", None, ["the default of Variable p_key"]),
    ],
)
def test_a_default_in_a_template_is_the_parameters(tmp_path, template, parameter, losses):
    result = bash(tmp_path, f"echo {template}")
    own = {"name": "x", "default": "a b"}
    assert spec_of(result)["parameters"] == ([own] if parameter is None else [own, parameter])
    assert [loss.what for loss in result.losses] == losses


@pytest.mark.parametrize(
    ("template", "given", "shown"),
    [
        ("{{ dag_run.conf.get('p') or 'none' }}", "a", "a"),
        ("{{ dag_run.conf.get('p') or 'none' }}", "", "none"),
        ("{{ dag_run.conf['p'] if 'p' in dag_run.conf else 'none' }}", "", "none"),
        ("{% if dag_run.conf.p is defined %}{{ dag_run.conf.p }}{% else %}none{% endif %}", "a", "a"),
        ("{% if dag_run.conf %}{{ dag_run.conf['p'] }}{% endif %}", "a", "a"),
    ],
)
def test_what_a_template_in_the_pod_reads_of_conf_is_a_parameter(tmp_path, template, given, shown):
    text = f"with DAG('etl', schedule=None):\n    BashOperator(task_id='t', bash_command={'echo ' + template!r})\n"
    result = imported(tmp_path, text, image="with-jinja2")
    assert (result.exit_code, faults(result)) == (0, [])
    assert spec_of(result)["parameters"] == [{"name": "p", "default": ""}]
    assert run_task(tmp_path, spec_of(result), "t", params={"p": given}).out == shown + "\n"


def test_a_command_whose_output_is_read_gets_its_values_too(tmp_path):
    text = """
with DAG("etl", schedule=None):
    a = BashOperator(task_id="a", bash_command="echo {{ dag_run.conf['p'] }} {{ var.value.bucket }}")
    a >> BashOperator(task_id="b", bash_command="echo {{ ti.xcom_pull(task_ids='a') }}")
"""
    result = imported(tmp_path, text)
    assert (result.exit_code, faults(result)) == (0, [])
    assert [each["name"] for each in spec_of(result)["parameters"]] == ["bucket", "p"]
    assert tasks_of(result)["a"]["env"] == [{"name": "AIRFLOW_VAR_BUCKET", "value": "$(params.bucket)"}]
    env = {"AIRFLOW_VAR_BUCKET": "x"}
    assert run_task(tmp_path, spec_of(result), "a", params={"p": "y"}, env=env).outputs == {"return_value": "y x"}


@pytest.mark.parametrize(
    ("template", "lost"),
    [
        ("{{ prev_ds }}", []),
        ("{{ prev_start_date_success }}", ["{{ prev_start_date_success }}"]),
        ("{{ triggering_dataset_events }}", ["{{ triggering_dataset_events }}"]),
        ("{% for x in [1] %}{{ x }}{{ loop.index }}{{ ds | upper }}{% endfor %}", []),
        ("{{ mine }}", []),
        ("{{ dag_run.conf | tojson }}", ["dag_run.conf"]),
    ],
)
def test_a_name_that_is_not_there_in_the_pod_is_left_to_the_user(tmp_path, template, lost):
    text = f"""
with DAG("etl", schedule=None, user_defined_macros={{"mine": 1}}):
    BashOperator(task_id="t", bash_command={"echo " + template!r})
"""
    result = imported(tmp_path, text, image="with-jinja2")
    assert [loss.what for loss in result.losses] == lost
    if not lost:
        assert run_task(tmp_path, spec_of(result), "t").code == 0


@pytest.mark.parametrize(
    ("template", "lost"),
    [
        ("{{ params.x | upper }}", []),
        ("{{ params.x | mine }}", []),
        ("{{ params.x | title }}", ["jinja2"]),
        ("{{ params.x is none }}", ["jinja2"]),
        ("{% set y = params.x %}{{ y | upper }}", ["jinja2"]),
    ],
)
def test_a_template_that_takes_jinja2_in_the_pod_is_told(tmp_path, template, lost):
    text = f"""
with DAG("etl", schedule=None, params={{"x": "a"}}, user_defined_filters={{"mine": str.upper}}):
    BashOperator(task_id="t", bash_command={"echo " + template!r})
"""
    assert [loss.what for loss in imported(tmp_path, text).losses] == lost
    assert imported(tmp_path, text, image="with-jinja2").losses == []


@pytest.mark.parametrize(
    ("given", "entry"),
    [
        ({}, {"valueFrom": {"secretKeyRef": {"name": "airflow-connections", "key": "db"}}}),
        ({"db": "postgres://u@h/d"}, {"value": "postgres://u@h/d"}),
    ],
)
def test_a_connection_of_a_template_in_the_pod_comes_by_the_environment(tmp_path, given, entry):
    text = f"{DAILY}    BashOperator(task_id='t', bash_command='echo {{{{ conn.db.host | upper }}}}')\n"
    result = imported(tmp_path, text, connections=given)
    assert (result.exit_code, faults(result)) == (0, [])
    assert tasks_of(result)["t"]["env"] == [{"name": "AIRFLOW_CONN_DB", **entry}]
    env = {"AIRFLOW_CONN_DB": "postgres://u@h/d"}
    assert run_task(tmp_path, spec_of(result), "t", env=env).out == "H\n"


def test_what_it_prints_last_is_what_others_read(tmp_path):
    text = f"""{DAILY}
    a = BashOperator(task_id="a", bash_command="echo one; echo two")
    b = BashOperator(task_id="b", bash_command="echo {{{{ ti.xcom_pull(task_ids='a') }}}}")
    a >> b
"""
    result = imported(tmp_path, text)
    assert faults(result) == []
    assert run_task(tmp_path, spec_of(result), "a").outputs == {"return_value": "two"}
    assert tasks_of(result)["b"]["env"] == [{"name": "A", "value": "$(tasks.a.outputs.return_value)"}]
    assert tasks_of(result)["b"]["bash"] == "echo ${A}"


def test_two_results_whose_names_are_alike(tmp_path):
    text = f"""{DAILY}
    made = [PythonOperator(task_id=name, python_callable=lambda: name) for name in ("a_b", "a.b")]
    made >> BashOperator(task_id="t", bash_command="echo {{{{ ti.xcom_pull('a_b') }}}} {{{{ ti.xcom_pull('a.b') }}}}")
"""
    task = tasks_of(imported(tmp_path, text))["t"]
    assert task["env"] == [
        {"name": "A_B", "value": "$(tasks.a-b.outputs.return_value)"},
        {"name": "A_B_2", "value": "$(tasks.a-b-2.outputs.return_value)"},
    ]
    assert task["bash"] == "echo ${A_B} ${A_B_2}"


def test_a_script_in_a_file_is_a_template(tmp_path):
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "load.sh").write_text("echo {{ params.x }}\n")
    assert tasks_of(bash(tmp_path, "load.sh"))["t"]["bash"] == "echo ${PARAM_X}"


@pytest.mark.parametrize(
    ("pull", "outputs"),
    [
        ("ti.xcom_pull(task_ids='a', key='k')['x']", {"k", "return_value"}),
        ("ti.xcom_pull('a')['x']", {"return_value"}),
    ],
)
@pytest.mark.parametrize(
    "reader",
    ["BashOperator(task_id='b', bash_command=C)", "BashOperator.partial(task_id='b').expand(bash_command=[C])"],
)
def test_what_a_template_in_the_pod_reads_is_an_output(tmp_path, pull, outputs, reader):
    text = f"""
def push(ti):
    ti.xcom_push(key="k", value={{"x": 1}})
    return {{"x": 1}}
C = "echo {{{{ {pull} }}}}"
{DAILY}    PythonOperator(task_id="a", python_callable=push) >> {reader}
"""
    result = imported(tmp_path, text)
    assert faults(result) == []
    assert outputs <= set(tasks_of(result)["a"]["outputs"])
    before = {"a": {key: {"x": 1} for key in outputs}}
    assert run_task(tmp_path, spec_of(result), "b", tasks=before).out == "1\n"


VALUES = """
from airflow.models.param import Param
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
with DAG("etl", schedule=None, params={"dry": Param(True, type="boolean"), "cfg": {"a": 1}}):
"""


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ("bash_command='echo {{ params.dry }}'", "True"),
        ("bash_command='echo \"{{ params.cfg }}\"'", "{'a': 1}"),
        ("bash_command='echo $DRY', env={'DRY': '{{ params.dry }}'}", "True"),
    ],
)
def test_a_parameter_that_is_no_text_is_written_as_python_does(tmp_path, arguments, shown):
    result = imported(tmp_path, f"{VALUES}    BashOperator(task_id='t', {arguments})\n")
    assert (result.losses, faults(result)) == ([], [])
    assert run_task(tmp_path, spec_of(result), "t", params={"dry": True, "cfg": {"a": 1}}).out == shown + "\n"


def test_a_parameter_that_is_no_text_in_a_field_is_told_once(tmp_path):
    pod = "KubernetesPodOperator(task_id='t', image='x', arguments=['{{ params.dry }}', '--dry={{ params.dry }}'])"
    result = imported(tmp_path, f"{VALUES}    {pod}\n")
    assert tasks_of(result)["t"]["args"] == ["$(params.dry)", "--dry=$(params.dry)"]
    assert [loss.what for loss in result.losses] == ["the parameter dry in a field"]
