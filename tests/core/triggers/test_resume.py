"""What a run need not do again that resumes from another."""

import pytest

from sluice.api.run import ResumeFrom, WorkflowRunSpec
from sluice.core.base.naming import graph_of
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from sluice.core.triggers.resume import Past, kept_entry, kept_tasks, resume_faults, same_templates
from tests.core.kubelet import RUN
from tests.core.world import World, graph

SCRATCH = {"metadata": {"name": "scratch"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
MOUNTS = {"volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]}


def past(text, stands, *, claims=None, parameters=None, templates=(), **fields):
    """A run that has ended, with this graph."""
    definition = Definition.of(graph(text, **fields) | {"volumeClaimTemplates": list(templates)})
    return Past("etl-g1", definition, parameters or {}, {n: {"phase": p} for n, p in stands.items()}, claims or {})


def names(old, text, *, rerun=(), parameters=None, templates=(), **fields):
    """The tasks that a new run with this graph keeps."""
    new = Definition.of(graph(text, **fields) | {"volumeClaimTemplates": list(templates)})
    return "".join(new.tasks[number].name for number in kept_tasks(new, parameters or {}, old, rerun))


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


@pytest.mark.parametrize(
    "fields", [{"finally": True}, {"approval": {}, "image": None}, {"workflow": {"name": "other"}, "image": None}]
)
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
            {"phase": "Succeeded", "exitCode": 0, "reason": "Kept: from run etl-g0"},
            {"phase": "Succeeded", "exitCode": 0, "reason": "Kept: from run etl-g0"},
        ),
    ],
)
def test_kept_task_says_in_which_run_it_succeeded(told, says):
    old = past("a", {})
    old.tasks["a"] = told
    assert kept_entry(old, "a") == says


def test_run_goes_on_after_what_it_keeps():
    old = past("a >> b >> c", {"a": "Succeeded", "b": "Failed"})
    status = {"tasks": {"a": kept_entry(old, "a")}}
    world = World(restore(RUN, "etl-2", old.definition, status=status, pods=[], orders=Orders()), stored=status)
    assert world.decided() == ["create b/1"]
    world.writes()
    assert world.stored["tasks"]["a"] == {"phase": "Succeeded", "reason": "Kept: from run etl-g1"}
    assert world.stored["progress"] == "1/3"


# What is wrong.


OLD = {"spec": {"workflow": "etl"}}


@pytest.mark.parametrize(
    ("asked", "old", "said"),
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
    ],
)
def test_faults_of_resume_from(asked, old, said):
    found = resume_faults(
        ResumeFrom.model_validate(asked),
        "new",
        "etl",
        Definition.of(graph("load")),
        None if old is None else WorkflowRunSpec.model_validate(old["spec"]),
    )
    assert len(found) == len(said)
    for fault, words in zip(found, said, strict=True):
        assert str(fault).startswith(f"spec.resumeFrom.{words}")


def test_how_a_changed_manifest_goes_on_is_no_change_of_what_it_does():
    spec = {"tasks": [{"name": "a"}]}
    assert graph_of(spec | {"onChange": {"reuse": "Unchanged"}}) == graph_of(spec)
