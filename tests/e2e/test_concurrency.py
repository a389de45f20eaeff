"""Which runs of a Workflow go at a time, and what becomes of the others."""

from __future__ import annotations

from typing import Any

from tests.e2e.kubernetes import Json, Kubectl, by_hand, condition, eventually, workflow
from tests.e2e.watch import Watch

WAITS = {"name": "work", "bash": "trap 'exit 7' TERM; echo ready; until [ -e /tmp/go ]; do sleep 0.1; done"}
IDLE = {"name": "work", "nodeSelector": {"example.com/nowhere": "true"}}
QUICK = {"name": "work", "bash": "true"}


def etl(task: Json, version: str = "", **spec: Any) -> Json:
    """A Workflow of one task. Another version is a change of what it would do."""
    return workflow("etl", task | {"env": [{"name": "VERSION", "value": version}]}, **spec)


def manual(task: Json, **concurrency: Any) -> Json:
    return workflow("etl", task, trigger="Manual", concurrency=concurrency)


def applied(kubectl: Kubectl, manifest: Json) -> str:
    """The run that the Workflow makes now."""
    before = kubectl.list("workflowruns")
    kubectl.apply(manifest)
    generation = str(kubectl.get("workflow", "etl")["metadata"]["generation"])
    assert all(run["metadata"]["labels"]["sluice.dev/generation"] != generation for run in before)

    def made() -> str | None:
        runs = kubectl.list("workflowruns", f"sluice.dev/generation={generation}")
        return runs[0]["metadata"]["name"] if runs else None

    return eventually(made, f"etl has a run of generation {generation}")


def working(kubectl: Kubectl, run: str) -> None:
    eventually(lambda: "ready" in kubectl.log(run, "work"), f"the container of {run} has started")
    eventually(lambda: kubectl.task(run, "work").get("phase") == "Running", "and the status says so")


def let_end(kubectl: Kubectl, run: str) -> Json:
    kubectl.let_go(kubectl.task(run, "work")["pod"])
    return kubectl.finished(run)


def phase(kubectl: Kubectl, run: str) -> str:
    return str(kubectl.get("workflowrun", run).get("status", {}).get("phase"))


def message(kubectl: Kubectl, run: str) -> str:
    return str(kubectl.get("workflowrun", run).get("status", {}).get("message", ""))


def says(kubectl: Kubectl, run: str, words: str) -> None:
    eventually(lambda: message(kubectl, run) == words, f"{run} says: {words}")


def test_a_change_waits_for_the_run_before_it_and_only_the_newest_change_is_run(kubectl: Kubectl) -> None:
    first = applied(kubectl, etl(WAITS, "1"))
    working(kubectl, first)
    second = applied(kubectl, etl(QUICK, "2"))
    says(kubectl, second, f"Queued: 1/1 runs of etl are going ({first})")
    assert condition(kubectl.get("workflowrun", second), "Queued")["status"] == "True"
    third = applied(kubectl, etl(QUICK, "3"))
    skipped = kubectl.finished(second)["status"]
    assert (skipped["phase"], skipped["message"]) == ("Stopped", f"replaced by run {third}")
    assert skipped["replacedBy"] == third
    assert "startedAt" not in skipped

    assert kubectl.pods(second) == kubectl.pods(third) == []
    assert let_end(kubectl, first)["status"]["phase"] == "Succeeded"
    status = kubectl.finished(third)["status"]
    assert (status["phase"], status.get("message")) == ("Succeeded", None)
    assert condition(kubectl.get("workflowrun", third), "Queued") == {}
    assert kubectl.pods(second) == []


def test_a_run_of_which_no_container_has_started_gives_way_to_a_newer_one(kubectl: Kubectl) -> None:
    first = applied(kubectl, etl(IDLE))
    eventually(lambda: kubectl.task(first, "work").get("reason", "").startswith("Unschedulable: "), "no node is found")
    second = applied(kubectl, etl(QUICK))
    assert kubectl.finished(second)["status"]["phase"] == "Succeeded"
    status = kubectl.get("workflowrun", first)["status"]
    assert (status["phase"], status["message"]) == ("Stopped", f"replaced by run {second}")
    assert status["tasks"]["work"]["reason"] == f"Stopped: replaced by run {second}"


def test_a_persons_run_waits_for_nobody_unless_concurrency_is_set(kubectl: Kubectl) -> None:
    first = applied(kubectl, etl(WAITS))
    working(kubectl, first)
    kubectl.apply(by_hand("today", "etl"))
    working(kubectl, "today")
    for run in (first, "today"):
        assert let_end(kubectl, run)["status"]["phase"] == "Succeeded"


def test_replace_stops_the_run_gracefully_and_starts_when_its_finally_tasks_have_ended(kubectl: Kubectl) -> None:
    tidy = {"name": "tidy", "finally": True, "bash": 'echo "$SLUICE_RUN_PHASE"'}
    spec = manual(WAITS, policy="Replace")
    spec["spec"]["tasks"].append(tidy)
    kubectl.apply(spec)
    kubectl.apply(by_hand("one", "etl"))
    working(kubectl, "one")
    with Watch(kubectl, "pods", ".status.containerStatuses[0].state.terminated.exitCode") as pods:
        kubectl.apply(by_hand("two", "etl"))
        one = kubectl.finished("one")
        assert ("7",) in pods.seen  # the program could answer SIGTERM
    assert (one["status"]["phase"], one["status"]["message"]) == ("Stopped", "replaced by run two")
    assert kubectl.log("one", "tidy") == "Stopped\n"
    working(kubectl, "two")
    assert kubectl.get("workflowrun", "two")["status"]["startedAt"] >= one["status"]["finishedAt"]
    assert let_end(kubectl, "two")["status"]["phase"] == "Succeeded"


def test_forbid_ends_a_run_that_cannot_start_at_once(kubectl: Kubectl) -> None:
    kubectl.apply(manual(WAITS, policy="Forbid"))
    kubectl.apply(by_hand("one", "etl"))
    working(kubectl, "one")
    kubectl.apply(by_hand("two", "etl"))
    status = kubectl.finished("two")["status"]
    assert (status["phase"], status["message"]) == ("Stopped", "Forbid: 1/1 runs of etl are going (one)")
    assert let_end(kubectl, "one")["status"]["phase"] == "Succeeded"
    assert kubectl.pods("two") == []


def test_a_queued_run_can_be_stopped_deleted_refused_and_let_in(kubectl: Kubectl) -> None:
    kubectl.apply(manual(WAITS, maxQueued=3))
    kubectl.apply(by_hand("a", "etl", state="Suspended"))
    eventually(lambda: phase(kubectl, "a") == "Suspended", "a is going, suspended")
    for run, before in (("b", ""), ("c", ", 1 before this one"), ("d", ", 2 before this one")):
        kubectl.apply(by_hand(run, "etl"))
        says(kubectl, run, f"Queued: 1/1 runs of etl are going (a){before}")

    kubectl.apply(by_hand("e", "etl"))
    assert kubectl.finished("e")["status"]["phase"] == "Stopped"
    words = "QueueFull: 1/1 runs of etl are going, and as many wait as maxQueued allows, 3"
    assert message(kubectl, "e") == words
    kubectl.patch("workflowrun", "b", {"spec": {"state": "Stopped"}})
    assert kubectl.finished("b")["status"]["message"] == "the run was stopped before it had started"
    kubectl("delete", "workflowrun", "c")
    says(kubectl, "d", "Queued: 1/1 runs of etl are going (a)")

    kubectl.patch("workflow", "etl", {"spec": {"concurrency": {"maxRuns": 2}}})
    working(kubectl, "d")
    assert let_end(kubectl, "d")["status"]["phase"] == "Succeeded"
    assert kubectl.pods("b") == kubectl.pods("e") == []


def test_a_change_of_concurrency_makes_no_run(kubectl: Kubectl) -> None:
    parameters = [{"name": "env", "default": "test"}]
    kubectl.run(etl(QUICK, parameters=parameters))
    kubectl.apply(etl(QUICK, parameters=parameters, concurrency={"key": "$(params.env)"}))
    generation = kubectl.get("workflow", "etl")["metadata"]["generation"]
    eventually(
        lambda: kubectl.get("workflow", "etl")["status"]["observedGeneration"] == generation, "the change is observed"
    )
    assert len(kubectl.list("workflowruns")) == 1
