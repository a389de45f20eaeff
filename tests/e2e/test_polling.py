"""Sensors: no pod between two tries, and nothing forgotten when the operator dies there."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, eventually, workflow
from tests.e2e.watch import PodWatch

SENSOR = {"name": "work", "poll": {"every": "15s"}, "bash": 'if [ "$SLUICE_ATTEMPT" -lt 3 ]; then exit 75; fi'}


def test_between_two_tries_there_is_no_pod_and_an_operator_killed_there_goes_on(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    one = operator("one")
    one.leading()
    with PodWatch(bare) as watch:
        bare.apply(workflow("etl", SENSOR))
        run = bare.run_of("etl")

        def between() -> bool:
            reason = bare.task(run, "work").get("reason", "")
            return reason.startswith("Polling: not yet, ") and not bare.list("pods")

        eventually(between, "the task says that it polls, and has no pod")
        one.kill()
        one.start()
        status = bare.finished(run)["status"]
        assert watch.pods_of_attempts() == {"work/1": 1, "work/2": 1, "work/3": 1}
    task = status["tasks"]["work"]
    assert (task["phase"], task["attempt"], task["poll"]["tries"]) == ("Succeeded", 3, 2)
    assert "retries" not in task
