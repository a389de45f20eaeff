"""What a plan says of a run, from a graph and the times of its tasks."""

from dataclasses import replace

import pytest

from sluice.api.chart import PodLimits
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core.spec.definition import Definition
from sluice.core.spec.task import LateNumbers
from sluice.core.status.durations import KeptRun, Sources, durations
from sluice.core.whatif.assumptions import Guess, assume
from sluice.core.whatif.limits import that_may_strike
from sluice.core.whatif.plan import Guessed, Late, Narrow, plan
from sluice.core.whatif.scene import Scene, Subject
from tests.core.kubelet import RUN, START, at
from tests.core.world import graph


def scene(text, *, given=None, outputs=None, callees=None, pools=None, settings=None, status=None, **fields):
    """`given` are seconds by task, `outputs` what tasks hand on."""
    definition = Definition.of(graph(text, **fields))
    times = durations(definition, Sources(given_s=given or {}), frozenset(callees or ()))
    subject = Subject(definition, WorkflowSettings.read(settings or {}), times, outputs or {})
    spec = WorkflowRunSpec(workflow="etl")
    return Scene(RUN, subject, START, spec, callees or {}, pools or {}, status=status or {})


def fates(found):
    return {fate.task: (fate.does, fate.why) for fate in found.fates}


def test_each_task_has_a_fate_and_a_reason():
    found = plan(
        scene(
            "list >> each >> ask >> call; list >> alert; list >> no",
            list={"outputs": ["files"]},
            each={"forEach": {"from": "$(tasks.list.outputs.files)"}},
            ask={"approval": {"message": "go?"}},
            call={"workflow": {"name": "other"}},
            alert={"runIf": "OneFailed"},
            no={"when": "tasks.list.outputs.files.size() > 3"},
            outputs={"list": {"files": [1, 2, 3]}},
        )
    )
    assert fates(found) == {
        "list": ("runs", ""),
        "each": ("runs", ""),
        "ask": ("runs", "asks a person"),
        "call": ("runs", "runs Workflow other"),
        "alert": ("skipped", "runIf OneFailed does not hold"),
        "no": ("skipped", "when is false: tasks.list.outputs.files.size() > 3"),
    }
    assert [(fate.task, fate.items, fate.pods) for fate in found.fates[:2]] == [("list", None, 1), ("each", 3, 3)]


def test_what_is_kept_does_not_run_again():
    kept = {"phase": "Succeeded", "reason": "Kept: from run old"}
    some = {"phase": "Running", "items": {"total": 4, "succeeded": "0-2"}}
    found = plan(
        scene(
            "a >> b >> c",
            b={"forEach": {"range": {"end": 4}}},
            given={"a": 50, "b": 7, "c": 1},
            status={"tasks": {"a": kept, "b": some}},
        )
    )
    assert [(fate.does, fate.items, fate.reused_items) for fate in found.fates] == [
        ("reused", None, 0),
        ("runs", 4, 3),
        ("runs", None, 0),
    ]
    assert (found.pods, found.time.typical_s, found.longest, found.longest_s) == (2, 8, ("b", "c"), 8)


def test_it_is_said_when_each_task_begins_and_ends():
    found = plan(
        scene(
            "a >> b >> call",
            b={"forEach": {"range": {"end": 3}, "parallelism": 2}},
            call={"workflow": {"name": "other"}},
            given={"a": 50, "b": 7, "call": 5},
        )
    )
    assert found.spans == {"a": (0, 50), "b": (50, 64), "call": (64, 69)}


def test_time_and_its_source_are_unknown_together():
    assert plan(scene("a >> b")).time is None
    time = plan(scene("a >> b", a={"expectedDuration": "10s"}, b={"expectedDuration": "1m"})).time
    assert (time.low_s, time.typical_s, time.high_s, time.sources) == (70, 70, 70, ("expectedDuration",))


def test_guesses_of_a_called_workflow_are_no_estimate_either_and_are_named():
    inner = scene("x >> y").subject
    call = {"call": {"workflow": {"name": "call"}}}
    found = plan(scene("call", callees={"call": inner}, **call))
    assert (found.time, found.times_known) == (None, False)
    found = plan(scene("a >> call; no", callees={"call": inner}, given={"a": 300}, no={"when": "1 == 2"}, **call))
    assert (found.time.typical_s, found.time.sources) == (302, ("the durations file",))
    assert found.guessed == (Guessed("call", "x", 1), Guessed("call", "y", 1))


def test_a_wait_is_a_source_of_its_own():
    time = plan(scene("a >> b", a={"wait": {"for": "1h"}}, b={"join": {}})).time
    assert (time.typical_s, time.sources) == (3600, ("wait",))
    assert plan(scene("a", a={"join": {}})).time.sources == ()


def test_where_no_times_are_known_no_timeout_strikes():
    assert plan(scene("a >> b", settings={"timeout": "1s"})).trouble == ""
    found = plan(scene("a >> b", settings={"timeout": "1m"}, given={"a": 50, "b": 50}))
    assert found.trouble == "the run took longer than its timeout, 60s"


def test_kept_runs_that_differ_give_a_range():
    definition = Definition.of(graph("a >> b"))
    entries = [{"a": took(10), "b": took(seconds)} for seconds in (20, 30, 50)]
    kept = [KeptRun(f"r{number}", tasks) for number, tasks in enumerate(entries)]
    subject = Subject(definition, WorkflowSettings(), durations(definition, Sources(kept=kept)))
    time = plan(Scene(RUN, subject, START, WorkflowRunSpec(workflow="etl"))).time
    assert (time.low_s, time.typical_s, time.high_s, time.sources) == (30, 40, 60, ("kept runs",))


def took(seconds):
    return {"phase": "Succeeded", "startedAt": at(0), "finishedAt": at(seconds)}


def test_the_most_pods_and_what_they_ask_for():
    big = {"resources": {"requests": {"cpu": "2", "memory": "1Gi"}}}
    found = plan(
        scene(
            "a >> b, c >> d",
            every={"resources": {"requests": {"cpu": "100m"}}},
            b=big,
            c=big,
            given=dict.fromkeys("abcd", 3),
        )
    )
    assert (found.peak.pods, found.peak.needs.cpu, found.peak.needs.memory) == (2, 4000, 2 * 1024**3)
    assert found.peak.largest[1].cpu == 2000
    assert found.peak.profile == (1,) * 4 + (2,) * 4 + (1,) * 4


@pytest.mark.parametrize(
    ("text", "given", "pods"),
    [
        ("a, b, c", {"a": 0, "b": 10, "c": 0}, 3),
        ("a", {"a": 0}, 1),
        ("a >> b >> c", {"a": 0, "b": 0, "c": 0}, 1),
        ("a >> b, c", {"a": 5, "b": 5, "c": 5}, 2),  # a has ended when the others start
    ],
)
def test_pods_that_take_no_time_count_at_their_moment(text, given, pods):
    assert plan(scene(text, given=given)).peak.pods == pods


def test_what_pods_ask_for_may_be_what_their_items_say():
    asked = {"resources": {"requests": {"cpu": "$(item)"}}}
    items = {"a": {"items": ["1"]}, "b": {"items": ["3"]}}
    found = plan(
        scene("a, b", given={"a": 3, "b": 3}, **{name: asked | {"forEach": each} for name, each in items.items()})
    )
    assert found.peak.needs.cpu == 4000
    assert found.peak.largest[0] == "b"


def test_the_narrow_place_and_what_one_slot_more_buys():
    load = {"forEach": {"range": {"end": 6}}, "pools": [{"name": "warehouse"}]}
    found = plan(scene("load", load=load, given={"load": 10}, pools={"warehouse": 1}))
    assert (found.time.typical_s, found.narrow) == (60, Narrow("pool/warehouse", 1, 50, 30))
    capped = plan(scene("a, b, c", settings={"parallelism": 2}, given=dict.fromkeys("abc", 10)))
    assert (capped.time.typical_s, capped.narrow) == (20, Narrow("parallelism", 2, 10, 10))
    assert plan(scene("a >> b", given=dict.fromkeys("ab", 10))).narrow is None


def test_caps_of_fan_outs_and_of_the_chart_are_narrow_places_too():
    each = {"forEach": {"range": {"end": 6}, "parallelism": 2}}
    assert plan(scene("a", a=each, given={"a": 10})).narrow == Narrow("parallelism", None, 20, None)
    capped = replace(scene("a, b, c", given=dict.fromkeys("abc", 10)), caps=PodLimits(pods=1))
    assert plan(capped).narrow == Narrow("podLimit", None, 20, None)
    assert plan(replace(capped, pools={"podLimit": 1})).narrow == Narrow("podLimit", None, 20, None)


def test_the_narrow_place_is_the_one_where_a_slot_more_buys_most():
    items, one = {"forEach": {"range": {"end": 8}}}, {"pools": [{"name": "warehouse"}]}
    given = {"clean": 10, "load": 15}
    chain = {"clean": items, "load": {"forEach": {"sameAs": "clean"}, **one}}
    found = plan(scene("clean, load", given=given, pools={"warehouse": 1}, settings={"parallelism": 4}, **chain))
    assert found.narrow.kind == "pool/warehouse"
    assert found.narrow.with_more_s < found.time.typical_s


def test_a_finally_task_ends_the_longest_way():
    found = plan(scene("a >> b; tidy", tidy={"finally": True}, given={"a": 1, "b": 2, "tidy": 3}))
    assert (found.longest, found.longest_s, found.time.typical_s) == (("a", "b", "tidy"), 6, 6)


@pytest.mark.parametrize(
    ("fields", "longest", "longest_s"),
    [
        ({"wait": {"for": "100s"}}, ("w",), 100),
        ({"wait": {"until": at(90)}}, ("w",), 90),
        ({"wait": {"until": at(-90)}}, ("a", "b"), 3),
        ({"join": {}}, ("a", "b"), 3),
        ({"forEach": {"items": []}, "expectedDuration": "1h"}, ("a", "b"), 3),
        ({"forEach": {"items": [1, 2]}, "expectedDuration": "1h"}, ("w",), 3600),
    ],
)
def test_the_longest_way_has_what_takes_time(fields, longest, longest_s):
    found = plan(scene("a >> b; w", w=fields, given={"a": 1, "b": 2}))
    assert (found.longest, found.longest_s, found.time.typical_s) == (longest, longest_s, longest_s)


def test_a_called_workflow_counts_as_long_as_it_takes():
    inner = scene("x >> y", given={"x": 2, "y": 3}).subject
    outer = scene("call >> z", call={"workflow": {"name": "call"}}, callees={"call": inner}, given={"z": 1})
    found = plan(outer)
    assert (found.longest, found.longest_s, found.time.typical_s, found.pods) == (("call", "z"), 6, 6, 3)


def test_a_task_that_takes_longer_than_its_timeout_is_named():
    slow, fast = {"timeout": "10m"}, {"timeout": "10m"}
    found = plan(scene("a >> b >> c", a=slow, b=fast, c=slow, given={"a": 601, "b": 599}))
    assert found.late == (Late("a", 601, 600),)


@pytest.mark.parametrize(
    ("fields", "takes_s", "ended_s", "why"),
    [
        ({"timeout": "45s"}, 60, 45, "Timeout: took longer than its timeout"),
        ({"timeout": "1m"}, 60, 60, "Timeout: took longer than its timeout"),  # the same second counts as after
        ({"timeout": "61s"}, 60, 61, ""),
        ({"deadline": "45s"}, 60, 45, "Timeout: was not done by its deadline, 45s after its first start"),
        ({"timeout": "$(params.limit)"}, 60, 45, "Timeout: took longer than its timeout"),
        (
            {"timeout": "20s", "retries": {"limit": 1, "backoff": {"initial": "5s", "jitter": 0}}},
            60,
            45,
            "Timeout: 1 of 1 retries used: took longer than its timeout",
        ),
        ({"timeout": "20s", "deadline": "45s", "retries": {"limit": 9}}, 60, 45, None),
    ],
)
def test_an_attempt_ends_at_its_limit_as_its_node_ends_it(fields, takes_s, ended_s, why):
    given = scene("b >> c", b=fields, given={"b": takes_s, "c": 1})
    given = replace(given, identity=replace(RUN, parameters={"limit": "45s"}))
    found = plan(given)
    if why == "":
        assert fates(found) == {"b": ("runs", ""), "c": ("runs", "")}
        return
    assert fates(found)["c"] == ("is not reached", "UpstreamFailed: b")
    assert fates(found)["b"][0] == "fails"
    assert why in (None, fates(found)["b"][1])
    assert (found.time.typical_s, [each.task for each in found.late]) == (ended_s, ["b"])


def test_what_fails_at_its_limit_stops_the_others_at_once_if_the_run_fails_fast():
    slow = {"deadline": "1h"}
    found = plan(scene("a, b", a=slow, given={"a": 3 * 3600, "b": 5 * 3600}, settings={"failFast": "Stop"}))
    assert (found.time.typical_s, found.spans) == (3600, {"a": (0, 3600), "b": (0, 3600)})


@pytest.mark.parametrize(
    ("fields", "entry"),
    [
        ({}, None),  # a guess
        ({}, {"attempt": 3}),  # each of the three was in time
        ({"forEach": {"range": {"end": 9}}}, {"items": {"total": 9}}),  # their waves are not known
        ({"poll": {"every": "10s"}, "expectedDuration": "1h"}, None),  # all looks together
    ],
)
def test_no_timeout_strikes_of_which_it_is_not_known_how_long_an_attempt_takes(fields, entry):
    definition = Definition.of(graph("a >> b", a={"timeout": "1s"} | fields, b={"expectedDuration": "1h"}))
    kept = [KeptRun("r1", {"a": took(1200) | entry})] if entry else []
    times = durations(definition, Sources(kept=kept))
    subject = Subject(that_may_strike(definition, times.took), WorkflowSettings(), times)
    found = plan(Scene(RUN, subject, START, WorkflowRunSpec(workflow="etl")))
    assert (found.trouble, found.late) == ("", ())


def test_what_a_called_workflow_asks_is_approved_at_once():
    inner = scene("ask >> y", ask={"approval": {"message": "go?"}}, given={"y": 3}).subject
    call = {"workflow": {"name": "inner"}}
    found = plan(scene("call", call=call, callees={"inner": inner}, given={"call": 99}))
    assert (found.trouble, found.pods) == ("", 1)


def test_a_run_that_cannot_end_says_so():
    found = plan(scene("a >> b", a={"pools": [{"name": "gone"}]}, given={"a": 1, "b": 1}))
    assert found.time is None
    assert found.trouble.startswith("task a would never end: Pool: gone")
    assert fates(found) == {"a": ("never ends", found.fates[0].why), "b": ("never ends", "WaitingFor: a")}


def test_a_pod_that_is_too_large_to_be_made_asks_for_nothing():
    a = {"args": ["$(params.p)"] * 100, "resources": {"requests": {"cpu": "2"}}}
    for size, cpu in ((2**15, 2000), (2**16, 0)):
        large = replace(scene("a", a=a), identity=replace(RUN, parameters={"p": "p" * size}))
        assert plan(large).peak.needs.cpu == cpu


@pytest.mark.parametrize(
    ("fields", "guess"),
    [
        ({"forEach": {"from": "$(tasks.a.outputs.n)"}}, "b: 1 item (the output of a is not known)"),
        ({"when": "tasks.a.outputs.n > 3"}, "b: its condition holds (the output of a is not known)"),
        ({"wait": {"until": "$(tasks.a.outputs.n)"}}, "b: no wait (the output of a is not known)"),
        (
            {"timeout": "$(tasks.a.outputs.n)"},
            "b: without the number that is a placeholder (the output of a is not known)",
        ),
        ({"approval": {"message": "go?"}}, "b is approved at once"),
        ({"poll": {"every": "10s", "timeout": "1h"}}, "b finds what it looks for at its first look"),
    ],
)
def test_what_cannot_be_known_is_assumed_and_said(fields, guess):
    given = scene("a >> b", a={"outputs": ["n"]}, b=fields)
    assumed = assume(given.subject.definition, (), "")
    assert assumed.guesses == (Guess("b", guess),)
    found = plan(replace(given, subject=replace(given.subject, definition=assumed.definition)))
    assert (found.trouble, found.fates[1].does) == ("", "runs")


def test_a_condition_that_reads_an_unknown_item_holds():
    f = {"forEach": {"from": "$(tasks.a.outputs.l)"}, "when": "item.size > 3"}
    given = scene("a >> f", a={"outputs": ["l"]}, f=f)
    assumed = assume(given.subject.definition, (), "")
    assert assumed.guesses == (
        Guess("f", "f: 1 item (the output of a is not known)"),
        Guess("f", "f: its condition holds (its items are not known)"),
    )
    found = plan(replace(given, subject=replace(given.subject, definition=assumed.definition)))
    assert (found.trouble, [fate.does for fate in found.fates]) == ("", ["runs", "runs"])


@pytest.mark.parametrize(
    "fields",
    [
        {"timeout": "$(item.t)"},
        {"deadline": "$(item.t ?? '5m')"},
        {"retries": {"limit": "$(item)"}},
        {"pools": [{"name": "p", "slots": "$(item.n)"}]},
    ],
)
def test_a_number_that_an_unknown_item_says_is_left_away_in_a_fan_out_over_the_same_items(fields):
    f, g = {"forEach": {"from": "$(tasks.a.outputs.l)"}}, {"forEach": {"sameAs": "f"}}
    given = scene("a >> f >> g", a={"outputs": ["l"]}, f=f, g=g | fields)
    assumed = assume(given.subject.definition, (), "")
    assert assumed.guesses[1:] == (Guess("g", "g: without the number that is a placeholder (its items are not known)"),)
    found = plan(replace(given, subject=replace(given.subject, definition=assumed.definition)))
    assert (found.trouble, [fate.does for fate in found.fates]) == ("", ["runs"] * 3)


def test_a_number_that_no_item_says_stays():
    g = {"forEach": {"sameAs": "f"}, "timeout": "$(item.t)", "deadline": "$(params.t)"}
    given = scene("a >> f >> g", a={"outputs": ["l"]}, f={"forEach": {"from": "$(tasks.a.outputs.l)"}}, g=g)
    late = assume(given.subject.definition, (), "").definition.tasks[2].late
    assert late == LateNumbers(deadline="$(params.t)")


def test_items_that_are_known_are_asked_whatever_else_is_not():
    b = {"forEach": {"items": [{"size": 1}]}, "when": "item.size > 3", "timeout": "$(tasks.a.outputs.n)"}
    given = scene("a >> b", a={"outputs": ["n"]}, b=b)
    assumed = assume(given.subject.definition, (), "")
    found = plan(replace(given, subject=replace(given.subject, definition=assumed.definition)))
    assert [fate.does for fate in found.fates] == ["runs", "skipped"]


def test_what_the_last_run_handed_on_is_taken_and_said():
    definition = Definition.of(graph("a >> b", a={"outputs": ["n"]}, b={"forEach": {"from": "$(tasks.a.outputs.n)"}}))
    assert assume(definition, ["a"], "as in etl-g6").guesses == (
        Guess("b", "the items of b as in etl-g6: they come from the output of a"),
    )
