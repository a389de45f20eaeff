"""What a run need not do again that resumes from another."""

import json
from dataclasses import replace

import pytest

from sluice.api.run import ResumeFrom, WorkflowRunSpec
from sluice.core.base.naming import graph_of
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from sluice.core.status.kept import kept_entries, kept_words
from sluice.core.triggers.rerun import RerunOrders, resume_faults
from sluice.core.triggers.resume import Past, kept, same_templates
from sluice.core.validation import run_faults
from tests.core.counting import calls
from tests.core.kubelet import RUN
from tests.core.world import World, graph

SCRATCH = {"metadata": {"name": "scratch"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
MOUNTS = {"volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]}


def past(text, stands, *, claims=None, parameters=None, templates=(), outputs=None, children=(), files=None, **fields):
    """A run that has ended, with this graph. `stands` has the phase of each task, or its whole entry."""
    definition = Definition.of(graph(text, **fields) | {"volumeClaimTemplates": list(templates), "files": files or {}})
    entries = {name: {"phase": told} if isinstance(told, str) else told for name, told in stands.items()}
    return Past("etl-g1", definition, parameters or {}, entries, claims or {}, outputs=outputs or {}, children=children)


def asked(rerun):
    return ResumeFrom.model_validate({"run": "etl-g1", "rerun": list(rerun)})


def keeps_of(old, text, *, rerun=(), parameters=None, templates=(), files=None, **fields):
    """The new graph, and what a run of it keeps."""
    new = Definition.of(graph(text, **fields) | {"volumeClaimTemplates": list(templates), "files": files or {}})
    run = replace(RUN, name="etl-g2", parameters=parameters or {})
    return new, kept(new, run, old, RerunOrders.of(asked(rerun).rerun))


def names(old, text, **more):
    """The tasks that a new run with this graph keeps whole."""
    new, found = keeps_of(old, text, **more)
    return "".join(new.tasks[number].name for number in found.tasks)


CHAIN = {"a": "Succeeded", "b": "Succeeded", "c": "Failed", "d": "UpstreamFailed"}


@pytest.mark.parametrize(
    ("text", "stands", "rerun", "keeps"),
    [
        ("a >> b >> c >> d", CHAIN, [], "ab"),
        ("a >> b >> c >> d", CHAIN, ["b"], "a"),
        ("a >> b >> c >> d", CHAIN, ["a"], ""),
        ("a >> b >> c >> d", dict.fromkeys("abcd", "Succeeded"), [], "abcd"),
        ("a >> b >> c >> d", dict.fromkeys("abcd", "Succeeded"), ["c"], "ab"),
        ("a, b >> c", {"a": "Succeeded", "b": "Failed", "c": "Succeeded"}, [], "a"),  # b may fail; c waited for it
        ("a >> b >> c", {"a": "Succeeded", "b": "Skipped", "c": "Succeeded"}, [], "ac"),  # b will be skipped again
        ("a >> b >> c", {"a": "Succeeded", "b": "Skipped", "c": "Succeeded"}, ["b"], "a"),
        ("a >> b", {"a": "Succeeded", "b": "Stopped"}, [], "a"),
        ("a >> b", {}, [], ""),
    ],
)
def test_success_is_kept_if_all_before_it_is(text, stands, rerun, keeps):
    assert names(past(text, stands), text, rerun=rerun) == keeps


@pytest.mark.parametrize(
    ("before", "after", "keeps"),
    [
        ({"bash": "one"}, {"bash": "two"}, "a"),
        ({}, {"image": "busybox:2"}, "a"),
        ({}, {"env": [{"name": "A", "value": "1"}]}, "a"),
        ({}, {"outputs": ["rows"]}, "a"),
        ({}, {"runIf": "AllDone"}, "a"),
        ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"value": "1", "name": "A"}]}, "abc"),
        # how it is run makes no difference to what a success was
        ({}, {"retries": {"limit": 3}}, "abc"),
        ({"timeout": "1m"}, {"timeout": "2m"}, "abc"),
        ({}, {"resources": {"limits": {"memory": "1Gi"}}}, "abc"),
        ({}, {"nodeSelector": {"disk": "ssd"}}, "abc"),
        ({}, {"allowFailure": True}, "abc"),
        ({}, {"pools": [{"name": "warehouse"}]}, "abc"),
        ({}, {"queueName": "night"}, "abc"),
        ({"poll": {"every": "1m"}}, {"poll": {"every": "5m"}}, "abc"),
    ],
)
def test_changed_task_runs_again_with_all_after_it(before, after, keeps):
    old = past("a >> b >> c", dict.fromkeys("abc", "Succeeded"), b=before)
    assert names(old, "a >> b >> c", b=after) == keeps


def test_default_that_a_task_overrides_is_no_change_of_it():
    old = past("a, b", dict.fromkeys("ab", "Succeeded"), b={"image": "python"})
    assert names(old, "a, b", every={"image": "busybox:2"}, b={"image": "python"}) == "b"


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        ("b, a >> c", "bac"),  # the order says nothing
        ("a >> c", "a"),  # it waits for less
        ("a, b, x >> c", "ab"),
        ("a >> b >> c", "a"),
        ("x, a, b >> c; x >> y", "ab"),
    ],
)
def test_changed_dependencies_are_a_change(text, keeps):
    assert names(past("a, b >> c", dict.fromkeys("abc", "Succeeded")), text) == keeps


@pytest.mark.parametrize(("now", "keeps"), [({"day": "monday"}, "a"), ({"day": "tuesday"}, ""), ({}, "")])
def test_changed_value_changes_every_task(now, keeps):
    assert names(past("a", {"a": "Succeeded"}, parameters={"day": "monday"}), "a", parameters=now) == keeps


@pytest.mark.parametrize("fields", [{"finally": True}, {"approval": {}, "image": None}])
def test_what_is_never_kept(fields):
    own = {name: value for name, value in fields.items() if value is not None}
    assert names(past("a, z", dict.fromkeys("az", "Succeeded"), z=own), "a, z", z=own) == "a"


@pytest.mark.parametrize(("claims", "keeps"), [({"scratch": "etl-g1-scratch"}, "ab"), ({}, "b")])
def test_task_that_mounts_a_volume_is_kept_only_with_the_volume(claims, keeps):
    old = past("a, b", dict.fromkeys("ab", "Succeeded"), templates=[SCRATCH], claims=claims, a=MOUNTS)
    assert names(old, "a, b", templates=[SCRATCH], a=MOUNTS) == keeps


def test_volume_of_a_changed_template_is_another_volume():
    larger = {"metadata": {"name": "scratch"}, "spec": {"accessModes": ["ReadWriteMany"]}}
    one, other = (Definition.of(graph("a") | {"volumeClaimTemplates": [t]}) for t in (SCRATCH, larger))
    assert same_templates(one, one) == {"scratch"}
    assert same_templates(one, other) == set()


# What the new run's status says.


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (
            {"phase": "Succeeded", "attempt": 2, "pod": "p", "retries": {"limit": 1}, "outputs": '{"k":1}'},
            {"phase": "Succeeded", "outputs": '{"k":1}', "reason": "Kept: from run etl-g1"},
        ),
        (
            {"phase": "Succeeded", "exitCode": 0, "outputs": '{"k":1}', "reason": "Kept: from run etl-g0"},
            {"phase": "Succeeded", "exitCode": 0, "outputs": '{"k":1}', "reason": "Kept: from run etl-g0"},
        ),
    ],
)
def test_kept_task_says_in_which_run_it_succeeded(told, says):
    old = past("a", {"a": told}, outputs={"a": {"k": 1}}, a={"outputs": ["k"]})
    new, found = keeps_of(old, "a", a={"outputs": ["k"]})
    assert kept_entries(new, old, found) == ({"a": says}, {})


def test_outputs_that_are_too_large_for_the_status_stay_apart():
    old = past("a", {"a": "Succeeded"}, outputs={"a": {"k": "x" * 5000}}, a={"outputs": ["k"]})
    new, found = keeps_of(old, "a", a={"outputs": ["k"]})
    entries, apart = kept_entries(new, old, found)
    assert entries == {"a": {"phase": "Succeeded", "reason": "Kept: from run etl-g1", "outputsIn": "ConfigMap"}}
    assert json.loads(apart["a"]) == {"k": "x" * 5000}


def test_task_whose_outputs_are_lost_runs_again():
    old = past("a >> b", {"a": "Succeeded", "b": "Succeeded"}, a={"outputs": ["k"]})
    assert names(old, "a >> b", a={"outputs": ["k"]}) == ""


def resumed(old, text, **more):
    """The new run as it is opened with what it keeps."""
    new, found = keeps_of(old, text, **more)
    entries, apart = kept_entries(new, old, found)
    status = {"tasks": entries}
    run = restore(RUN, "etl-2", new, status=status, pods=[], outputs=apart, now=0.0, orders=Orders())
    return World(run, stored=status)


def test_run_goes_on_after_what_it_keeps():
    world = resumed(past("a >> b >> c", {"a": "Succeeded", "b": "Failed"}), "a >> b >> c")
    assert world.decided() == ["create b/1"]
    world.writes()
    assert world.stored["tasks"]["a"] == {"phase": "Succeeded", "reason": "Kept: from run etl-g1"}
    assert world.stored["progress"] == "1/3"


# Fan-outs, item by item.


def some(phase, total, **items):
    return {"phase": phase, "items": {"total": total} | items}


def each(*items, **more):
    return {"forEach": {"items": list(items)} | more}


FIVE = each("v", "w", "x", "y", "z")
FAILED = some("Failed", 5, succeeded="0-1,3", failed="2", stopped="4")
SAME = {"forEach": {"sameAs": "a"}}


@pytest.mark.parametrize(
    ("before", "stands", "after", "rerun", "keeps"),
    [
        (FIVE, FAILED, FIVE, [], [0, 1, 3]),
        (FIVE, FAILED, FIVE, ["a"], []),
        (FIVE, FAILED, FIVE, [{"task": "a", "items": "3,0"}], [1]),
        (FIVE, FAILED, each("v", "w", "x", "why", "z"), [], [0, 1]),  # by value
        (FIVE, FAILED, each("w", "v", "x", "y", "z", "more"), [], [3]),  # and by index
        (FIVE, FAILED, each("v"), [], [0]),
        (FIVE, FAILED, {"forEach": {"range": {"start": 0, "end": 5}}}, [], []),
        (FIVE, FAILED, FIVE | {"bash": "other"}, [], []),
        (FIVE, FAILED, FIVE | {"retries": {"limit": 2}}, [], [0, 1, 3]),
        (FIVE, FAILED, each("v", "w", "x", "y", "z", parallelism=2, minSuccess=4), [], [0, 1, 3]),
        (FIVE, FAILED, {}, [], []),
        ({}, "Succeeded", FIVE, [], []),
        (each(1, 2), some("Failed", 2, succeeded="0-1"), each("1", 2), [], [1]),
        (each(1, 2), some("Failed", 2, succeeded="0-1"), each(True, 2.0), [], []),
        # a batch is one item
        (each(1, 2, 3, batch=2), some("Failed", 2, succeeded="0-1"), each(1, 2, 4, batch=2), [], [0]),
        (each(1, 2, batch=1), some("Failed", 2, succeeded="0-1"), each(1, 2), [], []),
        # it is the same in each run of the graph, whatever the name of the run is
        (each("$(run.name)/1"), some("Stopped", 1, succeeded="0"), each("$(run.name)/1"), [], [0]),
        (each("$(run.name)/1"), some("Stopped", 1, succeeded="0"), each("$(run.name)/2"), [], []),
        # a record of other items than there were is no evidence
        (FIVE, some("Failed", 4, succeeded="0-3"), FIVE, [], []),
        (FIVE, {"phase": "Failed"}, FIVE, [], []),
        # a success is kept whole, also what it forgave
        (FIVE, some("Succeeded", 5, succeeded="0-3", failed="4"), FIVE, [], "whole"),
        (FIVE, some("Succeeded", 5, succeeded="0-4"), FIVE, [{"task": "a", "items": "2"}], [0, 1, 3, 4]),
    ],
)
def test_item_is_kept_with_the_same_index_and_value(before, stands, after, rerun, keeps):
    _, found = keeps_of(past("a", {"a": stands}, a=before), "a", rerun=rerun, a=after)
    assert ("whole" if found.tasks else found.items.get(0, [])) == keeps


@pytest.mark.parametrize(
    ("leader", "follower", "more", "rerun", "keeps"),
    [
        (some("Failed", 5, succeeded="0-3", failed="4"), some("Failed", 5, succeeded="0,2-3"), {}, [], [0, 2, 3]),
        (some("Succeeded", 5, succeeded="0-4"), some("Failed", 5, succeeded="0,2"), {}, [], [0, 2]),
        (
            some("Succeeded", 5, succeeded="0-4"),
            some("Succeeded", 5, succeeded="0-4"),
            {},
            [{"task": "a", "items": "1-3"}],
            [0, 4],
        ),
        (some("Succeeded", 5, succeeded="0-4"), some("Succeeded", 5, succeeded="0-4"), {}, ["a"], []),
        # one that asks about the whole list needs all of it
        (
            some("Failed", 5, succeeded="0-3", failed="4"),
            some("Failed", 5, succeeded="0-3"),
            {"when": "tasks.a.phase != 'Skipped'"},
            [],
            [],
        ),
        # an item that was skipped will be skipped again
        (
            some("Failed", 5, succeeded="0", skipped="1-3", failed="4"),
            some("Failed", 5, succeeded="0-2"),
            {"runIf": "NoneFailed"},
            [],
            [0, 1, 2],
        ),
    ],
)
def test_item_of_same_as_needs_the_same_item_of_its_leader(leader, follower, more, rerun, keeps):
    fields = {"a": FIVE, "b": SAME | more}
    _, found = keeps_of(past("a, b", {"a": leader, "b": follower}, **fields), "a, b", rerun=rerun, **fields)
    assert found.items.get(1, []) == keeps


READS = {"env": [{"name": "L", "value": "$(tasks.a.outputs.k)"}]}
LIST = {"a": {"k": ["0", "1"]}}


@pytest.mark.parametrize(
    ("before", "stands", "after", "rerun", "keeps"),
    [
        (each(1, 2), some("Succeeded", 2, succeeded="0-1"), each(1, 2), [], "ab"),
        (each(1, 2), some("Succeeded", 2, succeeded="0-1"), each(1, 2), [{"task": "a", "items": "1"}], ""),
        (each(1, 2), some("Succeeded", 2, succeeded="0-1"), each(1, 2, minSuccess=1), [], "b"),  # a by its items
        (each(1, 2), some("Succeeded", 2, succeeded="0", failed="1"), each(1, 2, minSuccess=1), [], ""),
        (each(1, 2), some("Succeeded", 2, succeeded="0-1"), each(1), [], ""),  # the list is another
        (each(1, 2), some("Succeeded", 2, succeeded="0-1"), each(1, 2, 3), [], ""),
    ],
)
def test_who_reads_the_whole_list_is_kept_only_with_all_items(before, stands, after, rerun, keeps):
    keys = {"outputs": ["k"]}
    old = past("a, b", {"a": stands, "b": "Succeeded"}, outputs=LIST, a=before | keys, b=READS)
    assert names(old, "a, b", rerun=rerun, a=after | keys, b=READS) == keeps


def test_items_come_from_recorded_outputs():
    fields = {"a": {"outputs": ["k"]}, "b": {"forEach": {"from": "$(tasks.a.outputs.k)"}}}
    stands = {"a": "Succeeded", "b": some("Failed", 2, succeeded="1", failed="0")}
    old = past("a, b", stands, outputs=LIST, **fields)
    new, found = keeps_of(old, "a, b", **fields)
    assert (found.tasks, found.items) == ([0], {1: [1]})
    assert kept_words(new, old, found) == "1 tasks, 1 items of b kept of run etl-g1"
    assert keeps_of(old, "a, b", rerun=["a"], **fields)[1].items == {}


def test_only_the_items_that_are_not_kept_run_again():
    keys = {"outputs": ["k"]}
    old = past("a >> b", {"a": FAILED, "b": "UpstreamFailed"}, outputs={"a": {"k": ["v", "w", None, "y", None]}},
               a=FIVE | keys)  # fmt: skip
    world = resumed(old, "a >> b", a=each("v", "w", "x", "y", "z", "more") | keys)
    assert world.decided() == ["create a[2]/1", "create a[4]/1", "create a[5]/1"]
    for index in (2, 4, 5):
        world.ends(f"a[{index}]", 0, f"k={index}")
    assert world.decided() == ["create b/1"]
    world.writes()
    entry = world.stored["tasks"]["a"]
    assert (entry["phase"], entry["progress"]) == ("Succeeded", "6/6")
    assert json.loads(entry["outputs"]) == {"k": ["v", "w", "2", "y", "4", "5"]}


def test_fan_out_of_which_all_items_are_kept_has_ended():
    old = past("a >> b", {"a": some("Failed", 3, succeeded="0-1", failed="2"), "b": "UpstreamFailed"}, a=each(1, 2, 3))
    world = resumed(old, "a >> b", a=each(1, 2))
    assert world.decided() == ["create b/1"]
    world.writes()
    entry = world.stored["tasks"]["a"]
    assert (entry["phase"], entry["progress"], entry["reason"]) == ("Succeeded", "2/2", "Kept: from run etl-g1")


def test_items_of_a_chain_go_on_where_each_of_them_stopped():
    fields = {"a": each(1, 2, 3), "b": SAME, "c": {"forEach": {"sameAs": "b"}}}
    stands = {
        "a": some("Failed", 3, succeeded="0-1", failed="2"),
        "b": some("Failed", 3, succeeded="0", failed="1", upstreamFailed="2"),
        "c": some("UpstreamFailed", 3, upstreamFailed="0-2"),
    }
    world = resumed(past("a, b, c", stands, **fields), "a, b, c", **fields)
    assert sorted(world.decided()) == ["create a[2]/1", "create b[1]/1"]
    world.writes()
    assert world.decided() == ["create c[0]/1"]  # counted now, and recorded


def resume_calls(count):
    fields = {"a": each(*map(str, range(count))), "b": SAME}
    stands = {"a": some("Failed", count, succeeded=f"1-{count - 1}", failed="0"),
              "b": some("Failed", count, succeeded=f"1-{count - 1}", upstreamFailed="0")}  # fmt: skip
    old = past("a, b", stands, **fields)
    return calls(lambda: keeps_of(old, "a, b", **fields))


def test_cost_is_in_proportion_to_the_number_of_items():
    assert resume_calls(10_000) < 11 * resume_calls(1_000)


# Tasks that run another Workflow.


CALL = {"workflow": {"name": "other"}}


@pytest.mark.parametrize(
    ("fields", "stands", "children", "keeps"),
    [
        (CALL, "Succeeded", {("a", None)}, ([0], {})),
        (CALL, "Succeeded", set(), ([], {})),
        (CALL, "Failed", {("a", None)}, ([], {})),
        (CALL | each(1, 2), some("Succeeded", 2, succeeded="0-1"), {("a", 0), ("a", 1)}, ([0], {})),
        (CALL | each(1, 2), some("Succeeded", 2, succeeded="0-1"), {("a", 1)}, ([], {0: [1]})),
        (CALL | each(1, 2), some("Failed", 2, succeeded="0", failed="1"), {("a", 0), ("a", 1)}, ([], {0: [0]})),
    ],
)
def test_task_that_runs_a_workflow_is_kept_by_its_child_run(fields, stands, children, keeps):
    _, found = keeps_of(past("a", {"a": stands}, children=children, a=fields), "a", a=fields)
    assert (found.tasks, found.items) == keeps


# What is wrong.


OLD = {"spec": {"workflow": "etl"}}


@pytest.mark.parametrize(
    ("says", "old", "said"),
    [
        ({"run": "one", "rerun": ["load"]}, OLD, []),
        ({"run": "one"}, None, ["run: there is no run 'one' in this namespace; name one that has ended, or leave out"]),
        ({"run": "new"}, OLD, ["run: a run cannot resume from itself; name an earlier one"]),
        ({"run": "one"}, {"spec": {"workflow": "elt"}}, ["run: run 'one' is one of Workflow 'elt'; name one of 'etl'"]),
        (
            {"run": "one", "rerun": ["load", "laod"]},
            None,
            ["rerun[1]: no task is called 'laod'; did you mean 'load'?", "run: there is no run 'one'"],
        ),
        ({"run": "one", "rerun": [{"task": "fan", "items": "3, 7-9"}, {"task": "load"}]}, OLD, []),
        (
            {"run": "one", "rerun": [{"task": "laod", "items": "3"}, {"task": "load", "items": "3"}]},
            OLD,
            [
                "rerun[0]: no task is called 'laod'; did you mean 'load'?",
                "rerun[1].items: task 'load' has no forEach, and so no items; write its name alone",
            ],
        ),
        (
            {"run": "one", "rerun": [{"task": "fan", "items": text} for text in ("10", "3-", "9-7", "1-3,2", "new")]},
            OLD,
            [
                "rerun[0].items: items of 'fan' in run 'one': 10 is none of them: there are 10, counted from 0",
                "rerun[1].items: items of 'fan' in run 'one': '3-' is no number and no interval; write for example",
                "rerun[2].items: items of 'fan' in run 'one': '9-7' ends before it begins; write 7-9",
                "rerun[3].items: items of 'fan' in run 'one': '2' has some that are there already; write each once",
                "rerun[4].items: items of 'fan' in run 'one': 'new' is no number and no interval; write for example",
            ],
        ),
    ],
)
def test_faults_of_resume_from(says, old, said):
    found = resume_faults(
        ResumeFrom.model_validate(says),
        "new",
        "etl",
        Definition.of(graph("load, fan", fan={"forEach": {"items": [1]}})),
        None if old is None else WorkflowRunSpec.model_validate(old["spec"]),
        {"fan": 10},
    )
    assert len(found) == len(said)
    for fault, words in zip(found, said, strict=True):
        assert str(fault).startswith(f"spec.resumeFrom.{words}")


def test_how_a_changed_manifest_goes_on_is_no_change_of_what_it_does():
    spec = {"tasks": [{"name": "a"}]}
    assert graph_of(spec | {"onChange": {"reuse": "Unchanged"}}) == graph_of(spec)


@pytest.mark.parametrize(
    ("rerun", "fault"),
    [
        (["load", {"task": "load", "items": "3,7-9"}], None),
        ([3], "[0]: must be the name of a task, or {task: NAME, items: 3,7-9}"),
        ([{"task": "load", "item": "3"}], "[0].item: there is no such field"),
        ([{"task": "load", "items": 3}], "[0].items: must be a string; put it in quotes"),
        ([{"items": "3"}], "[0].task: is required"),
        (["Load"], "[0].task: must be lower-case letters and digits, with '-' between them, not 'Load'"),
    ],
)
def test_shape_of_rerun(rerun, fault):
    found = run_faults({"workflow": "etl", "resumeFrom": {"run": "one", "rerun": rerun}}, {})
    assert list(map(str, found)) == ([] if fault is None else [f"spec.resumeFrom.rerun{fault}"])


# Files.

CALL = {"function": {"file": "etl.py", "name": "load"}}
MARKED = {"function": CALL["function"] | {"fingerprint": "v1"}}


@pytest.mark.parametrize(
    ("fields", "new", "kept"),
    [
        (CALL, {"etl.py": "1", "more.py": "1"}, True),
        (CALL, {"etl.py": "1", "more.py": "2"}, False),  # it may import any
        (MARKED, {"etl.py": "2", "more.py": "2"}, True),  # whoever wrote the fingerprint knows better
        ({"files": ["etl.py"]}, {"etl.py": "1", "more.py": "2"}, True),
        ({"files": ["etl.py"]}, {"etl.py": "2", "more.py": "1"}, False),
        ({}, {"etl.py": "2", "more.py": "2"}, True),
    ],
)
def test_a_task_whose_files_have_changed_runs_again(fields, new, kept):
    old = past("a", {"a": "Succeeded"}, files={"etl.py": "1", "more.py": "1"}, a=fields)
    assert (names(old, "a", files=new, a=fields) == "a") is kept


CODE_42 = {"phase": "Skipped", "attempt": 1, "exitCode": 42}
SENSOR = {"poll": {"every": "1m", "timeout": "1h", "onTimeout": "Skip"}}


@pytest.mark.parametrize(
    ("skipped", "fields", "keeps"),
    [
        ({"phase": "Skipped"}, {"when": "1 > 2"}, "ac"),
        (CODE_42, {"skipExitCodes": [42]}, "a"),  # it may find something to do now
        ({"phase": "Skipped", "attempt": 3, "exitCode": 75}, SENSOR, "a"),
        ({"phase": "Skipped"}, SENSOR | {"when": "1 > 2"}, "ac"),
    ],
)
def test_what_comes_after_a_task_that_skipped_itself_runs_again(skipped, fields, keeps):
    after = {"runIf": "NoneFailed"}
    old = past("a >> b >> c", {"a": "Succeeded", "b": skipped, "c": "Succeeded"}, b=fields, c=after)
    assert names(old, "a >> b >> c", b=fields, c=after) == keeps


@pytest.mark.parametrize(("codes", "kept_items"), [({}, [0, 1]), ({"skipExitCodes": [42]}, [0])])
def test_so_do_items_after_one_that_skipped_itself(codes, kept_items):
    fields = {"a": {"forEach": {"items": [1, 2, 3]}} | codes, "b": {"forEach": {"sameAs": "a"}, "runIf": "NoneFailed"}}
    stood = {"phase": "Failed", "items": {"total": 3, "succeeded": "0", "skipped": "1", "failed": "2"}}
    followed = {"phase": "UpstreamFailed", "items": {"total": 3, "succeeded": "0-1", "upstreamFailed": "2"}}
    old = past("a, b", {"a": stood, "b": followed}, **fields)
    _, found = keeps_of(old, "a, b", **fields)
    assert found.items[1] == kept_items


def test_they_do_though_it_would_not_skip_itself_any_more():
    stood = {"phase": "Skipped", "items": {"total": 2, "skipped": "0-1"}}
    over = {"forEach": {"items": [1, 2]}}
    old = past("a >> b", {"a": stood, "b": "Succeeded"}, a=over | SENSOR, b={"runIf": "AllDone"})
    assert names(old, "a >> b", a=over | {"poll": {"every": "1m", "timeout": "1h"}}, b={"runIf": "AllDone"}) == ""


def test_items_that_were_never_counted_are_not_counted_now():
    """Else 2,000 fan-outs over one long list would take minutes."""
    over = {"forEach": {"range": {"end": 10_000}}}
    tasks = [f"t{number}" for number in range(40)]
    old = past(", ".join(tasks), dict.fromkeys(tasks, "Failed"), **dict.fromkeys(tasks, over))
    assert calls(lambda: keeps_of(old, ", ".join(tasks), **dict.fromkeys(tasks, over))) < 20_000


@pytest.mark.parametrize("moved", [False, True])
def test_large_defaults_are_not_merged_for_each_task(moved):
    containers = [{"name": f"c{number}"} for number in range(2_000)]
    template = {"podTemplate": {"spec": {"containers": containers}}}
    tasks = [f"t{number}" for number in range(40)]
    own = {"podTemplate": {"spec": {"containers": [{"name": "main", "tty": True}]}}}
    old = past(", ".join(tasks), dict.fromkeys(tasks, "Succeeded"), every=template, **dict.fromkeys(tasks, own))
    now = template | ({"podTemplate": {"spec": {"containers": containers[1:]}}} if moved else {})
    new = Definition.of(graph(", ".join(tasks), every=now, **dict.fromkeys(tasks, own)))
    found = []
    assert calls(lambda: found.append(kept(new, RUN, old, RerunOrders()))) < 20_000
    assert len(found[0].tasks) == (0 if moved else 40)
