"""Manifests at random: sound ones have no fault, each mistake that is put into one is named with its path, and whatever
else somebody writes is judged in bounded steps.
"""

import copy
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.api.workflow import WorkflowSpec
from sluice.core.spec.definition import Definition
from sluice.core.validation import workflow_faults, workflow_warnings
from tests.core.counting import calls
from tests.core.test_hostile import changed

STEPS = 60_000  # Python calls: the largest of these manifests takes a tenth, and hints their whole budget
NAMES = ("extract", "load-data", "clean", "report", "tidy", "a", "b2", "last")

WHAT = (
    {"image": "busybox", "command": ["sh", "-c", "true"], "args": ["$(params.day)", "$(run.name)"]},
    {"bash": 'echo "$PARAM_DAY" && echo $(date)'},
    {"python": "print(1)", "image": "python:3.13"},
    {"bash": "x", "shell": ["node"], "outputs": ["n", "files"]},
    {"approval": {"message": "Go on, $(params.day)?", "timeout": "1h", "default": "Reject"}},
    {"workflow": {"name": "other", "arguments": {"x": "$(params.day)"}}, "outputs": ["n"]},
)
HOW = (
    {"retries": {"limit": 2, "backoff": {"initial": "1s"}}},
    {"timeout": "1h30m"},
    {"resources": {"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}}},
    {"pools": [{"name": "db", "slots": 2}, {"name": "lab"}]},
    {"podTemplate": {"metadata": {"labels": {"x": "y"}}, "spec": {"containers": [{"name": "main"}]}}},
    {"volumes": [{"name": "v", "emptyDir": {}}], "volumeMounts": [{"name": "v", "mountPath": "/v"}]},
    {"env": [{"name": "A", "value": "$(params.day)"}], "priority": 5},
)
ITEMS = ({"items": ["x", {"k": 1}]}, {"range": {"end": 9}}, {"matrix": {"k": [1, 2]}}, {"from": "$(params.day)"})


@st.composite
def sound(draw):
    """A Workflow of one to eight tasks, each of which goes on from some before it."""
    count = draw(st.integers(1, len(NAMES)))
    tasks = []
    for name in NAMES[:count]:
        task = {"name": name} | copy.deepcopy(draw(st.sampled_from(WHAT)))
        before = [each["name"] for each in tasks]
        if before:
            task["dependsOn"] = draw(st.lists(st.sampled_from(before), unique=True, max_size=3))
            if draw(st.booleans()):
                task["when"] = f"tasks['{draw(st.sampled_from(before))}'].phase != 'Failed' && params.day != 'x'"
        if task.get("dependsOn"):
            task["runIf"] = draw(st.sampled_from(["AllSucceeded", "AllDone", "OneFailed"]))
        if "approval" not in task:
            if draw(st.booleans()):
                task["forEach"] = copy.deepcopy(draw(st.sampled_from(ITEMS)))
            if "workflow" not in task:
                task |= copy.deepcopy(draw(st.sampled_from(HOW)))
        tasks.append(task)
    spec = {"tasks": tasks, "defaults": {"image": "busybox"}, "parameters": [{"name": "day", "default": "1"}]}
    return {"metadata": {"name": "etl"}, "spec": spec}


def _mistakes():
    """(changes the task, the path below it of what is then wrong, words)."""
    yield lambda task: task.update(dependsOn=["nobody"]), ".dependsOn[0]", "no task is called 'nobody'"
    yield lambda task: task.update(dependsOn=[task["name"]]), ".dependsOn[0]", "waits for itself"
    yield lambda task: task.update(imgae="x"), ".imgae", "there is no such field; did you mean 'image'?"
    yield lambda task: task.update(retries=3), ".retries", "must be a map"
    yield lambda task: task.update(timeout="1.5h"), ".timeout", "must be a duration"
    yield lambda task: task.update(name="No"), ".name", "must be lower-case letters"
    yield lambda task: task.update(forEach={}), ".forEach", "says no items"
    yield lambda task: task.update(forEach={"sameAs": "nobody"}), ".forEach.sameAs", "no task is called 'nobody'"
    yield lambda task: task.update(forEach={"items": ["x"], "range": {"end": 1}}), ".forEach", "in 2 ways"
    yield lambda task: task.update(when="1 +"), ".when", "line 1"
    yield lambda task: task.update(when="tasks.nobody.phase == 'Failed'"), ".when", "no task is called 'nobody'"
    yield (
        lambda task: task.update(when="params.dya == 'x'"),
        ".when",
        "there is no parameter 'dya'; did you mean 'day'?",
    )
    yield lambda task: task.update(args=["$(params.dya)"]), ".args[0]", "did you mean $(params.day)?"
    yield lambda task: task.update(args=["$(tasks.nobody.outputs.x)"]), ".args[0]", "no task is called 'nobody'"
    yield lambda task: task.update(env=[{"name": "A", "value": 1}]), ".env[0].value", "put it in quotes"
    yield lambda task: task.update(pools=[{"name": "p"}, {"name": "p"}]), ".pools[1].name", "stands in pools[0] already"
    yield lambda task: task.update(resources={"requests": {"cpu": "x"}}), ".resources.requests.cpu", "not a quantity"
    yield lambda task: task.update(outputs=["n", "n"]), ".outputs[1]", "stands in the list twice"
    yield (
        lambda task: task.update(podTemplate={"metadata": {"labels": {"sluice.dev/run": "x"}}}),
        ".podTemplate.metadata.labels.sluice.dev/run",
        "the operator's own prefix",
    )
    yield (
        lambda task: task.update(volumeMounts=[{"name": "nowhere", "mountPath": "/x"}]),
        ".volumeMounts[0].name",
        "no volume is called 'nowhere'",
    )


MISTAKES = tuple(_mistakes())
PARTS = {"tasks": [{"x": 1}], "parameters": [{"x": 1}], "defaults": {"x": 1}, "x": 1}
workflow_faults({"spec": PARTS})  # the first fault of each model makes its schema


@given(sound())
def test_a_sound_manifest_has_no_fault_and_can_run(manifest):
    assert [str(fault) for fault in workflow_faults(manifest)] == []
    workflow_warnings(manifest)
    assert len(Definition.of(manifest["spec"]).tasks) == len(manifest["spec"]["tasks"])


@given(sound(), st.data())
def test_each_mistake_is_named_with_its_path(manifest, data):
    tasks = manifest["spec"]["tasks"]
    wrong = data.draw(st.lists(st.integers(0, len(tasks) - 1), min_size=1, unique=True))
    expected = []
    for number in wrong:
        change, path, words = data.draw(st.sampled_from(MISTAKES))
        change(tasks[number])
        expected.append((f"spec.tasks[{number}]{path}", words))
    found = [(fault.path, fault.message) for fault in workflow_faults(manifest)]
    for path, words in expected:
        assert any(where == path and words in said for where, said in found), (path, words, found)


def test_whatever_is_written_is_judged_in_bounded_steps():
    """And enough of it passes the schema, or nothing but that would be tried."""
    met = Counter()

    @settings(max_examples=max(200, settings().max_examples))
    @given(st.one_of(sound(), sound().flatmap(changed)))
    def judge(manifest):
        found = []
        assert calls(lambda: found.extend(workflow_faults(manifest))) < STEPS
        assert all(fault.path and fault.message for fault in found)
        met["all"] += 1
        try:
            WorkflowSpec.model_validate(manifest.get("spec"))
        except ValueError:
            assert found
            return
        met["of the schema"] += 1
        if not found:
            workflow_warnings(manifest)
            Definition.of(manifest["spec"])
            met["sound"] += 1

    judge()
    assert met["of the schema"] > met["all"] / 3
    assert met["sound"] > met["of the schema"] / 3


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"x": float("nan")}, [float("nan")]])
@pytest.mark.parametrize("kind", ["String", "Number", "Json"])
def test_a_default_that_no_json_can_hold_is_a_fault_with_its_path(kind, value):
    parameters = [{"name": "day", "type": kind, "default": value}]
    faults = workflow_faults({"spec": {"parameters": parameters, "tasks": [{"name": "a", "image": "busybox"}]}})
    assert [fault.path for fault in faults] == ["spec.parameters[0].default"]
