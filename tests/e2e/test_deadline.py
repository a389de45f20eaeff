"""The deadline of a task goes on whatever becomes of the operator."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, eventually, workflow

STUBBORN = "trap 'exit 1' TERM; sleep 600 & wait"
LONG = {"name": "work", "deadline": "15s", "retries": {"limit": 5}, "bash": STUBBORN}
OFTEN = {"limit": 50, "backoff": {"initial": "3s", "factor": 1}}
FLAKY = {"name": "work", "deadline": "20s", "retries": OFTEN, "bash": "exit 1"}


def test_its_node_ends_it_while_no_operator_is_there(bare: Kubectl, operator: Callable[[str], HostOperator]) -> None:
    one = operator("one")
    one.leading()
    bare.apply(workflow("etl", LONG))
    run = bare.run_of("etl")
    eventually(lambda: bare.task(run, "work").get("phase") == "Running", "the program runs")
    one.kill()
    eventually(lambda: [pod["status"].get("reason") for pod in bare.list("pods")] == ["DeadlineExceeded"], "it ended")
    one.start()
    task = bare.finished(run)["status"]["tasks"]["work"]
    assert (task["phase"], task["attempt"], task["reason"]) == ("Failed", 1, "Timeout")
    assert task["message"] == "was not done by its deadline, 15s after its first start"


def test_an_operator_killed_between_two_attempts_counts_from_the_first(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    one = operator("one")
    one.leading()
    bare.apply(workflow("etl", FLAKY))
    run = bare.run_of("etl")
    eventually(
        lambda: bare.task(run, "work").get("reason", "").startswith("Backoff: "), "it waits for its next attempt"
    )
    first = bare.task(run, "work")["firstStartedAt"]
    one.kill()
    one.start()
    task = bare.finished(run)["status"]["tasks"]["work"]
    assert (task["phase"], task["reason"], task["firstStartedAt"]) == ("Failed", "Timeout", first)
    later = [pod for pod in bare.list("pods") if pod["metadata"]["labels"]["sluice.dev/attempt"] != "1"]
    assert later
    for pod in later:
        assert pod["metadata"]["annotations"]["sluice.dev/first-started-at"] == first
        assert 0 < pod["spec"]["activeDeadlineSeconds"] < 20
