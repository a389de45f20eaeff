"""Workflows of Argo's, imported and run: their pods, order, outputs and phases are as Argo's would be."""

from __future__ import annotations

import json
from collections import Counter

from sluice.importers.argo.translate import ArgoFile, translate
from sluice.importers.write import to_yaml
from tests.e2e.kubernetes import EXAMPLES, Json, Kubectl, container


def run_of(kubectl: Kubectl, name: str) -> Json:
    """Of the example by this name, ended."""
    result = translate([ArgoFile(f"{name}.yaml", (EXAMPLES / "import" / "argo" / f"{name}.yaml").read_text())])
    assert not any(loss.left for loss in result.losses), result.summary()
    kubectl.apply(to_yaml(result.objects))
    return kubectl.finished(kubectl.run_of(name))


def phases(run: Json) -> dict[str, str]:
    return {name: task["phase"] for name, task in run["status"]["tasks"].items()}


def test_steps_conditions_loops_and_an_exit_handler(kubectl: Kubectl) -> None:
    run = run_of(kubectl, "coin")
    assert run["status"]["phase"] == "Succeeded", run["status"]
    names = ("flip", "numbers", "join", "heads", "tails", "each", "write", "tell", "bye")
    assert phases(run) == {name: "Skipped" if name == "tails" else "Succeeded" for name in names}
    logs = {name: kubectl.log(run["metadata"]["name"], name) for name in ("heads", "tell", "bye")}
    assert logs == {"heads": "it was heads\n", "tell": "heads of monday\n", "bye": "Succeeded\n"}
    said = sorted(kubectl.log(run["metadata"]["name"], "each").splitlines())
    assert said == ["number 1", "number 2", "number 3"]


def test_a_dag_ends_as_its_last_tasks_do(kubectl: Kubectl) -> None:
    run = run_of(kubectl, "depends")
    failed = {"c": "Failed", "both": "UpstreamFailed"}
    assert phases(run) == dict.fromkeys(("a", "b", "either", "mend", "last"), "Succeeded") | failed
    assert run["status"]["phase"] == "Succeeded", run["status"]


def test_recursion_and_a_template_for_each_item(kubectl: Kubectl) -> None:
    run = run_of(kubectl, "countdown")
    assert run["status"]["phase"] == "Succeeded", run["status"]
    runs = [each["spec"]["workflow"] for each in kubectl.list("workflowruns")]
    assert sorted(runs) == ["countdown", *["countdown-count"] * 3, *["countdown-parcel"] * 2]
    pods = [each["metadata"]["labels"]["sluice.dev/task"] for each in kubectl.list("pods")]
    assert sorted(pods) == ["less"] * 3 + ["make"] * 2 + ["pack"] * 2


def test_loops_over_what_other_loops_have_handed_on(kubectl: Kubectl) -> None:
    run = run_of(kubectl, "lists")
    name, status = run["metadata"]["name"], run["status"]
    assert (status["phase"], json.loads(status["outputs"])) == ("Succeeded", {"kinds": ["odd", "even", "odd", "even"]})
    pods = Counter(map(_task, kubectl.pods(name)))
    assert pods == {"sort": 4, "each": 3, "each-exit": 3, "half": 2, "tell": 2}
    assert sorted(kubectl.log(name, "tell").splitlines()) == ["1", "2"]
    assert sorted(kubectl.log(name, "each-exit").splitlines()) == [f"{who} was told" for who in ("ada", "bo", "cy")]
    halves = [pod["status"]["startTime"] for pod in kubectl.pods(name) if _task(pod) == "half"]
    before = [container(pod)["finishedAt"] for pod in kubectl.pods(name) if _task(pod) == "sort"]
    assert max(before) <= min(halves)


def _task(pod: Json) -> str:
    return str(pod["metadata"]["labels"]["sluice.dev/task"])
