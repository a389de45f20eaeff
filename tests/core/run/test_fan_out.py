"""Fan-outs: when each item starts, and how the task ends."""

from itertools import pairwise

import pytest

from tests.core.kubelet import running
from tests.core.world import ABC, fan, run

# When each starts.


def test_no_pod_is_made_before_the_items_are_in_the_status():
    world = run("a", fields={"a": {"forEach": ABC}})
    assert world.starts() == []
    assert world.run.creates.recording
    assert world.writes()["tasks"]["a"]["items"] == {"total": 3}
    assert world.starts() == ["a[0]", "a[1]", "a[2]"]


def test_all_items_at_once_unless_parallelism_says_otherwise():
    world = fan(a={"forEach": ABC | {"parallelism": 2}}, every={})
    assert world.starts() == ["a[0]", "a[1]"]
    world.ends("a[1]")
    assert world.starts() == ["a[2]"]


def test_the_run_s_parallelism_holds_as_well():
    world = fan("a, b", a={"forEach": ABC}, parallelism=3)
    assert world.starts() == ["a[0]", "a[1]"]  # b runs since before


def test_a_full_fan_out_keeps_nobody_else_from_starting():
    world = run("a, b", fields={"a": {"forEach": ABC | {"parallelism": 1}}, "b": {"forEach": {"items": ["x", "y"]}}})
    world.decide()
    world.writes()
    assert world.starts() == ["a[0]", "b[0]", "b[1]"]


def test_a_dependent_waits_for_all_items():
    world = fan("a >> b", a={"forEach": ABC})
    world.starts()
    for item in ("a[0]", "a[2]", "a[1]"):
        assert world.starts() == []
        world.ends(item)
    assert world.starts() == ["b"]


def test_a_fan_out_over_nothing_has_succeeded():
    world = fan("a >> b", a={"forEach": {"items": []}})
    assert (world.phases["a"], world.starts()) == ("Succeeded", [])
    assert world.stored["tasks"]["a"]["progress"] == "0/0"


def test_items_that_cannot_be_counted_fail_the_task():
    world = fan(a={"forEach": {"from": "no list"}})
    assert world.phases == {"a": "Failed"}
    assert "must be a JSON list" in world.stored["tasks"]["a"]["message"]


def test_each_item_has_its_own_retries():
    world = fan(a={"forEach": ABC, "retries": {"limit": 1}})
    world.starts()
    world.ends("a[1]", 1)
    assert world.starts() == []
    assert world.starts(after=2) == ["a[1]"]
    assert world.task("a[1]").attempt == 2
    assert world.task("a[0]").attempt == 1


def test_an_item_that_lacks_a_field_fails_alone_and_says_which():
    items = [{"name": "x"}, {"nam": "y"}, "z"]
    world = fan(a={"forEach": {"items": items, "minSuccess": 1}, "args": ["$(item.name)", "$(item)"]})
    assert world.starts() == ["a[0]"]
    words = "its item has no field 'name', which $(item.name) stands for"
    assert [world.task(f"a[{index}]").last.message for index in (1, 2)] == [words, words]


# sameAs.


CHAIN = {"b": {"forEach": {"sameAs": "a"}}, "c": {"forEach": {"sameAs": "b"}}}


def chain(**fields):
    world = run("a, b, c", fields={"a": {"forEach": ABC}, **CHAIN} | fields)
    world.decide()
    world.writes()
    return world


def test_an_item_waits_for_its_own_item_only():
    world = chain()
    assert world.starts() == ["a[0]", "a[1]", "a[2]"]
    world.ends("a[1]")
    assert world.starts() == ["b[1]"]
    world.ends("b[1]")
    assert world.starts() == ["c[1]"]


def test_a_chain_runs_depth_first():
    world = chain(a={"forEach": ABC | {"parallelism": 1}})
    started = []
    while new := world.starts():
        started += new
        for item in new:
            world.ends(item)
    assert started == ["a[0]", "b[0]", "a[1]", "c[0]", "b[1]", "a[2]", "c[1]", "b[2]", "c[2]"]


def test_the_order_of_items_takes_no_more_room_in_a_long_chain():
    names = [f"t{number}" for number in range(200)]
    fields = {name: {"forEach": {"sameAs": before}} for before, name in pairwise(names)}
    world = run(", ".join(names), fields=fields | {"t0": {"forEach": ABC}})
    world.decide()
    assert len(world.run.tasks) == 800
    assert {len(task.order) for task in world.run.tasks} == {1, 2, 3}


def test_a_failed_item_stops_its_own_chain_only():
    world = chain()
    world.starts()
    for item, code in (("a[0]", 0), ("a[1]", 1), ("a[2]", 0)):
        world.ends(item, code)
    assert world.starts() == ["b[0]", "b[2]"]
    for item in ("b[0]", "b[2]"):
        world.ends(item)
    assert world.starts() == ["c[0]", "c[2]"]
    for item in ("c[0]", "c[2]"):
        world.ends(item)
    world.decide()
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed", "c": "UpstreamFailed"}
    world.writes()
    assert world.stored["tasks"]["b"]["items"] == {"total": 3, "succeeded": "0,2", "upstreamFailed": "1"}


def test_items_that_the_other_forgives_are_missed_here_and_the_reason_says_so():
    world = fan("a, b", a={"forEach": ABC | {"minSuccess": 2}}, b={"forEach": {"sameAs": "a"}})
    world.starts()
    for index, code in enumerate((0, 1, 0)):
        world.ends(f"a[{index}]", code)
    for item in world.starts():
        world.ends(item)
    world.decide()
    words = "UpstreamFailed: 1 of 3 items, which failed in a; set forEach.minSuccess here, too"
    assert (world.phases, world.reasons) == ({"a": "Succeeded", "b": "UpstreamFailed"}, {"b": words})


def test_same_items_wait_for_the_other_dependencies_too():
    world = fan("x >> b; a", a={"forEach": ABC}, b={"forEach": {"sameAs": "a"}})
    world.ends("x", 0)
    for item in world.starts():
        world.ends(item)
    world.decide()
    world.writes()
    assert world.starts() == ["b[0]", "b[1]", "b[2]"]


def test_without_the_other_s_items_there_is_nothing_to_do():
    world = fan("x >> a; b", x={"bash": "true"}, a={"forEach": ABC}, b={"forEach": {"sameAs": "a"}})
    world.ends("x", 1)
    world.decide()
    assert world.phases == {"x": "Failed", "a": "UpstreamFailed", "b": "UpstreamFailed"}


def test_what_fails_as_its_items_are_counted_ends_once():
    a, b = {"forEach": {"items": []}, "runIf": "OneFailed"}, {"forEach": {"sameAs": "a"}}
    world = run("x >> a, b", fields={"a": a, "b": b})
    world.starts()
    world.ends("x", 1)
    world.decide()
    assert world.run.counts.by_phase == {"Failed": 1, "Succeeded": 1, "UpstreamFailed": 1}


# How the task ends.


@pytest.mark.parametrize(
    ("min_success", "codes", "phase"),
    [
        (None, (0, 0, 0), "Succeeded"),
        (None, (0, 1, 0), "Failed"),
        (2, (0, 1, 0), "Succeeded"),
        (2, (1, 1, 0), "Failed"),
        ("60%", (0, 1, 0), "Succeeded"),
        ("70%", (0, 1, 0), "Failed"),
        (0, (1, 1, 1), "Succeeded"),
    ],
)
def test_end(min_success, codes, phase):
    extra = {} if min_success is None else {"minSuccess": min_success}
    world = fan(a={"forEach": ABC | extra})
    world.starts()
    for index, code in enumerate(codes):
        world.ends(f"a[{index}]", code)
    assert world.decide().finished
    assert world.phases == {"a": phase}


@pytest.mark.parametrize(
    ("min_success", "codes", "phase"),
    [
        (None, (0, 0), "Succeeded"),
        (None, (0, 1), "Failed"),
        (3, (0, 0), "Succeeded"),
        (3, (0, 1), "Failed"),
        (1, (0, 1), "Succeeded"),
        ("50%", (0, 1), "Succeeded"),
        ("51%", (0, 1), "Failed"),
    ],
)
def test_skipped_items_count_for_nothing(min_success, codes, phase):
    for_each = {"items": ["a", "b", "c", "d"]} | ({} if min_success is None else {"minSuccess": min_success})
    world = fan(a={"forEach": for_each, "when": "item in ['a', 'b']"})
    assert world.starts() == ["a[0]", "a[1]"]
    for index, code in enumerate(codes):
        world.ends(f"a[{index}]", code)
    assert world.decide().finished
    assert world.phases == {"a": phase}


def test_the_rest_go_on_when_the_task_can_only_fail():
    world = fan(a={"forEach": ABC | {"parallelism": 1}})
    world.starts()
    world.ends("a[0]", 1)
    assert world.starts() == ["a[1]"]
    assert world.phases == {"a": "Pending"}


def test_fail_fast_stops_the_rest_once_the_task_can_only_fail():
    world = run("a", fields={"a": {"forEach": ABC | {"parallelism": 1, "minSuccess": 2}}}, fail_fast="Stop")
    world.decide()
    world.writes()
    world.starts()
    world.ends("a[0]", 1)
    assert world.starts() == ["a[1]"]
    world.ends("a[1]", 1)
    assert world.decide().finished
    assert world.phases == {"a": "Failed"}
    assert world.run.tasks.fan_outs[0].counts == {"Failed": 2, "Stopped": 1}


def test_fail_fast_stops_nobody_for_items_that_could_not_run():
    b = {"forEach": {"sameAs": "a"}}
    world = run("a, b, c", fields={"a": {"forEach": ABC | {"minSuccess": 0}}, "b": b}, fail_fast="Stop")
    world.starts()
    world.writes()
    world.starts()
    for index in range(3):
        world.ends(f"a[{index}]", 1)
    assert world.decided() == []
    world.ends("c")
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded", "b": "UpstreamFailed", "c": "Succeeded"}


def test_stopping_ends_every_item():
    world = fan(a={"forEach": ABC | {"parallelism": 1}})
    world.starts()
    world.sees("a[0]", running())
    world.decide()
    world.run.set_state("Stopped")
    assert world.decided() == ["delete a[0]/1"]
    world.loses("a[0]", running())
    assert world.decide().finished
    assert world.phases == {"a": "Stopped"}
