"""`when`: what becomes of the task, and what all conditions of a run may cost."""

import json

import pytest

from tests.core.world import run


def when(text, **more):
    return {"when": text} | more


FILES = {"outputs": ["files"]}
ANY_FILE = when("tasks.a.outputs.files.size() > 0")


@pytest.mark.parametrize(("files", "phases"), [('["x"]', {"b": "Pending"}), ("[]", {"b": "Skipped"})])
def test_true_goes_on_and_false_is_skipped(files, phases):
    world = run("a, b", fields={"a": FILES, "b": ANY_FILE})
    assert world.starts() == ["a"]  # asking implies the dependency
    world.ends("a", outputs=f'{{"files": {files}}}')
    assert world.starts() == (["b"] if files != "[]" else [])
    assert world.phases == {"a": "Succeeded"} | phases


def test_a_skip_by_when_says_so_and_travels():
    long = "'" + "x" * 200 + "' == ''"
    world = run("a >> b; c", fields={"a": when("1 >\n 2"), "c": when(long)})
    assert world.decide().finished
    assert world.phases == {"a": "Skipped", "b": "Skipped", "c": "Skipped"}
    assert (world.reasons["a"], world.reasons["b"]) == ("Skipped: when is false: 1 > 2", "Skipped: so was a")
    assert world.reasons["c"] == f"Skipped: when is false: {long[:97]}..."


def test_it_is_not_asked_before_the_trigger_rule_says_run():
    world = run("a >> b", fields={"b": when("tasks.a.outputs.nothing == 1")})
    world.starts()
    world.ends("a", 1)
    assert world.decide().finished
    assert world.phases["b"] == "UpstreamFailed"


def test_with_a_trigger_rule_it_hears_of_failures():
    world = run("a, b", fields={"b": when("tasks.a.phase == 'Failed' && tasks.a.exitCode == 3", runIf="AllDone")})
    world.starts()
    world.ends("a", 3)
    assert world.starts() == ["b"]


def test_it_waits_for_all_that_it_asks_about():
    world = run("a, b >> c", fields={"c": when("tasks.b.phase == 'Failed'", runIf="OneDone")})
    world.starts()
    world.ends("a")
    assert world.starts() == []
    world.writes()
    assert world.stored["tasks"]["c"]["reason"] == "WaitingFor: b"
    world.ends("b", 1)
    assert world.starts() == ["c"]


def test_without_an_answer_the_task_has_failed():
    world = run("a, b", fields={"a": {"outputs": ["n"]}, "b": when("tasks.a.outputs.n > 1", retries={"limit": 2})})
    world.starts()
    world.ends("a", outputs="n=many")
    assert world.decide().finished
    world.writes()
    message = (
        "when: tasks.a.outputs.n > 1: line 1, column 19: "
        "`>` does not take (string, int64); convert with int(), double() or string()"
    )
    assert world.stored["tasks"]["b"] == {
        "phase": "Failed",
        "reason": "WhenFailed: its condition has no answer",
        "message": message,
    }
    assert world.stored["message"] == f"task b failed: {message}"


@pytest.mark.parametrize(
    ("text", "phase", "reason"),
    [
        ("tasks.a.outputs.files.size() > 0", "Skipped", "Skipped: so was a"),
        ("tasks.a.outputs.files[0] == 'x'", "Skipped", "Skipped: so was a"),
        ("!has(tasks.a.outputs.files)", "Pending", None),  # asked with care
        ("tasks.a.phase == 'Skipped'", "Pending", None),
        ("tasks.a.exitCode == 0", "Failed", "WhenFailed: its condition has no answer"),
    ],
)
def test_outputs_of_a_skipped_task(text, phase, reason):
    world = run("a, b", fields={"a": FILES | when("false"), "b": when(text, runIf="AllDone")})
    world.starts()
    assert (world.phases["b"], world.reasons["b"]) == (phase, reason or world.reasons["b"])


@pytest.mark.parametrize(("code", "starts"), [(0, []), (1, ["mend"])])
def test_a_finally_task_knows_how_the_run_stood(code, starts):
    world = run("a, mend", fields={"mend": when("run.phase == 'Failed'", **{"finally": True})})
    world.starts()
    world.ends("a", code)
    assert world.starts() == starts


def test_a_finally_task_may_ask_about_all_others_and_does_not_depend_on_them():
    world = run("a, mend", fields={"mend": when("tasks.a.phase == 'Failed'", **{"finally": True})})
    world.starts()
    world.ends("a", 1)
    assert world.starts() == ["mend"]


def test_what_other_finally_tasks_do_does_not_change_the_answer():
    end = {"finally": True}
    world = run(
        "a, tidy >> mend", fields={"tidy": end, "mend": end | when("run.phase == 'Succeeded'", runIf="AllDone")}
    )
    world.starts()
    world.ends("a")
    world.starts()
    world.ends("tidy", 1)
    assert world.starts() == ["mend"]


@pytest.mark.parametrize(("files", "phase"), [("[]", "Skipped"), ('["x"]', "Pending")])
def test_a_restart_finds_the_same_answer(files, phase):
    world = run("a, b", parallelism=1, fields={"a": FILES, "b": ANY_FILE})
    world.starts()
    world.ends("a", outputs=f'{{"files": {files}}}')
    world.decide()
    world.writes()
    reasons = world.reasons
    world = world.restarted()
    assert (world.phases["b"], world.reasons["b"]) == (phase, reasons["b"])


def test_a_task_that_is_stopped_is_not_asked():
    world = run("a >> b", state="Stopped", fields={"a": FILES, "b": ANY_FILE | {"runIf": "AllDone"}})
    assert world.decide().finished
    assert world.phases == {"a": "Stopped", "b": "Stopped"}


def test_a_fan_out_is_asked_once_for_all_items():
    world = run("a", fields={"a": when("1 > 2", forEach={"items": ["x", "y"]})})
    assert world.decide().finished
    assert world.reasons == {"a": "Skipped: when is false: 1 > 2"}


def test_an_item_is_asked_by_itself_where_the_condition_is_about_the_item():
    world = run("a", fields={"a": when("item != 'y'", forEach={"items": ["x", "y", "z"]})})
    world.decide()
    world.writes()
    assert world.starts() == ["a[0]", "a[2]"]
    world.ends("a[0]")
    world.ends("a[2]")
    assert world.decide().finished
    assert world.phases["a"] == "Succeeded"


def test_all_conditions_of_a_run_share_what_they_may_take():
    """One look at the run may have to evaluate them all."""
    five = "[1, 2, 3, 4, 5, 6]"
    asked = f"{five}.all(a, {five}.all(b, {five}.all(c, {five}.all(d, a + b + c + d > item))))"
    few, many = (run("a", fields={"a": when(asked, forEach={"range": {"end": end}})}) for end in (4, 9_000))
    for world in (few, many):
        world.decide()
        world.writes()
    assert few.starts() == ["a[0]", "a[1]", "a[2]", "a[3]"]
    assert many.decide().finished
    assert "takes more than 11,111 steps" in many.writes()["tasks"]["a"]["items"]["failures"][0]["message"]


def test_a_condition_is_given_what_it_reads_and_no_more():
    """Else each item of a fan-out would pay for all that other tasks hand on."""
    ids = list(range(5_000))
    asked = when("tasks.a.outputs.mode == 'full' && item >= 0", forEach={"from": "$(tasks.a.outputs.ids)"})
    world = run("a, other >> b", fields={"a": {"outputs": ["ids", "mode"]}, "b": asked, "other": when("1 < 2")})
    world.starts()
    world.ends("other")
    world.ends("a", outputs=json.dumps({"ids": ids, "mode": "full"}))
    world.decide()
    world.writes()
    assert len(world.starts()) > 0
    assert world.phases["b"] != "Failed"


def test_common_conditions_fit_into_the_share_that_each_has_at_least():
    countries = [f"c{n:02}" for n in range(40)]
    small = {f"s{n}": when("item > 0", forEach={"range": {"end": 2}}) for n in range(4)}
    text = f"item in {countries}" + "".join(f" && item != 'x{n}'" for n in range(8))
    asked = when(text, forEach={"items": ["c17"] * 10_000})
    world = run("a, s0, s1, s2, s3", fields={"a": asked, **small}, parallelism=1)
    world.decide()
    world.writes()
    world.decide()
    assert world.run.tasks.fan_outs[world.number("a")].counts == {}
