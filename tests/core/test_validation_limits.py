"""What a task may ask of the limits that runs share."""

import pytest

from tests.core.test_validation import faults


@pytest.mark.parametrize(
    ("pools", "found"),
    [
        ([{"name": "lab"}, {"name": "warehouse", "slots": 2}], []),
        (
            [{"name": "lab"}, {"name": "warehouse"}, {"name": "lab", "slots": 2}],
            ["spec.tasks[0].pools[2].name: 'lab' stands in pools[0] already; add its slots there"],
        ),
        ([{"name": "lab", "slots": 0}], ["spec.tasks[0].pools[0].slots: input should be greater than or equal to 1"]),
        ([{"slots": 1}], ["spec.tasks[0].pools[0].name: is required"]),
    ],
)
def test_pools_of_a_task(pools, found):
    assert faults({"name": "a", "image": "busybox", "pools": pools}) == found
