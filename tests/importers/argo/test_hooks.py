"""What runs when a step, a task or a workflow has begun or ended."""

import pytest

from tests.importers.argo.documents import call, dag, imported, lost, order, steps, tasks, workflow

RUNNING = {"expression": "steps.a.status == 'Running'", "template": "echo"}


def test_a_hook_on_running_begins_together_with_its_task_and_those_after_wait_for_it():
    result = imported(workflow(steps([call("x")], [call("a", hooks={"run": RUNNING})], [call("b")])))
    found = {task["name"]: order(task) for task in result.objects[-1].manifest["spec"]["tasks"]}
    assert found["a-run"] == found["a"] == {"dependsOn": ["x"]}
    assert found["b"] == {"dependsOn": ["a", "a-run"]}
    assert lost(result) == [(10, "the hook 'run'")]


def test_a_hook_on_running_of_the_first_task_of_a_template_waits_for_what_the_template_waits_for():
    expression = RUNNING | {"expression": 'tasks["a"].status == "Running"'}
    inner = dag(call("a", hooks={"run": expression}), name="inner")
    found = tasks(workflow(steps([call("x")], [call("in", "inner")]) + inner))
    assert order(found["in-a-run"]) == {"dependsOn": ["x"]}


def test_a_hook_of_a_loop_runs_for_each_item():
    told = {"template": "echo", "arguments": {"parameters": [{"name": "message", "value": "{{item}} done"}]}}
    found = tasks(workflow(steps([call("a", withItems=["x", "y"], hooks={"exit": told})], [call("b")])))
    assert order(found["a-exit"]) == {"runIf": "AllDone", "forEach": {"sameAs": "a"}}
    assert found["a-exit"]["args"] == ["$(item) done"]
    assert order(found["b"]) == {"dependsOn": ["a", "a-exit"]}


@pytest.mark.parametrize(
    ("status", "run_if"), [("Succeeded", {}), ("Failed", {"runIf": "OneFailed"}), ("Error", {"runIf": "OneFailed"})]
)
def test_a_hook_on_the_status_of_a_loop_asks_for_that_of_the_item(status, run_if):
    hook = {"expression": f"steps.a.status == '{status}'", "template": "echo"}
    found = tasks(workflow(steps([call("a", withItems=["x", "y"], hooks={"on": hook})])))
    assert order(found["a-on"]) == run_if | {"forEach": {"sameAs": "a"}}


def test_a_hook_on_anything_else_of_a_loop_runs_once_which_is_told():
    hook = {"expression": "steps.a.status == 'Failed' || workflow.name == 'x'", "template": "echo"}
    result = imported(workflow(steps([call("a", withItems=["x", "y"], hooks={"on": hook})])))
    assert [what for _, what in lost(result)] == ["the hook 'on' of a loop"]


@pytest.mark.parametrize(
    ("expression", "hook", "losses"),
    [
        ("workflow.status == 'Failed'", {"finally": True, "when": "run.phase == 'Failed'"}, []),
        ('workflow.status == "Running"', {}, ["the hook 'on'"]),
    ],
)
def test_a_hook_of_a_workflow(expression, hook, losses):
    hooks = f"{{on: {{expression: '{expression.replace(chr(39), chr(39) * 2)}', template: echo}}}}"
    result = imported(workflow(steps([call("a")]), hooks=hooks))
    found = {task["name"]: order(task) for task in result.objects[-1].manifest["spec"]["tasks"]}
    assert found["on"] == hook
    assert [what for _, what in lost(result)] == losses
