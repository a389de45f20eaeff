"""DAG files of Airflow, imported and run: their pods call the files' own functions, and Airflow is nowhere."""

from __future__ import annotations

import json

from sluice.importers.airflow.convert import convert
from sluice.importers.airflow.dags.dag import Options
from sluice.importers.write import to_yaml
from tests.e2e.kubernetes import EXAMPLES, Json, Kubectl, by_hand


def run_of(kubectl: Kubectl, name: str) -> Json:
    """Of the example by this name, which runs by itself or is run by hand."""
    result = convert([EXAMPLES / "import" / "airflow" / f"{name}.py"], Options())
    assert result.exit_code == 0, result.summary()
    (workflow,) = result.objects
    kubectl.apply(to_yaml(result.objects))
    if "trigger" not in workflow.manifest["spec"]:
        return kubectl.finished(kubectl.run_of(workflow.name))
    kubectl.apply(by_hand(f"{workflow.name}-run", workflow.name))
    return kubectl.finished(f"{workflow.name}-run")


def phases(run: Json) -> dict[str, str]:
    return {name: task["phase"] for name, task in run["status"]["tasks"].items()}


def test_two_in_parallel_and_one_after_both(kubectl: Kubectl) -> None:
    run = run_of(kubectl, "parallel")
    assert phases(run) == dict.fromkeys(("task-a", "task-b", "task-c"), "Succeeded")
    assert kubectl.log(run["metadata"]["name"], "task-c") == "this is task c, after both\n"


def test_a_pool_of_processes(kubectl: Kubectl) -> None:
    run_of(kubectl, "multiprocessing_pool")
    assert kubectl.log("multiprocessing-pool-run", "run-in-parallel") == "[2, 4, 6, 8, 10]\n"


def test_many_constructs(kubectl: Kubectl) -> None:
    run = run_of(kubectl, "orders")
    skipped = ("small", "greet")
    assert run["status"]["phase"] == "Succeeded", run["status"]
    assert phases(run) == {name: "Skipped" if name in skipped else "Succeeded" for name in phases(run)}
    assert json.loads(run["status"]["tasks"]["total"]["outputs"]) == {"return_value": 15}
    logs = {name: kubectl.log("orders-run", name) for name in ("list-orders", "said", "ways-inside", "last", "clean")}
    assert logs == {
        "list-orders": "orders of north\n",
        "said": "it said: north is open\n",
        "ways-inside": "in a group\n",
        "last": "on 10\n",
        "clean": "clean\n",
    }


def test_mapped_groups(kubectl: Kubectl) -> None:
    result = convert([EXAMPLES / "import" / "airflow" / "regions.py"], Options())
    assert not any(loss.left for loss in result.losses), result.summary()
    kubectl.apply(to_yaml(result.objects))
    kubectl.apply(by_hand("regions-run", "by-region"))
    run = kubectl.finished("regions-run")
    assert phases(run) == dict.fromkeys(("price", "regions", "revenue", "total", "letters"), "Succeeded"), run["status"]
    assert kubectl.log("regions-run", "total") == "in all 50\n"
    children = [each["metadata"]["name"] for each in kubectl.list("workflowruns")]
    greetings = sorted(kubectl.log(name, "greet") for name in children if "letters" in name)
    assert greetings == ["hello ada\n", "hello bo\n"]
