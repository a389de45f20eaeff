"""What many units read alike is looked at once, not for each item nor at each end; what nobody reads is not."""

import json

import pytest

from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.decide import decide
from sluice.core.reconcile.propagate import End, end_task
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.outputs import values_of
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.run_limits import RunLimits
from sluice.core.status.run_status import compose
from tests.core.counting import calls
from tests.core.world import run

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


def opened(task, outputs, items):
    """The decision in which the items of `b` begin, which go over what `a` hands on."""
    a = {"name": "a", "image": "x", "outputs": ["items", *outputs]}
    b = {"name": "b", "image": "x", "forEach": {"from": "$(tasks.a.outputs.items)"}}
    run = restore(
        RunIdentity("r", "team", "uid-r", "w", {}),
        "rev",
        Definition.of({"tasks": [a, b | task]}),
        status={"tasks": {"a": {"phase": "Succeeded", "attempt": 1, "outputsIn": "ConfigMap"}}},
        pods=[],
        outputs={"a": json.dumps({"items": items, **outputs})},
        now=1e9,
        orders=Orders(limits=RunLimits(parallelism=1)),
    )
    decide(run, 1e9)
    compose(run, {}, 1, 1e9).commit()
    used = calls(lambda: decide(run, 1e9 + 1))
    assert len(run.tasks.fan_outs[1].items) == ITEMS
    return run, used


def test_the_first_field_that_an_item_lacks_ends_it():
    def lacking(fields):
        _, used = opened({"args": [f"$(item.f{n})" for n in range(fields)]}, {}, [{}] * ITEMS)
        return used

    assert lacking(200) < 2 * lacking(20)


def test_what_stands_in_for_fields_of_all_items_is_looked_up_once():
    def read(fields):
        args = [f"$(item.f{n} ?? tasks.a.outputs.x)" for n in range(fields)]
        _, used = opened({"args": args}, {"x": 1}, [{}] * ITEMS)
        return used

    assert read(200) < 2 * read(20)


def test_of_an_item_only_the_fields_are_written_out_that_its_numbers_name():
    def numbers(fields):
        items = [{f"f{n}": 1 for n in range(fields)}] * ITEMS
        _, used = opened({"retries": {"limit": "$(item.f0)"}}, {}, items)
        return used

    assert numbers(100) < 1.5 * numbers(10)


def test_items_share_the_values_that_they_read_alike():
    run, _ = opened({"args": ["$(tasks.a.outputs.x)"]}, {"x": 1}, list(range(ITEMS)))
    first = run.tasks.fan_outs[1].first
    assert values_of(run, run.tasks[first]) is values_of(run, run.tasks[first + 1])


def test_of_outputs_only_those_are_written_out_that_are_read():
    def handed_on(keys):
        outputs = {f"k{n}": n for n in range(keys)}
        tasks = [{"name": f"t{n}", "image": "x", "timeout": "$(tasks.a.outputs.k0)"} for n in range(100)]
        run = restore(
            RunIdentity("r", "team", "uid-r", "w", {}),
            "rev",
            Definition.of({"tasks": [{"name": "a", "image": "x", "outputs": list(outputs)}, *tasks]}),
            status={},
            pods=[],
            now=1e9,
            orders=Orders(),
        )
        run.set_outputs(0, outputs)
        return calls(lambda: end_task(run, End(0, "Succeeded")))

    assert handed_on(100) < 1.5 * handed_on(10)


def test_a_task_that_reads_many_goes_on_where_it_had_stopped():
    """It may be asked at each of their ends."""

    def reading(number):
        names = [f"t{n}" for n in range(number)]
        before = [{"name": name, "image": "x", "dependsOn": ["root"], "outputs": ["x"]} for name in names]
        args = [f"$(tasks.{name}.outputs.x)" for name in names]
        last = {"name": "last", "image": "x", "runIf": "OneFailed", "dependsOn": ["root", *names], "args": args}
        definition = Definition.of({"tasks": [{"name": "root", "image": "x"}, *before, last]})
        status = {"tasks": {"root": {"phase": "Failed", "attempt": 1}}}
        identity, orders = RunIdentity("r", "team", "uid-r", "w", {}), Orders()
        return calls(lambda: restore(identity, "rev", definition, status=status, pods=[], now=1e9, orders=orders))

    assert reading(240) < 6 * reading(60)


def test_the_outputs_of_the_item_before_are_written_out_once():
    def following(outputs):
        keys = [f"k{n}" for n in range(outputs)]
        args = [f"$(item.f{n} ?? tasks.b.outputs.k0)" for n in range(100)] + [f"$(tasks.b.outputs.{k})" for k in keys]
        a = {"forEach": {"sameAs": "b"}, "args": args}
        world = run("a, b", fields={"a": a, "b": {"forEach": {"items": [1]}, "outputs": keys}})
        world.decide()
        world.writes()
        world.decide()
        world.ends("b[0]", outputs="\n".join(f"{key}=1" for key in keys))
        found = []
        used = calls(lambda: found.append(world.decide()))
        assert [world.name(create.number) for create in found[0].create] == ["a[0]"]
        return used

    assert following(50) < 2 * following(5)
