"""TaskFlow: calls make tasks, what they return are outputs, and `expand` makes a pod for each item."""

import pytest

from tests.importers.airflow.harness import faults, imported, run_task, spec_of, tasks_of

HEAD = "from datetime import datetime\nfrom airflow.decorators import dag, task, task_group\n"


def test_the_etl_of_the_documentation(tmp_path):
    text = '''
@dag(schedule=None, start_date=datetime(2021, 1, 1), catchup=False, tags=["example"])
def tutorial():
    """Words."""
    @task()
    def extract():
        return {"1001": 301.27, "1002": 433.21}
    @task(multiple_outputs=True)
    def transform(order_data: dict):
        return {"total": sum(order_data.values()), "count": len(order_data)}
    @task
    def load(total: float, count: int = 0):
        print(f"{total:.2f} of {count}")
    summary = transform(extract())
    load(summary["total"], count=summary["count"])
tutorial()
'''
    result = imported(tmp_path, text, head=HEAD)
    assert (result.exit_code, faults(result)) == (0, [])
    spec = spec_of(result)
    assert [(each["name"], each.get("dependsOn"), each.get("outputs")) for each in spec["tasks"]] == [
        ("extract", None, ["return_value"]),
        ("transform", ["extract"], ["return_value"]),
        ("load", ["transform"], None),
    ]
    first = run_task(tmp_path, spec, "extract").outputs
    second = run_task(tmp_path, spec, "transform", tasks={"extract": first}).outputs
    assert run_task(tmp_path, spec, "load", tasks={"transform": second}).out == "734.48 of 2\n"


def test_parameters_of_the_dag_function(tmp_path):
    text = """
@dag(schedule=None)
def etl(day: str = "monday", count: int = 2):
    @task
    def show(day, count):
        print(day, count)
    show(day, count)
etl()
"""
    result = imported(tmp_path, text, head=HEAD)
    assert spec_of(result)["parameters"] == [
        {"name": "day", "default": "monday"},
        {"name": "count", "type": "Integer", "default": 2},
    ]
    assert run_task(tmp_path, spec_of(result), "show", params={"day": "friday", "count": 3}).out == "friday 3\n"


MAPPED = """
@dag(schedule=None)
def etl():
    @task
    def names():
        return ["a", "b"]
    @task
    def show(name, end="!"):
        print(name + end)
        return name
    @task
    def total(all_names):
        print(len(list(all_names)))
    {call}
etl()
"""


@pytest.mark.parametrize(
    ("call", "for_each", "inputs", "shown"),
    [
        ("show.expand(name=['x', 'y'])", {"items": ["x", "y"]}, {"item": "y", "index": 1}, "y!"),
        (
            "show.partial(end='?').expand(name=names())",
            {"from": "$(tasks.names.outputs.return_value)"},
            {"item": "b", "index": 1},
            "b?",
        ),
        ("show.expand(name=['x', 'y'], end=['1', '2'])", {"range": {"end": 4}}, {"item": 2, "index": 2}, "y1"),
        (
            "show.expand_kwargs([{'name': 'x', 'end': '1'}, {'name': 'y'}])",
            {"items": [{"name": "x", "end": "1"}, {"name": "y"}]},
            {"item": {"name": "y"}, "index": 1},
            "y!",
        ),
        ("total(show.expand(name=['x']))", {"items": ["x"]}, {"item": "x"}, "x!"),
    ],
)
def test_expand(tmp_path, call, for_each, inputs, shown):
    result = imported(tmp_path, MAPPED.format(call=call), head=HEAD)
    assert (result.exit_code, faults(result)) == (0, [])
    assert tasks_of(result)["show"]["forEach"] == for_each
    done = run_task(tmp_path, spec_of(result), "show", **inputs)
    assert done.out == shown + "\n", done.err


@pytest.mark.parametrize("command", ["echo {{ ds }}", "echo $(echo 2026-03-01)"])
def test_an_item_that_is_filled_in_later_is_taken_by_its_number(tmp_path, command):
    text = f"""
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("etl", schedule=None):
    BashOperator.partial(task_id="b").expand(bash_command=["echo a", {command!r}])
"""
    result = imported(tmp_path, text, head=HEAD)
    assert (result.exit_code, faults(result)) == (0, [])
    assert tasks_of(result)["b"]["forEach"] == {"range": {"end": 2}}
    run = {"intervalStart": "2026-03-01T00:00:00Z", "intervalEnd": "2026-03-02T00:00:00Z"}
    assert run_task(tmp_path, spec_of(result), "b", run=run, item=1, index=1).out == "2026-03-01\n"


def test_branches_sensors_and_bash(tmp_path):
    text = """
@dag(schedule=None)
def etl():
    @task.branch
    def choose():
        return "left"
    @task.bash
    def left():
        return "echo went {{ ti.task_id }}"
    @task.short_circuit
    def go():
        return True
    @task.sensor(poke_interval=30, timeout=600, mode="reschedule")
    def wait():
        return False
    choose() >> left()
    go() >> wait()
etl()
"""
    result = imported(tmp_path, text, head=HEAD)
    assert (result.exit_code, faults(result)) == (0, [])
    tasks, spec = tasks_of(result), spec_of(result)
    assert tasks["left"]["when"] == '"left" in tasks.choose.outputs.return_value'
    assert tasks["wait"]["poll"] == {"every": "30s", "timeout": "10m"}
    assert run_task(tmp_path, spec, "left").out == "went left\n"
    assert run_task(tmp_path, spec, "wait").code == 75


def test_a_function_called_twice(tmp_path):
    text = """
@dag(schedule=None)
def etl():
    @task
    def one(n):
        print(n)
    one(1) >> one(2) >> one.override(task_id="third")(3)
etl()
"""
    result = imported(tmp_path, text, head=HEAD)
    assert list(tasks_of(result)) == ["one", "one-1", "third"]
    assert run_task(tmp_path, spec_of(result), "one-1").out == "2\n"


def test_an_operator_of_their_own_over_items(tmp_path):
    text = """
from airflow import DAG
from airflow.models import BaseOperator
class Add(BaseOperator):
    def __init__(self, value, plus, **kwargs):
        super().__init__(**kwargs)
        self.value, self.plus = value, plus
    def execute(self, context):
        print(self.value + self.plus)
with DAG("etl", schedule=None):
    Add.partial(task_id="add", plus=10).expand(value=[1, 2])
"""
    result = imported(tmp_path, text, head=HEAD)
    assert tasks_of(result)["add"]["forEach"] == {"items": [1, 2]}
    assert run_task(tmp_path, spec_of(result), "add", item=2, index=1).out == "12\n"


def test_airflow_3(tmp_path):
    text = """
from airflow.sdk import DAG, Asset, task, chain
from airflow.providers.standard.operators.bash import BashOperator
with DAG("etl", start_date=datetime(2026, 1, 1)):
    @task
    def show(ds=None, **context):
        print(ds)
    chain(show(), BashOperator(task_id="b", bash_command="echo {{ ds }}"))
"""
    result = imported(tmp_path, text, head=HEAD)
    assert spec_of(result)["trigger"] == "Manual"
    assert "$SLUICE_SCHEDULED_TIME" in tasks_of(result)["b"]["bash"]
    run = {"intervalStart": "2026-03-01T00:00:00Z", "intervalEnd": "2026-03-02T00:00:00Z"}
    assert run_task(tmp_path, spec_of(result), "show", run=run).out == "2026-03-02\n"


GROUP = """
@task
def numbers(): return [1, 2]
@task
def add(x, y=0, more=()): return x + y + sum(more)
@task
def total(xs): return sum(xs)
@task_group
def each(x, y=5, more=()):
    return add(x, y, more)
@dag(schedule=None)
def etl():
    CALL
etl()
"""


@pytest.mark.parametrize(
    ("call", "for_each", "arguments", "losses"),
    [
        ("each.expand(x=[1, 2])", {"items": [1, 2]}, {"x": "$(item)"}, 0),
        ("each.expand(x=['a', 'b'])", {"items": ["a", "b"]}, {"x": "$(item)"}, 0),
        ("each.expand(x=['1', 'b'])", {"items": ["1", "b"]}, {"x": "$(item)"}, 1),
        ("each.expand(x=[[1], [2]])", {"items": ["[1]", "[2]"]}, {"x": "$(item)"}, 0),
        ("each.expand(x=[1], y=[2, 3])", {"matrix": {"x": [1], "y": [2, 3]}}, {"x": "$(item.x)", "y": "$(item.y)"}, 0),
        (
            "each.expand_kwargs([{'x': 1, 'y': 2, 'more': 3}])",
            {"items": [{"x": 1, "y": 2, "more": 3}]},
            {"x": "$(item.x)", "y": "$(item.y)", "more": "$(item.more)"},
            0,
        ),
        (
            "each.partial(more=numbers()).expand(x=[1])",
            {"items": [1]},
            {"x": "$(item)", "more": "$(tasks.numbers.outputs.return_value)"},
            0,
        ),
        (
            "each.expand(x=numbers())",
            {"from": "$(tasks.numbers.outputs.return_value)"},
            {"x": "$(item)"},
            1,
        ),
    ],
)
def test_a_mapped_group_is_a_workflow_for_each_item(tmp_path, call, for_each, arguments, losses):
    result = imported(tmp_path, GROUP.replace("CALL", call), head=HEAD)
    inner, outer = (each.manifest for each in result.objects)
    group = next(task for task in outer["spec"]["tasks"] if task["name"] == "each")
    assert (group["forEach"], group["workflow"]) == (for_each, {"name": "etl-each", "arguments": arguments})
    assert (inner["metadata"]["name"], [task["name"] for task in inner["spec"]["tasks"]]) == ("etl-each", ["add"])
    assert (inner["spec"]["trigger"], len(result.losses), faults(result)) == ("Manual", losses, [])


def test_only_the_tasks_of_a_mapped_group_are_tried_again(tmp_path):
    text = GROUP.replace("schedule=None", "schedule=None, default_args={'retries': 2}")
    inner, outer = imported(tmp_path, text.replace("CALL", "each.expand(x=[1])"), head=HEAD).objects
    assert inner.manifest["spec"]["tasks"][0]["retries"]["limit"] == 2
    assert "retries" not in outer.manifest["spec"]["tasks"][0]


def test_what_a_mapped_group_hands_on_is_a_list(tmp_path):
    result = imported(tmp_path, GROUP.replace("CALL", "total(each.partial(more=numbers()).expand(x=[1]))"), head=HEAD)
    inner, outer = (each.manifest["spec"] for each in result.objects)
    assert inner["outputs"] == {"return_value": "$(tasks.add.outputs.return_value)"}
    assert {task["name"]: task.get("outputs") for task in outer["tasks"]}["each"] == ["return_value"]
    ran = run_task(tmp_path, inner, "add", params={"x": "1", "more": "[1, 2]"})
    assert (ran.code, ran.outputs) == (0, {"return_value": 9})
    ran = run_task(tmp_path, outer, "total", tasks={"each": {"return_value": [9, 1]}})
    assert ran.code == 0, ran.err


ONLY_SOME = """
@dag(schedule=None)
def etl():
    @task
    def only_json(name):
        return name if name.endswith("json") else None
    @task
    def load(name):
        print(name)
    @task
    def total(names):
        print(len(names))
    found = only_json.expand(name=["a.json", "b.txt"])
    {call}
etl()
"""


def test_items_that_are_none_are_left_out_of_what_a_mapped_task_returns(tmp_path):
    result = imported(tmp_path, ONLY_SOME.format(call="total(found)"), head=HEAD)
    assert (result.losses, faults(result)) == ([], [])
    returned = {"only-json": {"return_value": ["a.json", None]}}
    assert run_task(tmp_path, spec_of(result), "total", tasks=returned).out == "1\n"


def test_an_expand_over_what_a_mapped_task_returns_tells_of_none(tmp_path):
    result = imported(tmp_path, ONLY_SOME.format(call="load.expand(name=found)"), head=HEAD)
    assert faults(result) == []
    assert [loss.what for loss in result.losses] == ["expand over what the mapped only_json returns"]
