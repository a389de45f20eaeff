"""How attempts end, who pays for the next one, and what the status says of it."""

from __future__ import annotations

import json

from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow
from tests.e2e.watch import PodWatch

FIRST_WAITS = """
[ "$SLUICE_ATTEMPT" = 1 ] || exit 0
trap 'exit 0' TERM
echo ready
sleep 300 & wait
"""
FIRST_IS_STUBBORN = """
[ "$SLUICE_ATTEMPT" = 1 ] || exit 0
trap '' TERM
echo ready
until [ -e /tmp/go ]; do sleep 0.1; done
"""


def started(kubectl: Kubectl, manifest: Json, task: str = "work") -> str:
    """The run of a Workflow, when its task has said that it is ready and the run's status has its pod."""
    kubectl.apply(manifest)
    run = kubectl.run_of(manifest["metadata"]["name"])
    eventually(lambda: "ready" in kubectl.log(run, task), f"task {task} is ready")
    eventually(lambda: "pod" in kubectl.task(run, task), f"the status has the pod of task {task}")
    return run


def test_an_image_that_does_not_exist_is_named_as_the_reason(kubectl: Kubectl) -> None:
    kubectl.apply(workflow("etl", {"name": "work", "image": "registry.invalid/nothing:1", "bash": "true"}))
    run = kubectl.run_of("etl")

    def trouble() -> Json | None:
        task = kubectl.task(run, "work")
        return task if task.get("reason", "").startswith(("ErrImagePull: ", "ImagePullBackOff: ")) else None

    assert "registry.invalid/nothing:1" in eventually(trouble, "the task says what is wrong with its image")["message"]
    kubectl("delete", "workflow", "etl")
    eventually(lambda: not kubectl.list("pods"), "its pod is gone")


def test_a_task_that_exits_3_has_failed_and_what_depends_on_it_does_not_run(kubectl: Kubectl) -> None:
    status = kubectl.run(
        workflow(
            "etl",
            {"name": "work", "bash": "exit 3"},
            {"name": "next", "dependsOn": ["work"], "bash": "true"},
            {"name": "last", "dependsOn": ["next"], "bash": "true"},
            {"name": "aside", "bash": "true"},
        )
    )["status"]
    assert (status["phase"], status["message"]) == ("Failed", "task work failed: exit code 3")
    assert status["progress"] == "1/4, 1 failed, 2 not run"
    tasks = status["tasks"]
    assert {name: task["phase"] for name, task in tasks.items()} == {
        "work": "Failed",
        "next": "UpstreamFailed",
        "last": "UpstreamFailed",
        "aside": "Succeeded",
    }
    assert (tasks["work"]["exitCode"], tasks["work"]["message"]) == (3, "exit code 3")
    assert tasks["next"]["reason"] == "UpstreamFailed: work"


def test_the_task_pays_for_its_own_failures(kubectl: Kubectl) -> None:
    with PodWatch(kubectl) as watch:
        status = kubectl.run(
            workflow("etl", {"name": "work", "bash": '[ "$SLUICE_ATTEMPT" = 3 ]', "retries": {"limit": 2}})
        )["status"]
        assert watch.pods_of_attempts() == {"work/1": 1, "work/2": 1, "work/3": 1}
    assert status["phase"] == "Succeeded"
    assert status["tasks"]["work"]["retries"] == {"limit": 2, "infrastructure": 0}


def test_the_cluster_pays_for_a_pod_that_was_deleted_by_hand(kubectl: Kubectl) -> None:
    stubborn = {
        "name": "work",
        "bash": FIRST_IS_STUBBORN,
        "retries": {"backoff": {"initial": "10s"}},  # long enough for the status to tell of it
        "podTemplate": {"spec": {"terminationGracePeriodSeconds": 300}},
    }
    run = started(kubectl, workflow("etl", stubborn))
    pod = kubectl.task(run, "work")["pod"]
    kubectl("delete", "pod", pod, "--wait=false")

    def says(*words: str) -> bool:
        entry = str(kubectl.task(run, "work"))
        return all(each in entry for each in words)

    eventually(lambda: says("Terminating: its pod is being deleted"), "the task says that its pod is being deleted")
    kubectl.let_go(pod)
    who_and_why = ("1 of 5 infrastructure retries used", "the pod was deleted before it had finished")
    eventually(lambda: says(*who_and_why), "the task says who pays, and why")
    task = kubectl.finished(run)["status"]["tasks"]["work"]
    assert (task["phase"], task["attempt"]) == ("Succeeded", 2)
    assert task["retries"] == {"limit": 0, "infrastructure": 1}


def test_an_eviction_that_the_program_answers_with_exit_0_is_not_a_success(kubectl: Kubectl) -> None:
    run = started(kubectl, workflow("etl", {"name": "work", "bash": FIRST_WAITS}))
    pod = kubectl.task(run, "work")["pod"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    path = f"/api/v1/namespaces/{kubectl.namespace}/pods/{pod}/eviction"
    kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    task = kubectl.finished(run)["status"]["tasks"]["work"]
    assert (task["phase"], task["attempt"]) == ("Succeeded", 2)
    assert task["retries"] == {"limit": 0, "infrastructure": 1}


def test_a_pod_that_vanishes_is_paid_by_the_cluster(kubectl: Kubectl) -> None:
    run = started(kubectl, workflow("etl", {"name": "work", "bash": FIRST_WAITS}))
    kubectl("delete", "pod", kubectl.task(run, "work")["pod"], "--grace-period=0", "--force")
    task = kubectl.finished(run)["status"]["tasks"]["work"]
    assert (task["phase"], task["retries"]) == ("Succeeded", {"limit": 0, "infrastructure": 1})


def test_an_attempt_that_takes_too_long_ends_as_a_timeout(kubectl: Kubectl) -> None:
    sleep = {"name": "work", "timeout": "2s", "bash": "trap 'exit 0' TERM; sleep 300 & wait"}
    task = kubectl.run(workflow("etl", sleep))["status"]["tasks"]["work"]
    assert (task["phase"], task["reason"]) == ("Failed", "Timeout")
    assert task["message"] == "took longer than its timeout"


def test_a_task_killed_for_its_memory_says_so(kubectl: Kubectl) -> None:
    greedy = {"name": "work", "command": ["tail", "/dev/zero"], "resources": {"limits": {"memory": "32Mi"}}}
    task = kubectl.run(workflow("etl", greedy))["status"]["tasks"]["work"]
    assert (task["phase"], task["reason"]) == ("Failed", "OutOfMemory")
    assert task["message"] == "ran out of memory (OOMKilled); raise resources.limits.memory"


def test_at_most_once_a_task_does_not_start_again_when_its_pod_is_gone(kubectl: Kubectl) -> None:
    with PodWatch(kubectl) as watch:
        run = started(
            kubectl, workflow("etl", {"name": "work", "bash": FIRST_WAITS, "retries": {"execution": "AtMostOnce"}})
        )
        kubectl("delete", "pod", kubectl.task(run, "work")["pod"], "--wait=false")
        task = kubectl.finished(run)["status"]["tasks"]["work"]
        assert watch.pods_of_attempts() == {"work/1": 1}
    assert (task["phase"], task["attempt"], task["reason"]) == ("Failed", 1, "Infrastructure")
    assert task["message"] == "the pod was deleted before it had finished"


def test_an_ended_run_whose_status_is_wiped_makes_no_attempt_again(kubectl: Kubectl) -> None:
    """One of its pods is gone, and the later ones tell that it was: it counts as lost, which costs no retry."""
    retries = {"limit": 2, "backoff": {"initial": "1s", "factor": 1}}
    run = kubectl.run(workflow("etl", {"name": "work", "bash": "exit 3", "retries": retries}))["metadata"]["name"]
    pods = {pod["metadata"]["labels"]["sluice.dev/attempt"]: pod["metadata"]["name"] for pod in kubectl.pods(run)}
    assert pods.keys() == {"1", "2", "3"}
    kubectl("delete", "pod", pods["2"], "--grace-period=0", "--force")
    with PodWatch(kubectl) as watch:
        kubectl("patch", "workflowrun", run, "--subresource=status", "--type=merge", "-p", '{"status": null}')
        eventually(lambda: kubectl.task(run, "work").get("phase") == "Failed", "it has ended again")
        assert watch.pods_of_attempts() == {"work/1": 1, "work/3": 1, "work/4": 1}
