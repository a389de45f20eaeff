"""Fan-outs: what the status says, what a restart finds there, and what the items hand on."""

import json

from sluice.core.base.intervals import members
from sluice.core.run.outputs import values_of
from sluice.core.status.run_status import task_status
from sluice.core.status.text_budget import encoded_size
from tests.core.kubelet import at, running
from tests.core.world import ABC, fan, run

# What the status says.


def test_items_are_told_in_intervals():
    world = fan(a={"forEach": {"range": {"end": 8}, "parallelism": 6}})
    world.starts()
    for index, code in enumerate((0, 0, 1, 0)):
        world.ends(f"a[{index}]", code)
    world.sees("a[4]", running())
    world.decide()
    world.writes()
    told = world.stored["tasks"]["a"]
    assert told["phase"] == "Running"
    assert told["progress"] == "3/8, 1 failed"
    assert told["items"] == {
        "total": 8,
        "succeeded": "0-1,3",
        "failed": "2",
        "running": "4",
        "attempts": {"1": "4-5"},
        "failures": [{"index": 2, "message": "exit code 1"}],
    }


def test_the_first_item_that_waits_says_why():
    world = fan(a={"forEach": ABC | {"parallelism": 1}})
    world.starts()
    world.sees("a[0]", running())
    world.decide()
    world.writes()
    assert world.stored["tasks"]["a"]["reason"] == "Parallelism: 1/1 of forEach (item 1 and 1 more)"


def test_a_failed_fan_out_says_how_many_and_why():
    world = fan(a={"forEach": ABC})
    world.starts()
    for index in range(3):
        world.ends(f"a[{index}]", index)
    world.decide()
    world.writes()
    assert world.stored["tasks"]["a"]["message"] == "2 of 3 items failed; item 1: exit code 1"
    assert world.stored["message"] == "task a failed: 2 of 3 items failed; item 1: exit code 1"


def test_the_status_of_10_000_items_at_their_most_scattered_is_under_100_kb():
    world = fan(a={"forEach": {"range": {"end": 10_000}}, "retries": {"limit": 1, "backoff": {"initial": "1h"}}})
    for number, item in enumerate(world.starts()):
        world.ends(item, number % 2)
    world.decide()
    world.writes()
    told = world.stored["tasks"]["a"]
    assert told["items"]["attempts"]["1"].startswith("1,3,5,7,")
    assert encoded_size(json.dumps(told)) < 100_000


def between_attempts(count):
    """What the status says of items that all wait for their next attempt, each in its own way."""
    told = {}
    for index in range(count):
        for key, value in (
            ("attempts", "234"[index % 3]),
            ("limitRetries", "12"[index % 2]),
            ("infrastructureRetries", "01"[index // 2 % 2]),
            ("retryAt", at(1000 + index)),
            ("avoidNode", f"ip-10-0-0-{index}.compute.internal"),
        ):
            told.setdefault(key, {}).setdefault(value, []).append(str(index))
    return {"total": count} | {
        key: {value: ",".join(which) for value, which in each.items()} for key, each in told.items()
    }


def test_the_status_of_30_000_items_that_all_wait_for_another_attempt_fits_into_an_object():
    fan_outs = {name: {"forEach": {"range": {"end": 10_000}}, "retries": {"limit": 9}} for name in "abc"}
    world = run("a, b, c", fields=fan_outs)
    world.stored["tasks"] = {name: {"phase": "Running", "items": between_attempts(10_000)} for name in "abc"}
    again = world.restarted()
    entries = [task_status(again.run, number) for number in range(3)]
    assert len(json.dumps(entries)) < 1_000_000
    for entry in entries:
        times = sorted(entry["items"]["retryAt"])
        assert len(times) <= 100
        assert at(1000) <= times[0] <= at(1000 + 256)  # late at most, never early
        assert sum(len(list(members(which, 10_000))) for which in entry["items"]["retryAt"].values()) == 10_000


def test_fan_outs_have_a_number_of_items_in_all():
    fields = {name: {"forEach": {"range": {"end": 10_000}}} for name in "abcd"}
    world = run("a, b, c, d", fields=fields)
    world.decide()
    words = "its 10000 items and those of the fan-outs before it are more than 30000"
    assert (world.phases["d"], world.task("d").last.message) == ("Failed", words)


# What a restart finds.


def test_a_restart_goes_on_where_every_item_was():
    world = fan(
        a={"forEach": {"range": {"end": 6}, "parallelism": 4}, "retries": {"limit": 2, "backoff": {"initial": "60s"}}}
    )
    world.starts()
    world.ends("a[0]")
    world.ends("a[1]", 1)
    world.sees("a[2]", running())
    assert world.starts() == ["a[4]", "a[5]"]
    world.writes()
    again = world.restarted()
    assert again.starts() == []
    assert again.run.tasks.fan_outs[0].live == 4
    assert [again.task(f"a[{index}]").attempt for index in range(6)] == [0, 1, 1, 1, 1, 1]
    assert again.task("a[1]").used.limit == 1
    again.ends("a[2]")
    assert again.starts(after=61) == ["a[1]"]
    assert again.task("a[1]").attempt == 2


def test_a_restart_before_the_items_are_recorded_counts_them_again():
    world = run("a", fields={"a": {"forEach": ABC}})
    world.decide()
    again = world.restarted()
    assert again.starts() == []
    again.writes()
    assert again.starts() == ["a[0]", "a[1]", "a[2]"]


def test_a_restart_knows_how_the_items_before_have_ended():
    world = run("x >> b; a", fields={"a": {"forEach": ABC}, "b": {"forEach": {"sameAs": "a"}}})
    world.starts()
    world.writes()
    world.starts()
    for index, code in enumerate((0, 1, 0)):
        world.ends(f"a[{index}]", code)
    world.decide()
    world.writes()
    again = world.restarted()
    again.ends("x")
    again.decide()
    again.writes()
    assert again.starts() == ["b[0]", "b[2]"]


def test_a_restart_of_a_fan_out_that_has_ended_says_what_it_said():
    world = fan("a >> b", a={"forEach": ABC, "allowFailure": True})
    world.starts()
    for index in range(3):
        world.ends(f"a[{index}]", index)
    world.decide()
    world.writes()
    again = world.restarted()
    assert again.starts() == ["b"]
    again.writes()
    assert again.stored["tasks"]["a"] == world.stored["tasks"]["a"]


def test_items_that_cannot_be_counted_any_more_fail_their_task_and_those_that_go_by_them():
    fields = {"x": {"outputs": ["files"]}, "a": {"forEach": {"from": "$(tasks.x.outputs.files)"}}}
    world = run("x, a, b", fields=fields | {"b": {"forEach": {"sameAs": "a"}}})
    world.starts()
    world.ends("x", 0, '{"files": ["p", "q"]}')
    world.decide()
    world.writes()
    world.starts()
    world.writes()
    del world.stored["tasks"]["x"]["outputs"]
    again = world.restarted()
    assert again.decide().finished
    assert again.phases == {"x": "Succeeded", "a": "Failed", "b": "UpstreamFailed"}
    again.writes()
    assert again.stored["tasks"]["a"]["message"].startswith("the outputs of x are gone: ConfigMap ")


# What the items hand on.

ROWS = {"outputs": ["rows"]}


def counted(world, *rows):
    """Every item of a ends with its rows, None is a failure."""
    world.starts()
    for index, value in enumerate(rows):
        world.ends(f"a[{index}]", *((1,) if value is None else (0, f"rows={value}")))
    world.decide()
    return world


def test_outputs_are_lists_in_the_order_of_the_items():
    world = counted(
        fan("a >> b", a={"forEach": ABC | {"minSuccess": 2}} | ROWS, b={"args": ["$(tasks.a.outputs.rows)"]}),
        7,
        None,
        9,
    )
    assert world.run.tasks[0].outputs == {"rows": ["7", None, "9"]}
    assert values_of(world.run, world.task("b"))["tasks.a.outputs.rows"] == '["7",null,"9"]'


def test_enough_items_succeeded_even_if_none_did_and_each_is_null():
    fields = {"a": {"forEach": ABC | {"minSuccess": 0}} | ROWS, "b": {"args": ["$(tasks.a.outputs.rows)"]}}
    world = counted(fan("a >> b", **fields), None, None, None)
    assert values_of(world.run, world.task("b"))["tasks.a.outputs.rows"] == "[null,null,null]"
    world.writes()
    again = world.restarted()
    assert values_of(again.run, again.task("b"))["tasks.a.outputs.rows"] == "[null,null,null]"


def test_what_was_handed_on_so_far_survives_a_restart():
    world = fan(a={"forEach": ABC} | ROWS)
    world.starts()
    world.ends("a[1]", 0, "rows=5")
    world.decide()
    world.writes()
    assert world.stored["tasks"]["a"]["outputs"] == '{"rows":[null,"5",null]}'
    again = world.restarted()
    assert again.run.output_bytes >= world.run.output_bytes > 0
    for item in ("a[0]", "a[2]"):
        again.ends(item, 0, "rows=1")
    assert again.decide().finished
    assert again.run.tasks[0].outputs == {"rows": ["1", "5", "1"]}


def test_a_fan_out_over_nothing_hands_on_empty_lists():
    world = fan(a={"forEach": {"items": []}} | ROWS)
    assert world.run.tasks[0].outputs == {"rows": []}


def test_an_item_reads_what_its_own_item_before_handed_on():
    b = {"forEach": {"sameAs": "a"}, "args": ["$(tasks.a.outputs.rows)"]}
    world = fan("a, b", a={"forEach": ABC} | ROWS, b=b)
    world.starts()
    world.ends("a[1]", 0, "rows=5")
    assert world.starts() == ["b[1]"]
    assert values_of(world.run, world.task("b[1]"))["tasks.a.outputs.rows"] == "5"


def test_items_can_come_from_what_another_task_found():
    world = run("x, a", fields={"x": {"outputs": ["files"]}, "a": {"forEach": {"from": "$(tasks.x.outputs.files)"}}})
    assert world.starts() == ["x"]
    world.ends("x", 0, '{"files": ["p", "q"]}')
    world.decide()
    world.writes()
    assert world.starts() == ["a[0]", "a[1]"]
    assert world.run.tasks.item(world.number("a[1]")) == "q"


def test_what_all_items_hand_on_together_is_limited():
    world = fan(a={"forEach": {"range": {"end": 40}}} | ROWS)
    world.starts()
    for index in range(40):
        world.ends(f"a[{index}]", 0, "rows=" + "x" * 3_000)
    assert world.decide().finished
    assert world.run.tasks.fan_outs[0].counts == {"Succeeded": 32, "Failed": 8}
    assert "the task's other items have" in world.task("a[39]").last.message


def test_what_is_over_is_taken_out_of_the_status():
    world = fan(a={"forEach": ABC})
    world.starts()
    world.sees("a[2]", running())
    world.decide()
    world.writes()
    assert world.stored["tasks"]["a"]["items"] == {"total": 3, "running": "2", "attempts": {"1": "0-2"}}
    for index in range(3):
        world.ends(f"a[{index}]")
    world.decide()
    world.writes()
    assert world.stored["tasks"]["a"]["items"] == {"total": 3, "succeeded": "0-2"}
