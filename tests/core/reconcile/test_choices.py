"""`$(tasks.b.outputs.r ?? tasks.c.outputs.r ?? 'none')`: what is waited for, what a skip and a failure count as, and
how it is spelled.
"""

import pytest

from sluice.core.graph.placeholders import fill
from sluice.core.run.outputs import values_of
from sluice.core.run.task_state import TaskStep
from sluice.core.validation import workflow_warnings
from tests.core.validation.judged import A, faults
from tests.core.world import run

R = {"outputs": ["r"]}
EITHER = "$(tasks.b.outputs.r ?? tasks.c.outputs.r)"
OR_NONE = "$(tasks.b.outputs.r ?? tasks.c.outputs.r ?? 'none')"
SKIPPED = {"when": "false"}


def world(argument=OR_NONE, b=None, c=None, **d):
    return run("b, c, d", fields={"b": R | (b or {}), "c": R | (c or {}), "d": {"args": [argument]} | d})


def argument(of, task="d"):
    unit = of.task(task)
    return fill({"image": unit.definition.own["args"][0]}, values_of(of.run, unit))["image"]


def end(of, **codes):
    """The tasks end so, one after the other. Returns what starts then."""
    started = of.starts()
    for task, code in codes.items():
        of.ends(task, code, outputs=f"r={task}" if code == 0 else "")
        started += of.decided()
    return started[-1:]


@pytest.mark.parametrize(
    ("b", "c", "ends", "phase", "said"),
    [
        ({}, {}, {"b": 0, "c": 0}, "Pending", "b"),
        ({}, {}, {"c": 0, "b": 0}, "Pending", "b"),  # both are waited for
        (SKIPPED, {}, {"c": 0}, "Pending", "c"),
        ({}, SKIPPED, {"b": 0}, "Pending", "b"),
        (SKIPPED, SKIPPED, {}, "Pending", "none"),
        ({}, {}, {"b": 0, "c": 3}, "UpstreamFailed", None),
        (SKIPPED, {}, {"c": 3}, "UpstreamFailed", None),
        ({"allowFailure": True}, {}, {"b": 3, "c": 0}, "Pending", "c"),
    ],
)
def test_skipped_counts_as_succeeded_and_failed_as_failed(b, c, ends, phase, said):
    of = world(b=b, c=c)
    started = end(of, **ends)
    assert of.phases["d"] == phase
    if said is not None:
        assert started in (["create d/1"], ["d"])
        assert argument(of) == said
        of.writes()
        assert argument(of.restarted()) == said


def test_after_a_restart_a_skip_still_counts_as_a_success():
    of = world(b=SKIPPED)
    of.starts()
    of.writes()
    again = of.restarted()
    again.ends("c", outputs="r=c")
    assert again.decided() == ["create d/1"]


@pytest.mark.parametrize("ends", [{"c": 0}, {"b": 0}])
def test_it_waits_for_all_that_it_reads_whatever_the_rule(ends):
    of = world(runIf="OneSucceeded")
    end(of, **ends)
    assert of.task("d").step is TaskStep.WAITING


def test_under_another_rule_a_failure_leaves_the_other_part():
    of = world(runIf="AllDone")
    assert end(of, b=3, c=0) == ["create d/1"]
    assert argument(of) == "c"


@pytest.mark.parametrize(
    ("b", "c", "ends", "phase"),
    [(SKIPPED, SKIPPED, {}, "Skipped"), (SKIPPED, {}, {"c": 3}, "UpstreamFailed"), (SKIPPED, {}, {"c": 0}, "Pending")],
)
def test_outputs_of_which_none_exists_are_needed_all_the_same(b, c, ends, phase):
    of = world(EITHER, b=b, c=c, runIf="AllDone")
    end(of, **ends)
    assert of.phases["d"] == phase


@pytest.mark.parametrize(
    "fields",
    [
        {"dependsOn": ["b"]},
        {"when": "tasks.b.phase != ''"},
        {"env": [{"name": "B", "value": "$(tasks.b.phase)"}]},
        {"env": [{"name": "B", "value": "$(tasks.b.outputs.r)"}]},
    ],
)
def test_who_waits_for_it_on_other_grounds_is_skipped_with_it(fields):
    of = world(b=SKIPPED, **fields)
    end(of, c=0)
    assert of.phases["d"] == "Skipped"


def test_in_finally_nothing_is_implied():
    of = world(**{"finally": True})
    assert end(of, b=3, c=3) == ["create d/1"]
    assert argument(of) == "none"


@pytest.mark.parametrize(
    ("b", "code", "reason"),
    [(SKIPPED, None, "Skipped: so was b, c"), ({}, 3, "UpstreamFailed: b")],
)
def test_in_finally_outputs_of_which_none_exists_are_needed_all_the_same(b, code, reason):
    of = world(EITHER, b=b, c=SKIPPED, **{"finally": True})
    end(of, **({} if code is None else {"b": code}))
    assert of.reasons["d"] == reason


def test_an_item_takes_what_its_own_item_handed_on():
    b = {"forEach": {"items": ["x", "y"], "minSuccess": 1}, "skipExitCodes": [9]} | R
    d = {"forEach": {"sameAs": "b"}, "runIf": "NoneFailed", "args": ["$(tasks.b.outputs.r ?? 'none')"]}
    of = run("b, d", fields={"b": b, "d": d})
    of.decide()
    of.writes()
    of.starts()
    of.ends("b[0]", 9)
    of.ends("b[1]", outputs="r=7")
    of.decide()
    assert [argument(of, f"d[{index}]") for index in (0, 1)] == ["none", "7"]


NO_FIELD = "its item has no field 'x', which"


@pytest.mark.parametrize(
    ("text", "phases", "message"),
    [
        ("$(item.x ?? 'none')", ["Pending", "Pending"], None),
        ("$(item.x ?? item.y)", ["Pending", "Pending"], None),
        ("$(item.x ?? run.name)", ["Pending", "Pending"], None),
        (
            "$(item.x ?? item.z)",
            ["Pending", "Failed"],
            f"{NO_FIELD} $(item.x ?? item.z) stands for",
        ),
        ("$(item.x ?? run.scheduledTime)", ["Pending", "Failed"], None),
    ],
)
def test_an_item_without_the_field_takes_the_next_part_or_fails(text, phases, message):
    of = run("a", fields={"a": {"forEach": {"items": [{"x": 1}, {"y": 2}]}, "args": [text]}})
    of.decide()
    of.writes()
    of.decide()
    assert [of.task(f"a[{index}]").phase for index in (0, 1)] == phases
    if message:
        assert of.task("a[1]").last.message == message


# Faults.

FORM = "write for example $(tasks.a.outputs.k ?? tasks.b.outputs.k ?? 'none')"
B, C = ({"name": name, "image": "busybox"} | R for name in "bc")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OR_NONE, None),
        ("$(ls ??)", None),
        ("$(tasks.b.outputs.r ?? )", "a side of ?? is empty"),
        ("$(?? tasks.b.outputs.r)", "a side of ?? is empty"),
        ('$(tasks.b.outputs.r ?? "none")', 'a text stands in single quotes, not "none"'),
        ("$(tasks.b.outputs.r ?? none)", "'none' is neither a value nor a text in single quotes"),
        ("$(tasks.b.outputs.r ?? 0)", "'0' is neither a value nor a text in single quotes"),
        ("$('x' ?? tasks.b.outputs.r)", "a text always exists, so 'x' must be the last part"),
        ("$(tasks.b.outputs.r ?? 'x' ?? tasks.c.outputs.r)", "a text always exists, so 'x' must be the last part"),
        (
            "$(tasks.b.outputs.r ?? 'it''s')",
            "a text has one quote at its start and one at its end, and none inside, not 'it''s'",
        ),
        ("$(tasks.b.outputs.r ?? 'x)", "a text has one quote at its start and one at its end, and none inside, not 'x"),
        ("$(param.x ?? tasks.b.outputs.r)", "'param.x' is neither a value nor a text in single quotes"),
    ],
)
def test_spelling(text, words):
    found = faults(B, C, A | {"args": [text]})
    assert found == ([f"spec.tasks[2].args[0]: {text} is no placeholder: {words}; {FORM}"] if words else [])


NO_ITEM = "$(item) stands for an item of a fan-out, and there is none here; add `forEach` to the task"
ALWAYS = "$({}) always exists, so nothing after it is ever used; leave that out, or write first what may be absent"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$(tasks.bb.outputs.r ?? 'x')", "no task is called 'bb'; did you mean 'b'?"),
        ("$(tasks.b.outputs.s ?? 'x')", "'b' declares no output 's'; add it there: `outputs: [s]`"),
        ("$(tasks.b.outputs.r ?? tasks.c.output.r)", None),
        ("$(tasks.b.outputs.r ?? params.dya)", "$(params.dya) stands for nothing; did you mean $(params.day)?"),
        (
            "$(tasks.b.outputs.r ?? item)",
            NO_ITEM,
        ),
        ("$(params.day ?? 'x')", ALWAYS.format("params.day")),
        ("$(run.name ?? run.startedAt)", ALWAYS.format("run.name")),
        ("$(tasks.b.phase ?? 'x')", ALWAYS.format("tasks.b.phase")),
        ("$(tasks.b.exitCode ?? 'none')", ""),
        ("$(run.scheduledTime ?? run.startedAt)", ""),
    ],
)
def test_each_part_is_looked_at(text, words):
    found = faults(B, C, A | {"args": [text]}, parameters=[{"name": "day", "default": "x"}])
    if words is None:
        assert found[0].startswith("spec.tasks[2].args[0]: $(tasks.c.output.r) stands for nothing; write ")
    else:
        assert found == ([f"spec.tasks[2].args[0]: {words}"] if words else [])


def test_a_right_is_no_part_of_a_program():
    words = "is not filled in here: what a pod may do must not depend on a program; use a parameter"
    account = {"serviceAccountName": "$(tasks.b.outputs.r ?? 'x')"}
    assert faults(B, A | account) == [f"spec.tasks[1].serviceAccountName: $(tasks.b.outputs.r) {words}"]


def test_what_is_waited_for_elsewhere_makes_the_rest_useless():
    a = A | {"args": ["$(tasks.b.outputs.r ?? 'x')"], "dependsOn": ["b"]}
    words = "'a' waits for the success of 'b' elsewhere, so $(tasks.b.outputs.r) always exists"
    found = workflow_warnings({"metadata": {"name": "etl"}, "spec": {"tasks": [B, a]}})
    assert [str(warning) for warning in found] == [
        f"spec.tasks[1].args[0]: {words}, and nothing after it is used; leave out the one or the other"
    ]
    for fields in ({"runIf": "AllDone"}, {"dependsOn": []}):
        assert workflow_warnings({"metadata": {"name": "etl"}, "spec": {"tasks": [B, a | fields]}}) == []
