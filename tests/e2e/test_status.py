"""What a person and other programs read: columns, conditions, Events, and `kubectl explain`."""

from __future__ import annotations

from tests.e2e.kubernetes import Kubectl, condition, eventually, workflow

HELLO = {"name": "hello", "bash": "true"}
WORLD = {"name": "world", "dependsOn": ["hello"], "bash": "true"}


def table(kubectl: Kubectl, kind: str) -> list[list[str]]:
    """What `kubectl get` prints, in columns."""
    return [line.split() for line in kubectl("get", kind).splitlines()]


def test_kubectl_get_reads_well(kubectl: Kubectl) -> None:
    run = kubectl.run(workflow("etl", HELLO, WORLD))["metadata"]["name"]
    kubectl("wait", "--for=condition=Complete", "workflow/etl", "--timeout=300s")
    heading, row = table(kubectl, "workflows")
    assert heading == ["NAME", "ACCEPTED", "PHASE", "LAST", "RUN", "NEXT", "AGE"]
    assert row[:4] == ["etl", "True", "Succeeded", run]
    heading, row = table(kubectl, "workflowruns")
    assert heading == ["NAME", "WORKFLOW", "PHASE", "PROGRESS", "STARTED", "FINISHED", "AGE"]
    assert row[:4] == [run, "etl", "Succeeded", "2/2"]
    assert len(row) == len(heading)


def test_the_short_names_work(kubectl: Kubectl) -> None:
    assert kubectl("get", "slw,slr,sluice") == ""


def test_kubectl_wait_waits_for_the_run_of_what_was_applied_last(kubectl: Kubectl) -> None:
    for spec in ((HELLO,), (HELLO, WORLD)):  # the second time Complete is still True, of the first run
        kubectl.apply(workflow("etl", *spec))
        kubectl("wait", "--for=condition=Complete", "workflow/etl", "--timeout=300s")
        run = kubectl.get("workflowrun", kubectl.run_of("etl"))
        assert run["status"]["phase"] == "Succeeded"
        assert len(run["status"]["tasks"]) == len(spec)


def test_a_failed_run_shows_in_the_conditions_of_its_workflow(kubectl: Kubectl) -> None:
    run = kubectl.run(workflow("etl", {"name": "work", "bash": "exit 3"}))
    kubectl("wait", "--for=condition=Failed", "workflow/etl", "--timeout=300s")
    found = kubectl.get("workflow", "etl")
    for each in (run, found):
        states = {type_: condition(each, type_)["status"] for type_ in ("Complete", "Failed", "Finished")}
        assert states == {"Complete": "False", "Failed": "True", "Finished": "True"}
        assert condition(each, "Failed")["message"] == "task work failed: exit code 3"


def test_events_tell_of_start_failure_and_end_and_not_of_every_pod(kubectl: Kubectl) -> None:
    fine = ({"name": f"fine-{number}", "bash": "true"} for number in range(5))
    run = kubectl.run(workflow("etl", {"name": "work", "bash": "exit 3"}, *fine))["metadata"]["name"]

    def events() -> dict[tuple[str, str], str]:
        found = [event for event in kubectl.list("events") if event["involvedObject"]["name"] == run]
        return {(event["type"], event["reason"]): event["message"] for event in found}

    eventually(lambda: len(events()) >= 3, "three Events")
    assert events().keys() == {("Normal", "Started"), ("Warning", "TaskFailed"), ("Warning", "Failed")}
    assert events()["Warning", "TaskFailed"].startswith("work: ")
    assert "task work failed: exit code 3" in events()["Warning", "Failed"]


def test_the_status_says_which_generation_it_is_about(kubectl: Kubectl) -> None:
    run = kubectl.run(workflow("etl", HELLO))
    kubectl("wait", "--for=condition=Complete", "workflow/etl", "--timeout=300s")
    for each in (run, kubectl.get("workflow", "etl")):
        generation = each["metadata"]["generation"]
        assert each["status"]["observedGeneration"] == generation
        assert {found["observedGeneration"] for found in each["status"]["conditions"]} == {generation}


def test_kubectl_explain_describes_the_fields(kubectl: Kubectl) -> None:
    def explain() -> str:
        return kubectl("explain", "workflows.spec.tasks", "--api-version=sluice.dev/v1alpha1")

    text = eventually(explain, "the API server has published the schema")
    for field in ("bash", "dependsOn", "image", "retries", "timeout"):
        assert f"  {field}\t" in text
    assert "<no description>" not in text
