"""Fan-outs: what the items are, when each starts, how the task ends, what the status says, and what a restart finds."""

import json
from itertools import pairwise

import pytest

from sluice.api.for_each import ForEachSpec
from sluice.core.base.intervals import members
from sluice.core.graph.placeholders import fill
from sluice.core.run.outputs import values_of
from sluice.core.spec.for_each import ForEach, NoItems
from sluice.core.status.run_status import task_status
from sluice.core.status.text_budget import encoded_size
from tests.core.kubelet import at, running
from tests.core.world import run

ABC = {"items": ["a", "b", "c"]}


def items(**for_each):
    return ForEach.of(ForEachSpec.model_validate(for_each)).items(lambda fields: fields)


@pytest.mark.parametrize(
    ("for_each", "expected"),
    [
        ({"items": ["a", "b"]}, ["a", "b"]),
        ({"items": [{"k": "v"}, 3]}, [{"k": "v"}, 3]),
        ({"range": {"end": 3}}, [0, 1, 2]),
        ({"range": {"start": 2, "end": 9, "step": 3}}, [2, 5, 8]),
        ({"range": {"start": 3, "end": 3}}, []),
        ({"matrix": {"os": ["a", "b"], "v": [1, 2]}}, [{"os": o, "v": v} for o in "ab" for v in (1, 2)]),
        ({"matrix": {"os": ["a", "b"], "v": [1]}, "exclude": [{"os": "b"}]}, [{"os": "a", "v": 1}]),
        ({"matrix": {"os": ["a"], "v": [1, 2]}, "exclude": [{"os": "a", "v": 2}]}, [{"os": "a", "v": 1}]),
        (
            {"matrix": {"os": ["a", "b"], "v": [{"x": 1}, 2]}, "exclude": [{"v": {"x": 1}}, {"os": "b"}, {"z": 0}]},
            [{"os": "a", "v": 2}],
        ),
        ({"matrix": {"v": [1, 2], "os": ["a", "b"]}}, [{"os": o, "v": v} for o in "ab" for v in (1, 2)]),
        ({"from": '["x", {"y": 1}]'}, ["x", {"y": 1}]),
        ({"items": ["a", "b", "c"], "batch": 2}, [["a", "b"], ["c"]]),
    ],
)  # fmt: skip
def test_items(for_each, expected):
    assert items(**for_each) == expected


@pytest.mark.parametrize("text", ["", "x", "{}", '"a"', "3", "[1"])
def test_what_is_no_list_is_named(text):
    with pytest.raises(NoItems, match=r"forEach.from must be a JSON list such as \[1, 2\], and is: "):
        ForEach.of(ForEachSpec.model_validate({"from": "$(params.x)"})).items(lambda _: {"from": text})


def test_more_than_10_000_items_are_refused():
    with pytest.raises(NoItems, match="more than 10000 items"):
        items(range={"end": 10_001})


@pytest.mark.parametrize(
    ("min_success", "total", "needed"),
    [(None, 7, 7), (3, 7, 3), (9, 7, 7), ("50%", 7, 4), ("0%", 7, 0), ("100%", 7, 7)],
)
def test_how_many_must_succeed(min_success, total, needed):
    assert ForEach({}, min_success=min_success).needed(total) == needed


# When each starts.


def fan(text="a", state="Running", **fields):
    """A world with fan-outs, counted and recorded."""
    parallelism = fields.pop("parallelism", None)
    world = run(text, fields=fields, parallelism=parallelism, state=state)
    world.decide()
    world.writes()
    return world


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


def test_items_that_are_too_long_are_refused():
    values = {"params.x": "a" * 2**16}
    spec = ForEachSpec.model_validate({"items": ["$(params.x)"] * 65})
    with pytest.raises(NoItems, match="forEach: its placeholders stand for more than 4 MiB"):
        ForEach.of(spec).items(lambda fields: fill(fields, values))
