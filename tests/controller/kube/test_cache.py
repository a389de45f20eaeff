"""The store shows what is so, whatever the order in which it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sluice.api.run import WorkflowRunSpec
from sluice.controller.kube.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.core.base.naming import LABEL_BACKFILL_UID
from tests.core.kubelet import running, seen


def store() -> Cache:
    def nobody(*_: Any) -> None:
        pass

    return Cache(on_workflow=nobody, on_run=nobody, on_pool=nobody, on_backfill=nobody, on_pod=nobody, on_child=nobody)


def run(version: int, *, uid: str = "u1", workflow: str = "etl", parent: str = "", **status: Any) -> Any:
    metadata = {
        "namespace": "team",
        "name": "today",
        "uid": uid,
        "resourceVersion": str(version),
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    if parent:
        metadata["ownerReferences"] = [{"kind": "WorkflowRun", "name": parent, "uid": "u0", "controller": True}]
    return object_view({"metadata": metadata, "spec": {"workflow": workflow}, "status": status})


KEY = Key("team", "today")
ENDED = {"phase": "Succeeded", "finishedAt": "2026-01-02T00:00:00Z"}


def test_a_run_of_a_backfill_is_not_the_workflows_own():
    """So it stays as long as one that a person has made, and gives way to none."""
    known, workflow = store(), replace(run(1, uid="u9"), key=Key("team", "etl"))
    made = replace(run(7, **ENDED), owner_uid="u9")
    for labels, own in (({}, True), ({LABEL_BACKFILL_UID: "b1"}, False)):
        known.runs[KEY] = made = replace(made, labels=labels)
        known.runs_of[workflow.key] = {KEY}
        assert made.is_own(workflow) is own
        assert [ended.own for ended in known.ended_runs(workflow)] == [own]


def test_the_backfills_of_a_workflow_are_told_of_its_runs():
    known, told = store(), []
    known.on_backfill = told.append
    known.see_backfill(run(3, uid="b1"))
    known.see_run(run(7, phase="Running"))
    known.see_run(run(8, phase="Succeeded"))
    known.see_backfill(run(9, uid="b2", workflow="other"))  # another by that name
    known.see_run(run(10, phase="Failed"))
    assert told == [KEY] * 5  # seen, two news of its run, gone, seen again
    known.replace_backfills([], version=10)
    assert (known.backfills, known.backfills_of) == ({}, {})


def test_older_never_overwrites_newer():
    known = store()
    known.see_run(run(7, phase="Running"))
    known.see_run(run(5, phase="Pending"))
    assert known.runs[KEY].version == 7


def test_what_is_gone_does_not_come_back_with_a_list_that_began_before():
    known = store()
    known.see_run(run(7))
    known.forget_run(KEY, "u1")
    known.replace_runs([run(7)], version=9)
    assert known.runs == {}


def test_list_removes_what_went_unseen_and_keeps_what_is_newer_than_it():
    known = store()
    known.see_run(run(7))
    known.replace_runs([], version=6)
    assert KEY in known.runs
    known.replace_runs([], version=8)
    assert known.runs == {}


def test_list_of_a_namespace_says_nothing_of_the_others():
    known = store()
    known.see_run(run(7))
    known.see_pod(seen(running()))
    known.replace_runs([], version=8, namespace="other")
    known.replace_pods([], version=8, namespace="other")
    assert (len(known.runs), len(known.pods)) == (1, 1)
    known.replace_runs([], version=8, namespace="team")
    known.replace_pods([], version=8, namespace="team")
    assert (len(known.runs), len(known.pods)) == (0, 0)


def test_run_that_is_made_again_for_another_workflow_leaves_the_first():
    known = store()
    known.see_run(run(7, uid="u1", workflow="etl"))
    known.see_run(run(9, uid="u2", workflow="report"))
    known.forget_run(KEY, "u1")  # told late
    assert {workflow.name: runs for workflow, runs in known.runs_of.items()} == {"report": {KEY}}
    assert known.runs[KEY].uid == "u2"


def test_child_that_somebody_made_anew_is_gone_for_its_parent():
    """kopf tells of two objects in any order, also when they have one name."""
    known, told = store(), []
    known.on_child = lambda child, gone: told.append((child.uid, gone))
    known.see_run(run(7, uid="u1", parent="week"))
    known.see_run(run(9, uid="u2"))
    known.forget_run(KEY, "u1")
    assert told == [("u1", False), ("u1", True)]
    assert known.runs[KEY].uid == "u2"


def test_runs_that_have_not_ended_take_notice_of_what_their_workflow_says():
    known, woken = store(), []
    known.see_run(run(1, phase="Running"))
    known.on_run = woken.append
    for version, generation, status in (("2", 1, {}), ("3", 1, {"phase": "Running"}), ("4", 2, {})):
        metadata = {"namespace": "team", "name": "etl", "uid": "u0", "resourceVersion": version}
        metadata |= {"generation": generation, "creationTimestamp": "2026-01-01T00:00:00Z"}
        known.see_workflow(object_view({"metadata": metadata, "status": status}))
    assert woken == [KEY, KEY]  # not for a status
    known.see_run(run(5, phase="Succeeded"))
    woken.clear()
    known.forget_workflow(Key("team", "etl"), "u0")
    assert woken == []


def test_workflow_is_told_when_its_run_starts_ends_or_goes():
    """Whoever catches up with a schedule waits for room, and a deleted run makes some as well."""
    known, told = store(), []
    known.on_workflow = told.append
    known.see_run(run(1, phase="Running"))
    known.see_run(run(2, phase="Running", progress="1/2"))
    known.forget_run(KEY, "u1")
    assert told == [Key("team", "etl")] * 2


def test_parent_is_told_of_its_child_runs_until_they_are_gone():
    known, told = store(), []
    known.on_child = lambda child, gone: told.append((child.parent, child.version, gone))
    owner = {"kind": "WorkflowRun", "name": "week", "uid": "u0", "controller": True}
    metadata = {"namespace": "team", "name": "today", "uid": "u1", "generation": 1, "ownerReferences": [owner]}
    metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
    for version in ("7", "9", "8"):
        known.see_run(object_view({"metadata": metadata | {"resourceVersion": version}, "spec": {"workflow": "etl"}}))
    assert known.children_of == {"u0": {KEY}}
    known.forget_run(KEY, "u1")
    assert known.children_of == {}
    assert told == [("week", 7, False), ("week", 9, False), ("week", 9, True)]


def test_pod_that_was_gone_before_the_answer_to_its_creation_was_read_stays_gone():
    """It would hold its slots of a pool until the next LIST."""
    known = store()
    known.see_pod(seen(running(), version=8))
    known.forget_pod(seen(running(), version=9))
    known.see_pod(seen(running(), version=7))
    assert not known.pods


def test_runs_that_have_not_ended_are_known_by_their_workflow():
    known = store()
    known.see_run(run(7, phase="Running"))
    assert known.unfinished_of == {Key("team", "etl"): {KEY}}
    known.see_run(run(8, phase="Failed"))
    assert (known.unfinished_of, known.runs_of) == ({}, {Key("team", "etl"): {KEY}})


def test_finished_run_is_kept_without_its_tasks():
    known = store()
    known.see_run(run(7, phase="Succeeded", tasks={"a": {"phase": "Succeeded"}}))
    assert known.runs[KEY].status == {"phase": "Succeeded"}


def test_a_list_has_news_of_what_is_newer_or_unknown_and_not_of_what_is_gone():
    known = store()
    known.see_run(run(7))
    assert not known.has_news(known.runs, [run(7)])
    assert known.has_news(known.runs, [run(8)])
    assert known.has_news(known.runs, [run(9, uid="u2")])
    known.forget_run(KEY, "u1")
    assert not known.has_news(known.runs, [run(7)])


def test_a_spec_is_typed_once_for_each_generation():
    known = store()
    known.see_run(run(1))
    typed = known.runs[KEY].spec_as(WorkflowRunSpec)
    known.see_run(run(2, phase="Running"))
    assert known.runs[KEY].spec_as(WorkflowRunSpec) is typed
    known.see_run(replace(run(3, workflow="other"), generation=2))
    assert known.runs[KEY].spec_as(WorkflowRunSpec).workflow == "other"


def test_a_namesake_is_typed_by_itself():
    known = store()
    known.see_run(run(1))
    assert known.runs[KEY].spec_as(WorkflowRunSpec).workflow == "etl"
    known.see_run(run(2, uid="u2", workflow="other"))
    assert known.runs[KEY].spec_as(WorkflowRunSpec).workflow == "other"
