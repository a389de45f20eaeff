"""Tasks that run another Workflow, on a real cluster: how they end, what their runs are told, and who may die."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sluice.core.base.naming import owner_reference, pod_name
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, by_hand, eventually, most_at_once, workflow

WORKS = {"name": "work", "bash": "trap 'exit 0' TERM; echo ready; sleep 300 & wait"}
CALL = {"name": "sub", "workflow": {"name": "inner"}}


def inner(*tasks: Json, **spec: Any) -> Json:
    return workflow("inner", *tasks, trigger="Manual", **spec)


def child_of(kubectl: Kubectl, run: str) -> str:
    """The name of the run that the task `sub` has made."""
    return eventually(lambda: kubectl.task(run, "sub").get("run"), "the task names its run")


def children(kubectl: Kubectl, run: str) -> list[Json]:
    return kubectl.list("workflowruns", f"sluice.dev/parent={run}")


def test_a_child_that_fails_is_made_again_as_often_as_retries_allow(kubectl: Kubectl) -> None:
    kubectl.apply(inner({"name": "broken", "bash": "exit 3"}))
    run = kubectl.run(workflow("outer", {**CALL, "retries": {"limit": 1}}))
    name, task = run["metadata"]["name"], run["status"]["tasks"]["sub"]
    assert (run["status"]["phase"], task["phase"], task["attempt"]) == ("Failed", "Failed", 2)
    assert task["reason"] == "Error: 1 of 1 retries used"
    assert task["message"] == f"run {task['run']} failed: task broken failed: exit code 3"
    assert [child["status"]["phase"] for child in children(kubectl, name)] == ["Failed", "Failed"]
    assert kubectl.get("workflow", "inner")["status"]["phase"] == "Ready"  # they are no runs of its own


def test_a_run_that_only_says_that_it_is_a_tasks_child_ends_nothing(kubectl: Kubectl) -> None:
    """Its name can be worked out, and its owner written by anybody."""
    kubectl.apply(inner({"name": "gate", "approval": {}}))
    kubectl.apply(workflow("noop", {"name": "a", "bash": "true"}, trigger="Manual"))
    kubectl.apply(workflow("outer", {**CALL, "retries": {"limit": 1}}))
    run = kubectl.run_of("outer")
    first, uid = child_of(kubectl, run), kubectl.get("workflowrun", run)["metadata"]["uid"]
    second = pod_name(run, uid, "sub", 2)
    forged = by_hand(second, "noop")
    forged["metadata"]["ownerReferences"] = [owner_reference("WorkflowRun", run, uid)]
    kubectl.apply(forged)
    assert kubectl.finished(second)["status"]["phase"] == "Succeeded"
    kubectl.decide(first, "gate", "Reject")
    eventually(lambda: "NameTaken" in kubectl.task(run, "sub").get("reason", ""), "the task says what it waits for")
    kubectl("delete", "workflowrun", second)
    eventually(lambda: kubectl.task(second, "gate").get("reason"), "its own run asks for the approval")
    kubectl.decide(second, "gate", "Approve")
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"


def test_a_stop_in_the_middle_stops_the_child_and_its_child(kubectl: Kubectl) -> None:
    kubectl.apply(inner(WORKS))
    kubectl.apply(workflow("middle", CALL, trigger="Manual"))
    kubectl.apply(workflow("outer", {"name": "sub", "workflow": {"name": "middle"}}))
    run = kubectl.run_of("outer")
    middle = child_of(kubectl, run)
    innermost = child_of(kubectl, middle)
    eventually(lambda: "ready" in kubectl.log(innermost, "work"), "the innermost task runs")
    kubectl.patch("workflowrun", run, {"spec": {"state": "Stopped"}})
    assert kubectl.finished(run)["status"]["phase"] == "Stopped"
    for child in (middle, innermost):
        assert kubectl.finished(child)["status"]["phase"] == "Stopped"
    status = kubectl.get("workflowrun", innermost)["status"]
    assert status["message"] == f"run {middle} stops it: run {run} stops it: the run was stopped"
    eventually(lambda: not kubectl.pods(innermost), "the pod is gone")


def test_a_child_is_suspended_with_its_parent(kubectl: Kubectl) -> None:
    kubectl.apply(inner({"name": "gate", "approval": {}}, {"name": "after", "dependsOn": ["gate"], "bash": "true"}))
    kubectl.apply(workflow("outer", CALL))
    run = kubectl.run_of("outer")
    child = child_of(kubectl, run)
    kubectl.patch("workflowrun", run, {"spec": {"state": "Suspended"}})

    def suspended() -> bool:
        return kubectl.task(child, "gate").get("reason", "").endswith(f"until run {run} goes on")

    eventually(suspended, "the child says that its parent is suspended")
    kubectl.decide(child, "gate", "Approve")
    kubectl.patch("workflowrun", run, {"spec": {"state": "Running"}})
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"


def test_each_item_of_a_fan_out_has_a_child_of_its_own(kubectl: Kubectl) -> None:
    hello = {"name": "hello", "env": [{"name": "CITY", "value": "$(params.city)"}], "outputs": ["said"]}
    hello["bash"] = 'echo "said=hello $CITY" > "$SLUICE_OUTPUTS"'
    called = inner(hello, parameters=[{"name": "city"}], outputs={"said": "$(tasks.hello.outputs.said)"})
    kubectl.apply(called)
    cities = ["berlin", "paris", "rome"]
    call = {"name": "sub", "workflow": {"name": "inner", "arguments": {"city": "$(item)"}}, "outputs": ["said"]}
    tell = {"name": "tell", "command": ["echo", "$(tasks.sub.outputs.said)"]}
    run = kubectl.run(workflow("outer", {**call, "forEach": {"items": cities, "parallelism": 2}}, tell))
    name, task = run["metadata"]["name"], run["status"]["tasks"]["sub"]
    assert (run["status"]["phase"], task["items"]) == ("Succeeded", {"total": 3, "succeeded": "0-2"})
    assert json.loads(kubectl.log(name, "tell")) == [f"hello {city}" for city in cities]
    made = {child["metadata"]["labels"]["sluice.dev/index"]: child for child in children(kubectl, name)}
    assert {index: child["spec"]["arguments"] for index, child in made.items()} == {
        str(index): {"city": city} for index, city in enumerate(cities)
    }
    assert {child["status"]["phase"] for child in made.values()} == {"Succeeded"}

    # Its status is wiped: what its children have handed on is read again, and none is made twice.
    kubectl("patch", "workflowrun", name, "--subresource=status", "--type=merge", "-p", '{"status": null}')
    eventually(lambda: kubectl.get("workflowrun", name).get("status", {}).get("phase") == "Succeeded", "it ends again")
    assert kubectl.task(name, "sub")["outputs"] == task["outputs"]
    assert {child["metadata"]["uid"] for child in children(kubectl, name)} == {
        child["metadata"]["uid"] for child in made.values()
    }


def test_pods_of_all_children_share_the_parallelism_of_the_run_above_them(kubectl: Kubectl) -> None:
    kubectl.apply(inner(*({"name": f"work-{number}", "bash": "sleep 1"} for number in range(2))))
    run = kubectl.run(workflow("outer", CALL | {"forEach": {"items": list("abcd")}}, parallelism=2))
    assert (run["status"]["phase"], run["status"]["tasks"]["sub"]["progress"]) == ("Succeeded", "4/4")
    tasks = [task for child in children(kubectl, run["metadata"]["name"]) for task in child["status"]["tasks"].values()]
    spans = [[datetime.fromisoformat(task[end]) for end in ("startedAt", "finishedAt")] for task in tasks]
    assert len(spans) == 8
    assert most_at_once((start, end) for start, end in spans) <= 2


def test_it_waits_for_a_workflow_that_does_not_exist_yet(kubectl: Kubectl) -> None:
    kubectl.apply(workflow("outer", CALL))
    run = kubectl.run_of("outer")
    eventually(lambda: kubectl.task(run, "sub").get("reason", "").startswith("WorkflowNotFound: "), "it says so")
    kubectl.apply(inner({"name": "hello", "bash": "true"}))
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"


def test_a_workflow_that_never_comes_fails_the_task(kubectl: Kubectl) -> None:
    run = kubectl.run(workflow("outer", {**CALL, "pendingTimeout": "2s"}))
    task = run["status"]["tasks"]["sub"]
    assert (task["phase"], task["reason"]) == ("Failed", "GaveUp")
    assert task["message"].startswith("gave up after 2s: WorkflowNotFound: there is no Workflow 'inner'")
    assert kubectl.finished(task["run"])["status"]["phase"] == "Stopped"


def test_workflows_that_run_each_other_come_to_an_end(kubectl: Kubectl) -> None:
    kubectl.apply(workflow("inner", {"name": "sub", "workflow": {"name": "outer"}}, trigger="Manual"))
    run = kubectl.run(workflow("outer", CALL))
    assert run["status"]["phase"] == "Failed"
    assert len(kubectl.list("workflowruns")) == 9


def test_a_deleted_parent_takes_its_child_with_it(kubectl: Kubectl) -> None:
    kubectl.apply(inner(WORKS))
    kubectl.apply(workflow("outer", CALL))
    run = kubectl.run_of("outer")
    child = child_of(kubectl, run)
    eventually(lambda: kubectl.pods(child), "the child has a pod")
    kubectl("delete", "workflowrun", run)
    eventually(lambda: not kubectl.list("workflowruns"), "the child is gone")
    eventually(lambda: not kubectl.pods(child), "its pod is gone")


def test_kill_9_makes_no_child_twice(bare: Kubectl, operator: Callable[[str], HostOperator]) -> None:
    mortal = operator("mortal")
    bare.apply(inner({"name": "gate", "approval": {}}))
    bare.apply(workflow("outer", *({**CALL, "name": f"sub-{number}"} for number in range(5))))
    run = bare.run_of("outer")
    for count in (1, 3, 5):
        eventually(lambda count=count: len(children(bare, run)) >= count, f"{count} children")
        mortal.kill()
        mortal.start()
        mortal.leading()
    mortal.kill()
    for child in children(bare, run):
        bare.decide(child["metadata"]["name"], "gate", "Approve")
    mortal.start()
    status = bare.finished(run)["status"]
    assert (status["phase"], status["progress"]) == ("Succeeded", "5/5")
    assert {task["attempt"] for task in status["tasks"].values()} == {1}
    assert len(bare.list("workflowruns")) == 6
    assert "Traceback" not in mortal.log
