"""The cache shows what is so, whatever the order in which it is told."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from sluice.api.run import WorkflowRunSpec
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.core.base.naming import LABEL_BACKFILL_UID
from sluice.core.base.ownership import AttemptRef, RunRef
from sluice.core.run.children import MAX_DEPTH
from tests.core.kubelet import RUN, beside, exited, running, seen


def run(version: int, *, uid: str = "u1", workflow: str = "etl", parent: str = "", **status: Any) -> Any:
    metadata = {
        "namespace": "team",
        "name": "today",
        "uid": uid,
        "resourceVersion": str(version),
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    seen = object_view({"metadata": metadata, "spec": {"workflow": workflow}, "status": status})
    return replace(seen, attempt_of=child_of(RunRef("team", parent, "u0"))) if parent else seen


def child_of(run: RunRef) -> AttemptRef:
    return AttemptRef(run, "call", None, 1)


KEY = Key("team", "today")
WEEK = RunRef("team", "week", "u0")
ENDED = {"phase": "Succeeded", "finishedAt": "2026-01-02T00:00:00Z"}


def test_a_run_of_a_backfill_is_not_the_workflows_own():
    """So it stays as long as one that a person has made, and gives way to none."""
    known, workflow = Cache(), replace(run(1, uid="u9"), key=Key("team", "etl"))
    made = replace(run(7, **ENDED), owner_uid="u9")
    for labels, own in (({}, True), ({LABEL_BACKFILL_UID: "b1"}, False)):
        made = replace(made, labels=labels, version=made.version + 1)
        known.runs.upsert(made)
        assert made.is_own(workflow) is own
        assert [len(known.ended_runs(workflow).succeeded), len(known.ended_runs(workflow).others)] == [own, not own]


def test_the_backfills_of_a_workflow_are_told_of_its_runs():
    known, told = Cache(), []
    known.subscribe("backfills", told.append)
    known.backfills.upsert(run(3, uid="b1"))
    known.runs.upsert(run(7, phase="Running"))
    known.runs.upsert(run(8, phase="Succeeded"))
    known.backfills.upsert(run(9, uid="b2", workflow="other"))  # another by that name
    known.runs.upsert(run(10, phase="Failed"))
    assert told == [KEY] * 5  # seen, two news of its run, gone, seen again
    known.backfills.upsert(run(11, uid="b2", **ENDED))
    known.runs.upsert(run(12, phase="Running"))
    assert len(told) == 6  # one that has ended has no use for news
    known.backfills.replace([], version=13)
    assert (list(known.backfills), KEY in known.unfinished_backfills) == ([], False)


def test_older_never_overwrites_newer():
    known = Cache()
    known.runs.upsert(run(7, phase="Running"))
    known.runs.upsert(run(5, phase="Pending"))
    assert known.runs[KEY].version == 7


def test_what_is_gone_does_not_come_back_with_a_list_that_began_before():
    known = Cache()
    known.runs.upsert(run(7))
    known.runs.delete(known.runs[KEY])
    known.runs.replace([run(7)], version=9)
    assert not known.runs


def test_list_removes_what_went_unseen_and_keeps_what_is_newer_than_it():
    known = Cache()
    known.runs.upsert(run(7))
    known.runs.replace([], version=6)
    assert KEY in known.runs
    known.runs.replace([], version=8)
    assert not known.runs


def test_list_of_a_namespace_says_nothing_of_the_others():
    known = Cache()
    known.runs.upsert(run(7))
    known.pods.upsert(seen(running()))
    known.runs.replace([], version=8, namespace="other")
    known.pods.replace([], version=8, namespace="other")
    assert (len(known.runs), len(known.pods)) == (1, 1)
    known.runs.replace([], version=8, namespace="team")
    known.pods.replace([], version=8, namespace="team")
    assert (len(known.runs), len(known.pods)) == (0, 0)


def test_run_that_is_made_again_for_another_workflow_leaves_the_first():
    known = Cache()
    known.runs.upsert(run(7, uid="u1", workflow="etl"))
    known.runs.upsert(run(9, uid="u2", workflow="report"))
    known.runs.delete(run(8, uid="u1", workflow="etl"))  # told late
    assert Key("team", "etl") not in known.runs_by_workflow
    assert known.runs_by_workflow.keys(Key("team", "report")) == [KEY]
    assert known.runs[KEY].uid == "u2"


def test_no_more_ancestors_are_told_than_the_operator_makes():
    """Somebody can make as many by hand as he likes. A circle cannot be: a child's name has its parent's UID in it."""
    known = Cache()
    for number in range(MAX_DEPTH + 5):
        above = RunRef("team", f"r{number + 1}", f"u{number + 1}")
        made = replace(run(number + 1, uid=f"u{number}"), attempt_of=child_of(above))
        known.runs.upsert(replace(made, key=Key("team", f"r{number}")))
    names = [found.key.name for found in known.ancestors(known.runs[Key("team", "r0")])]
    assert names == [f"r{number}" for number in range(1, MAX_DEPTH + 1)]


def test_child_that_somebody_made_anew_is_gone_for_its_parent():
    """kopf tells of two objects in any order, also when they have one name."""
    known, told = Cache(), []
    known.runs.subscribe(told.append)
    known.runs.upsert(run(7, uid="u1", parent="week"))
    known.runs.upsert(run(9, uid="u2"))
    known.runs.delete(run(8, uid="u1", parent="week"))
    children = [change for change in told if change.object.parent]
    assert [(child.object.uid, child.deleted) for child in children] == [("u1", False), ("u1", True)]
    assert known.runs[KEY].uid == "u2"


def test_runs_that_have_not_ended_take_notice_of_what_their_workflow_says():
    known, woken = Cache(), []
    known.runs.upsert(run(1, phase="Running"))
    known.subscribe("workflowruns", woken.append)
    for version, generation, status in (("2", 1, {}), ("3", 1, {"phase": "Running"}), ("4", 2, {})):
        metadata = {"namespace": "team", "name": "etl", "uid": "u0", "resourceVersion": version}
        metadata |= {"generation": generation, "creationTimestamp": "2026-01-01T00:00:00Z"}
        known.workflows.upsert(object_view({"metadata": metadata, "spec": {}, "status": status}))
    assert woken == [KEY, KEY]  # not for a status
    known.runs.upsert(run(5, phase="Succeeded"))
    woken.clear()
    known.workflows.delete(known.workflows[Key("team", "etl")])
    assert woken == []


def test_workflow_is_told_when_its_run_starts_ends_or_goes():
    """Whoever catches up with a schedule waits for room, and a deleted run makes some as well."""
    known, told = Cache(), []
    known.subscribe("workflows", told.append)
    known.runs.upsert(run(1, phase="Running"))
    known.runs.upsert(run(2, phase="Running", progress="1/2"))
    known.runs.delete(known.runs[KEY])
    assert told == [Key("team", "etl")] * 2


def test_parent_is_told_of_its_child_runs_until_they_are_gone():
    known, told = Cache(), []
    known.runs.subscribe(lambda change: told.append((change.object.parent, change.object.version, change.deleted)))
    for version in (7, 9, 8):
        known.runs.upsert(run(version, parent="week"))
    assert known.children_by_parent.keys(WEEK) == [KEY]
    known.runs.delete(known.runs[KEY])
    assert WEEK not in known.children_by_parent
    assert told == [(WEEK, 7, False), (WEEK, 9, False), (WEEK, 9, True)]


def test_pod_that_was_gone_before_the_answer_to_its_creation_was_read_stays_gone():
    """It would hold its slots of a pool until the next LIST."""
    known = Cache()
    known.pods.upsert(seen(running(), version=8))
    known.pods.delete(seen(running(), version=9))
    known.pods.upsert(seen(running(), version=7))
    assert not known.pods


def test_runs_that_have_not_ended_are_known_by_their_workflow():
    known = Cache()
    known.runs.upsert(run(7, phase="Running"))
    assert known.unfinished_by_workflow.keys(Key("team", "etl")) == [KEY]
    known.runs.upsert(run(8, phase="Failed"))
    assert Key("team", "etl") not in known.unfinished_by_workflow
    assert known.runs_by_workflow.keys(Key("team", "etl")) == [KEY]


def test_finished_run_is_kept_without_its_tasks():
    known = Cache()
    known.runs.upsert(run(7, phase="Succeeded", tasks={"a": {"phase": "Succeeded"}}))
    assert known.runs[KEY].status == {"phase": "Succeeded"}


@pytest.mark.parametrize("kind", ["pools", "workflows", "workflowruns", "backfills"])
def test_another_object_by_the_same_name_means_that_the_first_is_gone(kind):
    known, told = Cache().stores[kind], []
    known.subscribe(lambda change: told.append((change.object.uid, change.deleted)))
    known.upsert(run(7, uid="u1"))
    known.upsert(run(9, uid="u2"))
    known.upsert(run(10, uid="u1"))
    assert told == [("u1", False), ("u1", True), ("u2", False)]


def test_pod_that_was_evicted_is_still_missed():
    """Whoever deletes ended pods waits for it."""
    known, told = Cache(), []
    known.pods.upsert(seen(exited(), version=8))
    assert known.evict_pods(RUN.ref) == [seen(exited(), version=8)]
    assert not known.pods
    known.pods.subscribe(told.append)
    known.pods.delete(seen(exited(), version=9))
    assert [change.deleted for change in told] == [True]


def test_pod_that_outlives_its_run_is_missed_by_a_list():
    """It may hold slots of a pool."""
    known, told = Cache(), []
    known.pods.upsert(goes_on := seen(beside(exited()), version=8))
    assert known.evict_pods(RUN.ref) == [goes_on]
    known.pods.subscribe(told.append)
    known.pods.replace([], 100)
    assert [change.deleted for change in told] == [True]


def test_a_spec_is_typed_once_for_each_generation():
    known = Cache()
    known.runs.upsert(run(1))
    typed = known.runs[KEY].spec_as(WorkflowRunSpec)
    known.runs.upsert(run(2, phase="Running"))
    assert known.runs[KEY].spec_as(WorkflowRunSpec) is typed
    known.runs.upsert(replace(run(3, workflow="other"), generation=2))
    assert known.runs[KEY].spec_as(WorkflowRunSpec).workflow == "other"


def test_a_namesake_is_typed_by_itself():
    known = Cache()
    known.runs.upsert(run(1))
    assert known.runs[KEY].spec_as(WorkflowRunSpec).workflow == "etl"
    known.runs.upsert(run(2, uid="u2", workflow="other"))
    assert known.runs[KEY].spec_as(WorkflowRunSpec).workflow == "other"


def body_of(uid: str, *, tasks: int = 0, **status: Any) -> Any:
    """As the API server has a run whose spec and status are long."""
    metadata: Any = {"namespace": "team", "name": f"run-{uid}", "uid": uid, "resourceVersion": "7", "generation": 1}
    metadata |= {"creationTimestamp": "2026-01-01T00:00:00Z"}
    told = {f"task-{number}": {"phase": "Succeeded", "outputs": {"rows": "1"}} for number in range(tasks)}
    spec = {"workflow": "etl", "parameters": {"text": "x" * 10_000}, "resumeFrom": {"run": "old", "rerun": ["a"] * 99}}
    conditions = [{"type": "Finished", "status": "True", "message": "x" * 5000}]
    return {"metadata": metadata, "spec": spec, "status": {"tasks": told, "conditions": conditions} | status}


def size(view: Any) -> int:
    """Of a view's text, which is what varies."""
    return len(repr(replace(view, typed={})))


def test_of_a_run_that_has_ended_only_what_is_asked_yet_is_kept():
    """However it ended, and whoever tells of it: a LIST, the watch, or our own write of its last status."""
    for told in (ENDED, ENDED | {"phase": "Failed", "message": "y" * 9000}):
        known = Cache()
        known.runs.upsert(object_view(body_of("u1", tasks=60, phase="Running")))
        going = known.runs[Key("team", "run-u1")]
        known.runs.upsert(replace(going, version=8, status=going.status | told))
        listed = known.readers["workflowruns"].read(body_of("u2", tasks=60, **told))
        assert listed is not None
        for view in (known.runs[going.key], listed):
            assert size(view) < 3000
            assert view.spec_as(WorkflowRunSpec).resume_from.run == "old"
            assert (view.finished, view.workflow, view.status["finishedAt"]) == (True, "etl", ENDED["finishedAt"])


def test_what_many_ended_runs_say_alike_is_there_once():
    known = Cache()
    views = [known.readers["workflowruns"].read(json.loads(json.dumps(body_of(uid, **ENDED)))) for uid in ("u1", "u2")]
    first, second = ([view.key.namespace, view.workflow, view.phase, view.labels] for view in views)
    assert all(one is other for one, other in zip(first, second, strict=True))


def test_a_child_run_keeps_its_outputs_until_the_run_that_made_it_has_ended():
    known = Cache()
    child, parent = Key("team", "run-u2"), body_of("u1", phase="Running")
    ended = object_view(body_of("u2", outputs='{"rows": 1}', **ENDED))
    known.runs.upsert(replace(ended, attempt_of=child_of(RunRef("team", "run-u1", "u1"))))
    known.runs.upsert(object_view(parent))
    assert known.runs[child].status["outputs"] == '{"rows": 1}'
    going = known.runs[Key("team", "run-u1")]
    known.runs.upsert(replace(going, version=8, status=ENDED))
    assert "outputs" not in known.runs[child].status


def test_the_spec_of_a_workflow_is_kept_as_bytes_and_in_no_larger_a_buffer():
    body = body_of("u1")
    body["spec"] = {"tasks": [{"name": f"t{number}", "image": "i"} for number in range(20_000)]}
    tracemalloc.start()
    try:
        seen = object_view(body)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen.spec == body["spec"]
    assert kept < len(seen.spec_json) + 100_000
