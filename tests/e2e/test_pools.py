"""A pool that runs share: never more than its slots, and whoever waits says for what."""

from __future__ import annotations

from typing import Any

from tests.e2e.kubernetes import Json, Kubectl, by_hand, condition, eventually, workflow
from tests.e2e.test_concurrency import QUICK, WAITS, let_end, says, working

ONE = {"pools": [{"name": "warehouse"}]}


def pool(slots: int, held_by: str = "Tasks", name: str = "warehouse") -> Json:
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Pool",
        "metadata": {"name": name},
        "spec": {"slots": slots, "heldBy": held_by},
    }


def loads(name: str, count: int, **fields: Any) -> Json:
    """Loads that go on until somebody stops them, so that nothing depends on how fast the machine is."""
    at_once = {"podTemplate": {"spec": {"terminationGracePeriodSeconds": 1}}}  # `sleep` does not listen
    load = {"command": ["sleep", "1000"], **ONE, **at_once, **fields}
    return workflow(name, *({"name": f"load-{n}", **load} for n in range(count)))


def living(kubectl: Kubectl) -> list[str]:
    """`run/task` of all pods that have not ended."""
    return sorted(
        "/".join(pod["metadata"]["labels"][f"sluice.dev/{label}"] for label in ("run", "task"))
        for pod in kubectl.list("pods")
        if pod["status"]["phase"] not in ("Succeeded", "Failed")
    )


def status(kubectl: Kubectl) -> Json:
    found: Json = kubectl.get("pools.sluice.dev", "warehouse").get("status", {})
    return found


def stands(kubectl: Kubectl, slots: int, used: int, waiting: int) -> None:
    """The Pool's status says so, and as many pods live."""
    wanted = {"slots": slots, "used": used, "waiting": waiting}
    eventually(lambda: wanted.items() <= status(kubectl).items() or None, f"the Pool says {wanted}")
    eventually(lambda: sorted(status(kubectl)["holders"]) == living(kubectl), "it names those that live")


def whole(name: str, task: Json, slots: int = 1) -> Json:
    """A Workflow whose runs hold slots from their start to their end."""
    return workflow(name, task, pools=[{"name": "warehouse", "slots": slots}])


def uses(kubectl: Kubectl, **wanted: Any) -> None:
    eventually(lambda: wanted.items() <= status(kubectl).items() or None, f"the Pool says {wanted}")


def test_two_runs_share_a_pool_whose_slots_are_changed_on_the_way(kubectl: Kubectl) -> None:
    kubectl.apply(pool(2))
    kubectl.apply(loads("first", 3))
    first = kubectl.run_of("first")
    stands(kubectl, slots=2, used=2, waiting=1)
    kubectl.apply(loads("second", 3))
    second = kubectl.run_of("second")
    stands(kubectl, slots=2, used=2, waiting=4)

    kubectl.apply(pool(4))
    stands(kubectl, slots=4, used=4, waiting=2)
    kubectl.apply(pool(1))
    stands(kubectl, slots=1, used=4, waiting=2)  # it ends nothing

    def reasons() -> list[str]:
        return [kubectl.task(second, f"load-{n}").get("reason", "") for n in range(3)]

    eventually(lambda: any(reason.startswith("Pool: warehouse ") for reason in reasons()), "one says for what it waits")

    kubectl.patch("workflowrun", first, {"spec": {"state": "Stopped"}})
    kubectl.finished(first)
    stands(kubectl, slots=1, used=1, waiting=2)
    assert living(kubectl)[0].startswith(f"{second}/")


def test_operator_that_is_killed_knows_from_the_pods_what_is_in_use(kubectl: Kubectl, system: Kubectl) -> None:
    kubectl.apply(pool(1))
    kubectl.apply(loads("first", 1))
    kubectl.apply(loads("second", 1))
    stands(kubectl, slots=1, used=1, waiting=1)
    before = living(kubectl)
    system("delete", "pods", "--all", "--grace-period=0", "--force")
    kubectl.apply(loads("third", 1))
    kubectl.run_of("third", seconds=60)
    stands(kubectl, slots=1, used=1, waiting=2)
    assert living(kubectl) == before


def test_missing_pool_is_a_reason_and_its_creation_lets_the_task_through(kubectl: Kubectl) -> None:
    kubectl.apply(workflow("etl", {"name": "load", "command": ["true"], **ONE}))
    run = kubectl.run_of("etl")

    def says(reason: str) -> None:
        eventually(lambda: kubectl.task(run, "load").get("reason") == reason, f"the task says {reason}")

    says("Pool: warehouse does not exist; create it")
    kubectl.apply(pool(0))
    says("Pool: warehouse has 0 slots, 1 is asked for")
    kubectl.apply(pool(1))
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"
    stands(kubectl, slots=1, used=0, waiting=0)


def test_two_workflows_hold_a_pool_for_their_whole_runs_one_after_the_other(kubectl: Kubectl, system: Kubectl) -> None:
    kubectl.apply(pool(1, "Runs"))
    kubectl.apply(whole("first", WAITS))
    first = kubectl.run_of("first")
    working(kubectl, first)
    kubectl.apply(whole("second", WAITS))
    second = kubectl.run_of("second")
    held_by_first = f"Pool: warehouse 1/1, held by {first}"
    says(kubectl, second, held_by_first)
    waiting = kubectl.get("workflowrun", second)
    assert waiting["status"]["phase"] == "Pending"
    assert condition(waiting, "Queued")["message"] == held_by_first
    assert "pools" not in waiting["status"]
    uses(kubectl, used=1, waiting=1, holders=[first])

    system("delete", "pods", "--all", "--grace-period=0", "--force")
    kubectl.apply(whole("third", WAITS))
    third = kubectl.run_of("third", seconds=60)
    uses(kubectl, used=1, waiting=2, holders=[first])  # the next operator knows it from the runs
    assert kubectl.pods(second) == kubectl.pods(third) == []

    kubectl.patch("workflowrun", first, {"spec": {"state": "Stopped"}})
    ended = kubectl.finished(first)["status"]
    working(kubectl, second)
    status = kubectl.get("workflowrun", second)["status"]
    assert status["pools"] == {"warehouse": 1}
    assert "message" not in status
    assert status["startedAt"] >= ended["finishedAt"]
    uses(kubectl, used=1, waiting=1, holders=[second])

    kubectl.apply(pool(2, "Runs"))
    working(kubectl, third)
    uses(kubectl, used=2, waiting=0, holders=[second, third])
    kubectl("delete", "workflowrun", second)
    kubectl.patch("workflowrun", third, {"spec": {"state": "Stopped"}})
    uses(kubectl, used=0, waiting=0, holders=[])


def test_run_that_waits_for_slots_can_be_stopped_and_the_pool_may_come_later(kubectl: Kubectl) -> None:
    kubectl.apply(whole("etl", QUICK, slots=2))
    run = kubectl.run_of("etl")
    says(kubectl, run, "Pool: warehouse does not exist; create it")
    kubectl.apply(pool(1, "Runs"))
    says(kubectl, run, "Pool: warehouse has 1 slot, 2 are asked for")
    kubectl.apply(by_hand("mine", "etl"))
    says(kubectl, "mine", "Pool: warehouse has 1 slot, 2 are asked for")
    kubectl.patch("workflowrun", "mine", {"spec": {"state": "Stopped"}})
    status = kubectl.finished("mine")["status"]
    assert (status["phase"], status["message"]) == ("Stopped", "the run was stopped before it had started")
    kubectl.apply(pool(2, "Runs"))
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"
    uses(kubectl, used=0, waiting=0, holders=[])


def test_two_runs_that_each_hold_what_the_other_calls_for_go_one_after_the_other(kubectl: Kubectl) -> None:
    sides = ("left", "right")
    for mine, other in (sides, sides[::-1]):
        kubectl.apply(pool(1, "Runs", mine))
        kubectl.apply(workflow(f"needs-{mine}", QUICK, trigger="Manual", pools=[{"name": mine}]))
        call = {"name": "call", "workflow": {"name": f"needs-{other}"}}
        kubectl.apply(workflow(mine, call, trigger="Manual", pools=[{"name": mine}]))
    for side in sides:
        kubectl.apply(by_hand(f"of-{side}", side))
    for side in sides:
        status = kubectl.finished(f"of-{side}", seconds=30)["status"]
        assert (status["phase"], status["pools"]) == ("Succeeded", {"left": 1, "right": 1})


def test_run_that_waits_for_a_pool_of_a_caller_takes_no_place_of_the_run_that_is_called(kubectl: Kubectl) -> None:
    kubectl.apply(pool(1, "Runs"))
    inner = whole("inner", QUICK)
    inner["spec"] |= {"trigger": "Manual", "concurrency": {"maxRuns": 1}}
    kubectl.apply(inner)
    call = {"name": "call", "dependsOn": ["work"], "workflow": {"name": "inner"}}
    kubectl.apply(workflow("outer", WAITS, call, trigger="Manual", pools=[{"name": "warehouse"}]))
    kubectl.apply(by_hand("caller", "outer"))
    working(kubectl, "caller")
    kubectl.apply(by_hand("mine", "inner"))
    says(kubectl, "mine", "Pool: warehouse 1/1, held by caller")
    assert let_end(kubectl, "caller")["status"]["phase"] == "Succeeded"
    assert kubectl.finished("mine", seconds=30)["status"]["phase"] == "Succeeded"
