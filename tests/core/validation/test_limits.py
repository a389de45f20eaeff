"""What a task may ask of the limits that runs share."""

import pytest

from tests.core.validation.judged import faults


@pytest.mark.parametrize(
    ("pools", "found"),
    [
        ([{"name": "lab"}, {"name": "warehouse", "slots": 2}], []),
        (
            [{"name": "lab"}, {"name": "warehouse"}, {"name": "lab", "slots": 2}],
            ["spec.tasks[0].pools[2].name: 'lab' stands in pools[0] already; add its slots there"],
        ),
        ([{"name": "lab", "slots": 0}], ["spec.tasks[0].pools[0].slots: must be a whole number from 1 to 1000000"]),
        ([{"slots": 1}], ["spec.tasks[0].pools[0].name: is required"]),
    ],
)
def test_pools_of_a_task(pools, found):
    assert faults({"name": "a", "image": "busybox", "pools": pools}) == found


NEVER_BOTH = "and a Pool is held by tasks or by whole runs, never both; remove one of the two"


@pytest.mark.parametrize(
    ("pools", "found"),
    [
        ([{"name": "warehouse", "slots": 2}], []),
        (
            [{"name": "warehouse"}, {"name": "lab"}],
            [f"spec.tasks[0].pools[0].name: each run holds slots of 'lab' (spec.pools[1]), {NEVER_BOTH}"],
        ),
        (
            [{"name": "warehouse"}, {"name": "warehouse"}],
            ["spec.pools[1].name: 'warehouse' stands in pools[0] already; add its slots there"],
        ),
        ([{"slots": 1}], ["spec.pools[0].name: is required"]),
    ],
)
def test_pools_of_a_run(pools, found):
    assert faults({"name": "a", "image": "busybox", "pools": [{"name": "lab"}]}, pools=pools) == found
