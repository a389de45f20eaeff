"""Which slots a run holds from its start to its end, and its place in the queues."""

import pytest

from sluice.core.base.naming import RUN_POOLS, graph_of
from sluice.core.pod.builder import build_pod
from sluice.core.quota.run_pools import missing_above, run_request
from sluice.core.quota.waiters import QueuePosition
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity, known_claim

BOTH = {"pools": [{"name": "warehouse"}, {"name": "lab", "slots": 2}]}


def definition(*tasks):
    return Definition.of(
        {"tasks": [{"name": f"t{number}", "image": "busybox", **task} for number, task in enumerate(tasks)]}
    )


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ({"lab": 2, "warehouse": 1}, []),
        ({"lab": 3, "warehouse": 1}, []),
        ({"lab": 1, "warehouse": 1}, ["2 of pool 'lab', of which run 'top' above it holds 1"]),
        ({"lab": 2}, ["1 of pool 'warehouse', of which run 'top' above it holds 0"]),
    ],
)
def test_called_run_fails_for_what_the_run_at_the_top_does_not_hold(held, missing):
    found = missing_above((("lab", 2), ("warehouse", 1)), "top", held)
    words = "; what a run may call is looked up once, at its start: start 'top' anew"
    assert list(map(str, found)) == [f"spec.workflow: asks as a run for {each}{words}" for each in missing]


def test_its_status_says_what_it_holds():
    assert known_claim({"warehouse": 1, "lab": 2}) == (("lab", 2), ("warehouse", 1))
    assert known_claim({}) == ()


def test_its_place_is_that_of_its_longest_way():
    tasks = definition(
        {"expectedDuration": "1m"}, {"expectedDuration": "2m", "dependsOn": ["t0"]}, {"expectedDuration": "90s"}
    )
    run = RunIdentity("etl-1", "team", "uid", "etl", {})
    found = run_request(run, (("lab", 1),), tasks, priority=5, created_at=7.0)
    assert found.position == QueuePosition(-5, -180, 7.0, "uid", (), -1)
    assert found.display_name == "etl-1"


def test_its_pods_say_what_it_holds():
    run = RunIdentity("etl-1", "team", "uid", "etl", {}, pools=(("lab", 1),))
    made = build_pod(run, definition({}).tasks[0], attempt=1)
    assert made["metadata"]["annotations"][RUN_POOLS] == '{"lab": 1}'


def test_it_is_how_a_workflow_is_run_and_not_what_it_does():
    assert graph_of({"tasks": [], **BOTH}) == {"tasks": []}
