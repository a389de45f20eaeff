"""A fan-out over 500 items that a task has found, on simulated nodes, with an operator that dies in the middle."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, container, eventually, workflow

_ITEMS = 500
_STATUS_BYTES = 100_000
_SIMULATED: Json = {
    "image": "busybox:1.35",
    "command": ["echo", "$(item)"],
    "nodeSelector": {"type": "kwok"},
    "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
    "podTemplate": {"metadata": {"annotations": {"simulation.sluice.dev/duration": "250ms"}}},
}
_FIND = f'printf "files=[0%s]" "$(seq 1 {_ITEMS - 1} | sed "s/^/,/" | tr -d "\\n")" > "$SLUICE_OUTPUTS"'


def count(kubectl: Kubectl, run: str, task: str) -> int:
    """How many items the status says have succeeded."""
    return int(kubectl.task(run, task).get("progress", "0").partition("/")[0])


def by_item(kubectl: Kubectl, task: str) -> dict[int, Json]:
    """The pods of a fan-out. None has gone by the end: those that succeeded stay for an hour."""
    pods = kubectl.list("pods", f"sluice.dev/task={task}")
    found = {int(pod["metadata"]["labels"]["sluice.dev/index"]): pod for pod in pods}
    assert len(pods) == len(found) == _ITEMS
    assert {pod["metadata"]["labels"]["sluice.dev/attempt"] for pod in pods} == {"1"}
    return found


def size(run: Json) -> int:
    """Of the status, in bytes."""
    return len(json.dumps(run["status"], separators=(",", ":")))


@pytest.mark.usefixtures("simulated_nodes")
def test_500_items_found_by_a_task_go_through_two_steps_each_once_while_the_operator_dies(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    find = {"name": "find", "outputs": ["files"], "bash": _FIND}
    clean = {"name": "clean", "forEach": {"from": "$(tasks.find.outputs.files)", "parallelism": 25}, **_SIMULATED}
    load = {"name": "load", "forEach": {"sameAs": "clean"}, **_SIMULATED}
    bare.apply(workflow("etl", find, clean, load))
    run = bare.run_of("etl")
    eventually(lambda: count(bare, run, "clean") >= _ITEMS // 4, "a quarter of the items is clean", 120)
    mortal.kill()
    middle = bare.get("workflowrun", run)
    assert middle["status"]["phase"] == "Running"
    mortal.start()
    end = bare.finished(run, 300)

    status = end["status"]
    assert (status["phase"], status["progress"]) == ("Succeeded", "3/3")
    for task in ("clean", "load"):
        assert status["tasks"][task]["items"] == {"total": _ITEMS, "succeeded": f"0-{_ITEMS - 1}"}
    assert max(size(middle), size(end)) < _STATUS_BYTES

    # On a busy machine a simulated end was seen that was later than what it had let start, so starts are compared.
    started = {index: container(pod)["startedAt"] for index, pod in by_item(bare, "clean").items()}
    made = {index: pod["metadata"]["creationTimestamp"] for index, pod in by_item(bare, "load").items()}
    assert all(made[index] >= started[index] for index in range(_ITEMS))
    assert min(made.values()) < max(started.values()), "no barrier stands between the steps"
    assert "Traceback" not in mortal.log
