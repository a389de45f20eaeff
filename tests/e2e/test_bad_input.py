"""Bad input never runs: the CRD refuses what is not shaped like a Workflow, the operator what makes no sense."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.kubernetes import EXAMPLES, Json, Kubectl, KubectlError, condition, eventually, workflow

NOT_READ_AS_TEXT = EXAMPLES / "invalid/yaml-words.yaml"
INVALID = sorted({*(EXAMPLES / "invalid").glob("*.yaml")} - {NOT_READ_AS_TEXT})
SLUICE = Path(sys.executable).parent / "sluice"

HELLO = {"name": "hello", "bash": "true"}


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SLUICE, "lint", *files], capture_output=True, text=True, check=False)


def refused(kubectl: Kubectl, name: str) -> str:
    """The message of a Workflow that is not accepted."""

    def message() -> str | None:
        accepted = condition(kubectl.get("workflow", name), "Accepted")
        return accepted.get("message") if accepted.get("status") == "False" else None

    return eventually(message, f"Workflow {name} is refused")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        pytest.param(workflow("etl", HELLO, parallelism=[8]), "spec.parallelism", id="wrong type"),
        pytest.param(workflow("etl", HELLO, paralelism=1), 'unknown field "spec.paralelism"', id="unknown field"),
        pytest.param(workflow("etl"), "spec.tasks", id="no tasks"),
        pytest.param(workflow("etl", {"name": "Not_A_Name"}), "spec.tasks[0].name", id="task name"),
        pytest.param(workflow("e" * 41, HELLO), "at most 40 characters", id="long name"),
    ],
)
def test_what_the_schema_refuses_never_gets_in(kubectl: Kubectl, manifest: Json, words: str) -> None:
    with pytest.raises(KubectlError) as refusal:
        kubectl.apply(manifest)
    assert words in str(refusal.value)
    assert kubectl.list("workflows") == []


def test_what_kubectl_does_not_read_as_text_never_gets_in(kubectl: Kubectl) -> None:
    with pytest.raises(KubectlError) as refusal:
        kubectl.apply(NOT_READ_AS_TEXT)
    assert "spec.tasks[0].name" in str(refusal.value)
    assert kubectl.list("workflows") == []


def test_what_the_operator_refuses_tells_every_fault_and_runs_nothing(kubectl: Kubectl) -> None:
    kubectl.apply(EXAMPLES / "invalid/all.yaml")
    message = refused(kubectl, "all-faults")
    assert len(message.splitlines()) == 5

    def events() -> list[Json]:
        return [event for event in kubectl.list("events") if event["involvedObject"]["name"] == "all-faults"]

    (event,) = eventually(events, "there is an Event")
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "Refused", message)
    assert kubectl.list("workflowruns") == kubectl.list("pods") == []


def test_a_refused_workflow_recovers_when_it_is_fixed(kubectl: Kubectl) -> None:
    kubectl.apply(workflow("etl", HELLO | {"dependsOn": ["helo"]}))
    assert refused(kubectl, "etl") == "spec.tasks[0].dependsOn[0]: no task is called 'helo'; did you mean 'hello'?"
    run = kubectl.run(workflow("etl", HELLO))
    assert run["status"]["phase"] == "Succeeded"
    found = kubectl.get("workflow", "etl")
    assert (condition(found, "Accepted")["status"], condition(found, "Stalled")["status"]) == ("True", "False")


def test_lint_says_the_same_as_the_operator(kubectl: Kubectl) -> None:
    for file in INVALID:
        kubectl.apply(file)
        found = lint(file)
        message = refused(kubectl, yaml.safe_load(file.read_text())["metadata"]["name"])
        assert [line.split(": ", 1)[1] for line in found.stdout.splitlines()] == message.splitlines(), file.name
        assert found.returncode == 1


def test_lint_points_at_lines() -> None:
    file = EXAMPLES / "invalid/all.yaml"
    lines = file.read_text().splitlines()
    places = [line.split(":")[1] for line in lint(file).stdout.splitlines()]
    assert [lines[int(place) - 1].strip() for place in places] == [
        "dependsOn: [a, b, c]",
        "dependsOn: [e]",
        "dependsOn: [extract]",
        "- name: a",
        'bash: echo "loading $(params.day)"',
    ]


def test_lint_has_nothing_to_say_about_the_examples() -> None:
    found = lint(*sorted(EXAMPLES.glob("*.yaml")))
    assert (found.returncode, found.stdout) == (0, "")
