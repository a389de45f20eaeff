"""What all items of a fan-out read alike is looked at once, not for each item."""

import pytest

from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.decide import decide
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.run_limits import RunLimits
from sluice.core.status.run_status import compose
from tests.core.counting import calls

ITEMS = 400


def cost(tasks_read, fields):
    """Of the decision in which the items begin."""
    tasks = [{"name": f"t{n}", "image": "x", "when": "false", "outputs": ["x"]} for n in range(tasks_read)]
    text = " ".join(f"$(tasks.t{n}.outputs.x ?? 'none')" for n in range(tasks_read))
    items = {"forEach": {"range": {"end": ITEMS}}, "runIf": "AllDone", "env": [{"name": "A", "value": text}]}
    definition = Definition.of({"tasks": [*tasks, {"name": "fan", "image": "x", **items, **fields}]})
    run = restore(
        RunIdentity("r", "team", "uid-r", "w", {}),
        "rev",
        definition,
        status={},
        pods=[],
        now=1e9,
        orders=Orders(limits=RunLimits(parallelism=1)),
        shared=SharedLimits(),
    )
    decide(run, 1e9)
    compose(run, {}, 1, 1e9).commit()
    found = []
    used = calls(lambda: found.append(decide(run, 1e9 + 1)))
    assert len(found[0].create) == 1
    assert len(run.tasks.fan_outs[tasks_read].items) == ITEMS
    return used


@pytest.mark.parametrize("fields", [{}, {"retries": {"limit": "$(item)"}}], ids=str)
def test_ten_times_the_reads_are_not_ten_times_the_cost(fields):
    assert cost(100, fields) < 2 * cost(10, fields)
