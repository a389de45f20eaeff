"""Edges, groups, trigger rules, branches: what the graph is, and when each task runs."""

import re

import pytest

from sluice.core.cel.program import compile_condition
from tests.importers.airflow.harness import faults, imported, run_task, spec_of, tasks_of

WITH = "with DAG('etl', schedule=None) as dag:\n"


EDGES = """
from airflow.models.baseoperator import chain, cross_downstream
from airflow.utils.edgemodifier import Label
"""


def edges(result):
    assert faults(result) == []
    return {f"{up} {task['name']}" for task in spec_of(result)["tasks"] for up in task.get("dependsOn", ())}


def empties(names):
    return "".join(f"    {name} = BashOperator(task_id='{name}', bash_command='true')\n" for name in names)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("a >> b >> c", "a b, b c"),
        ("c << [a, b]", "a c, b c"),
        ("[a, b] >> c >> [d, e]", "a c, b c, c d, c e"),
        ("a.set_downstream([b, c]); d.set_upstream(c)", "a b, a c, c d"),
        ("chain(a, [b, c], [d, e])", "a b, a c, b d, c e"),
        ("cross_downstream([a, b], [c, d])", "a c, a d, b c, b d"),
        ("a >> Label('rows') >> b; [b, c] >> Label('x') >> d", "a b, b d, c d"),
        ("a >> b; a >> b", "a b"),
        ("dag >> a >> b", "a b"),
    ],
)
def test_edges(tmp_path, said, found):
    assert edges(imported(tmp_path, f"{EDGES}{WITH}{empties('abcde')}    {said}\n")) == set(found.split(", "))


def test_a_circle_is_refused_with_a_line(tmp_path):
    result = imported(tmp_path, f"{WITH}{empties('abc')}    a >> b >> c\n    c >> a\n")
    (refused,) = result.refused
    assert (refused.line, refused.message) == (12, "the tasks a, b, c wait for each other")


def test_the_same_id_twice_is_refused_with_its_line(tmp_path):
    (refused,) = imported(tmp_path, f"{WITH}{empties('aa')}").refused
    assert refused.line == 9
    assert "a second task is called 'a'" in refused.message


def test_groups(tmp_path):
    text = f"""
from airflow.utils.task_group import TaskGroup
from airflow.decorators import task, task_group
{WITH}
    start = BashOperator(task_id="start", bash_command="true")
    with TaskGroup("load", tooltip="x") as load:
        one = BashOperator(task_id="one", bash_command="true")
        with TaskGroup("inner"):
            two = BashOperator(task_id="two", bash_command="true")
        one >> two
    @task_group
    def tidy():
        BashOperator(task_id="rm", bash_command="true")
    end = BashOperator(task_id="end", bash_command="true")
    start >> load >> tidy() >> end
"""
    result = imported(tmp_path, text)
    assert edges(result) == {"start load-one", "load-one load-inner-two", "load-inner-two tidy-rm", "tidy-rm end"}
    assert {name: task.get("group") for name, task in tasks_of(result).items()} == {
        "start": None,
        "end": None,
        "load-one": "load",
        "load-inner-two": "load-inner",
        "tidy-rm": "tidy",
    }


@pytest.mark.parametrize(
    ("rule", "run_if"),
    [
        ("all_success", None),
        ("all_done", "AllDone"),
        ("one_failed", "OneFailed"),
        ("none_failed_min_one_success", "NoneFailedOneSucceeded"),
        ("none_failed_or_skipped", "NoneFailedOneSucceeded"),
        ("all_skipped", "AllSkipped"),
    ],
)
def test_trigger_rules(tmp_path, rule, run_if):
    text = f"    a >> BashOperator(task_id='z', bash_command='true', trigger_rule='{rule}')\n"
    result = imported(tmp_path, f"{WITH}{empties('a')}{text}")
    assert faults(result) == []
    assert tasks_of(result)["z"].get("runIf") == run_if


BRANCH = """
from airflow.operators.python import BranchPythonOperator, ShortCircuitOperator
from airflow.operators.latest_only import LatestOnlyOperator
from airflow.utils.task_group import TaskGroup
"""


def test_a_branch_is_a_condition_of_the_tasks_after_it(tmp_path):
    text = f"""{BRANCH}{WITH}
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: ["a", "group"])
    with TaskGroup("group") as group:
        inner = BashOperator(task_id="inner", bash_command="true")
{empties("ab")}
    end = BashOperator(task_id="end", bash_command="true", trigger_rule="none_failed_min_one_success")
    choose >> [a, b, group, end]
    [a, b, group] >> end
"""
    result = imported(tmp_path, text)
    assert faults(result) == []
    tasks = tasks_of(result)
    assert tasks["a"]["when"] == '"a" in tasks.choose.outputs.return_value'
    ids = ("end", "group.inner", "a", "b")
    chosen = [f'"{each}" in tasks.choose.outputs.return_value' for each in ids]
    assert tasks["end"]["when"] == " || ".join(["tasks.choose.phase != 'Succeeded'", *chosen])
    assert run_task(tmp_path, spec_of(result), "choose").outputs == {"return_value": ["a", "group.inner"]}


def test_a_short_circuit_skips_all_that_follows(tmp_path):
    text = f"""{BRANCH}{WITH}
    check = ShortCircuitOperator(task_id="check-it", python_callable=lambda: [])
{empties("ab")}
    last = BashOperator(task_id="last", bash_command="true", trigger_rule="all_done")
    check >> a >> b >> last
"""
    result = imported(tmp_path, text)
    assert faults(result) == []
    whens = {name: task.get("when") for name, task in tasks_of(result).items()}
    says = "tasks['check-it'].outputs.return_value == true"
    last = f"tasks['check-it'].phase != 'Succeeded' || {says}"
    assert whens == {"check-it": None, "a": says, "b": None, "last": last}
    assert run_task(tmp_path, spec_of(result), "check-it").outputs == {"return_value": False}


JOIN = """
    br = BranchPythonOperator(task_id="br", python_callable=lambda: "other")
    sc = ShortCircuitOperator(task_id="sc", python_callable=lambda: True)
    br >> [sc, other]
    sc >> work >> join
    other >> join
"""


@pytest.mark.parametrize(
    ("phases", "check", "runs"),
    [
        ({"sc": "Skipped", "work": "Skipped", "other": "Succeeded"}, None, True),
        ({"sc": "Succeeded", "work": "Skipped", "other": "Succeeded"}, False, False),
        ({"sc": "Succeeded", "work": "Succeeded", "other": "Skipped"}, True, True),
        ({"sc": "Succeeded", "work": "Skipped", "other": "Skipped"}, True, False),
    ],
)
def test_a_join_runs_if_the_short_circuit_further_up_was_skipped(tmp_path, phases, check, runs):
    names = empties(["work", "other"]) + empties(["join"]).replace(")", ", trigger_rule='none_failed_min_one_success')")
    result = imported(tmp_path, f"{BRANCH}{WITH}{names}{JOIN}")
    assert faults(result) == []
    ended = {name: {"phase": phase, "outputs": {}} for name, phase in phases.items()}
    ended["sc"]["outputs"] = {} if check is None else {"return_value": check}
    condition = compile_condition(tasks_of(result)["join"]["when"])
    assert condition.answer({"tasks": ended}) is runs


def test_a_rule_that_a_short_circuit_further_up_spoils_is_a_loss(tmp_path):
    names = empties(["work", "other"]) + empties(["join"]).replace(")", ", trigger_rule='all_failed')")
    assert [loss.what for loss in imported(tmp_path, f"{BRANCH}{WITH}{names}{JOIN}").losses] == [
        "trigger_rule all_failed"
    ]


def test_setup_and_teardown(tmp_path):
    text = f"""{WITH}{empties("abc")}
    a >> b >> c.as_teardown(setups=a)
"""
    result = imported(tmp_path, text)
    assert edges(result) == {"a b"}
    assert tasks_of(result)["c"] == {
        "name": "c",
        "when": "tasks.a.phase == 'Succeeded'",
        "allowFailure": True,
        "finally": True,
        "bash": "true",
    }


@pytest.mark.parametrize(
    ("said", "fail_when", "final", "lost"),
    [
        ("a >> b >> c.as_teardown(setups=a)", None, ["c"], []),
        ("a >> b >> c.as_teardown(setups=a) >> d.as_teardown(setups=a)", None, ["c", "d"], []),
        ("a >> b >> c.as_teardown(setups=a); a >> d", None, [], []),  # it does not wait for all
        ("a >> b >> c.as_teardown(setups=a) >> d", None, [], []),
        ("a >> b >> c.as_teardown(setups=a, on_failure_fail_dagrun=True)", "LeafFailed", [], []),
        ("b.trigger_rule = 'all_done'; a >> b >> c.as_teardown(setups=a)", "LeafFailed", ["c"], []),
        ("d.trigger_rule = 'all_done'; a >> b >> c.as_teardown(setups=a); a >> d", "LeafFailed", [], ["teardown"]),
    ],
)
def test_a_teardown_hides_no_failure(tmp_path, said, fail_when, final, lost):
    names = sorted(set(re.findall(r"\b[a-d]\b", said)))
    result = imported(tmp_path, f"{WITH}{empties(names)}    {said}\n")
    assert (faults(result), [loss.what for loss in result.losses]) == ([], lost)
    assert spec_of(result).get("failWhen") == fail_when
    assert [name for name, task in tasks_of(result).items() if "finally" in task] == final


def test_a_teardown_around_tasks(tmp_path):
    text = """
from airflow.decorators import setup, task, teardown
with DAG("etl", schedule=None):
    @setup
    def make():
        return 1
    @teardown
    def remove(what):
        pass
    with remove(make()):
        a = BashOperator(task_id="a", bash_command="true")
        b = BashOperator(task_id="b", bash_command="true")
        a >> b
"""
    result = imported(tmp_path, text)
    assert edges(result) == {"make remove", "make a", "a b", "b remove"}
    assert tasks_of(result)["remove"]["when"] == "tasks.make.phase == 'Succeeded'"
    assert tasks_of(result)["remove"]["runIf"] == "AllDone"
    assert "failWhen" not in spec_of(result)


def test_what_is_set_on_a_task_later(tmp_path):
    text = "    a >> b\n    b.trigger_rule = 'all_done'\n    b.retries = 1\n"
    task = tasks_of(imported(tmp_path, f"{WITH}{empties('ab')}{text}"))["b"]
    assert (task["runIf"], task["retries"]["limit"]) == ("AllDone", 1)


def test_always_waits_for_nothing(tmp_path):
    result = imported(
        tmp_path, f"{WITH}{empties('a')}    a >> BashOperator(task_id='z', bash_command='', trigger_rule='always')\n"
    )
    assert edges(result) == set()


def test_several_dags_and_a_factory_in_one_file(tmp_path):
    text = """
def make(name):
    with DAG(name, schedule=None) as dag:
        for table in ("x", "y"):
            BashOperator(task_id=f"load_{table}", bash_command="true")
    return dag
for name in ("one", "two"):
    globals()[name] = make(name)
"""
    result = imported(tmp_path, text)
    assert [(each.name, each.tasks) for each in result.objects] == [
        ("one", ["load-x", "load-y"]),
        ("two", ["load-x", "load-y"]),
    ]


def test_ids_that_would_get_one_name(tmp_path):
    result = imported(tmp_path, f"{WITH}{empties(['a_b', 'A_b'])}    a_b >> A_b\n")
    assert edges(result) == {"a-b a-b-2"}


def test_two_dags_that_would_be_one_workflow(tmp_path):
    text = "for name in ('a_b', 'A-b'):\n    with DAG(name, schedule=None):\n        EmptyOperator(task_id='t')\n"
    result = imported(tmp_path, text)
    assert [each.name for each in result.objects] == ["a-b"]
    assert [each.message for each in result.refused] == [
        "a second DAG becomes the Workflow a-b; give it another dag_id"
    ]


def test_a_long_name(tmp_path):
    text = "for n in 'xy':\n    with DAG('a' * 60 + n, schedule=None):\n        EmptyOperator(task_id='t')\n"
    names = [each.name for each in imported(tmp_path, text).objects]
    assert [name[:34] for name in names] == ["a" * 34] * 2
    assert len(set(names)) == 2


def test_airflow_1(tmp_path):
    text = """
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators import python_operator
dag = DAG("old", schedule_interval=None, default_args={"owner": "me", "retries": 1, "start_date": datetime(2020, 1, 1)})
a = DummyOperator(task_id="a", dag=dag)
b = BashOperator(task_id="b", bash_command="true", dag=dag)
def work(**kwargs):
    print(kwargs["ds"])
c = python_operator.PythonOperator(task_id="c", python_callable=work, provide_context=True, dag=dag)
a.set_downstream(b)
c.set_upstream(b)
"""
    result = imported(tmp_path, text, head="from datetime import datetime\nfrom airflow import DAG\n")
    assert edges(result) == {"a b", "b c"}
    assert spec_of(result)["defaults"]["retries"] == {"limit": 1, "backoff": {"initial": "5m", "factor": 1}}


def test_what_a_short_circuit_returns_is_told_only_where_it_is_read(tmp_path):
    text = """
from airflow.decorators import task
with DAG("etl", schedule=None):
    @task.short_circuit
    def found():
        return [1, 2]
    @task
    def use(rows=None):
        print(rows)
    {call}
"""
    told = [loss.what for loss in imported(tmp_path, text.replace("{call}", "use(found())")).losses]
    assert told == ["what the short circuit returns"]
    assert imported(tmp_path, text.replace("{call}", "found() >> use()")).losses == []


def test_templates_that_give_values_are_told(tmp_path):
    text = """
with DAG("etl", schedule=None, render_template_as_native_obj=True):
    PythonOperator(task_id="t", python_callable=print, op_args=["{{ params }}"])
"""
    assert [loss.what for loss in imported(tmp_path, text).losses] == ["render_template_as_native_obj"]
