"""Tasks that run another Workflow: what becomes of them, given what becomes of their child runs."""

from dataclasses import replace

import pytest

from sluice.core.base.ownership import AttemptRef
from sluice.core.pod.create_errors import CreateError
from sluice.core.reconcile.restore import restore
from sluice.core.run.children import MAX_DEPTH, ChildView, build_child_run
from sluice.core.run.orders import Orders
from sluice.core.run.retries import RetriesUsed
from sluice.core.spec.definition import Definition
from sluice.core.spec.ending import Ending
from sluice.core.status.reasons import Reason, reason
from sluice.core.status.run_phase import current_phase, run_message
from sluice.core.status.run_status import task_status
from tests.core.kubelet import RUN, START, at
from tests.core.validation.judged import A, faults
from tests.core.world import World, graph, run

NAME = "etl-g1-4f7a9-sub-1-"
NOT_FOUND = [
    {
        "type": "Accepted",
        "status": "False",
        "reason": "WorkflowNotFound",
        "message": "no Workflow",
        "lastTransitionTime": at(0),
    }
]


def calls(text="sub >> b", *, limits=None, **sub):
    """A run whose task `sub` runs the Workflow `other`."""
    return run(text, fields={"sub": {"workflow": {"name": "other"}} | sub}, **limits or {})


def desired_state(run, child):
    return run.children.desired_state(child, run.state)


def stops(world, task):
    """Is the child run told to stop, and with which words?"""
    state, why = desired_state(world.run, world.run.tasks.pod_name(world.number(task)))
    return why if state == "Stopped" else None


# What the run is.


def test_child_run_is_named_and_owned_like_a_pod():
    fields = {"workflow": {"name": "other", "arguments": {"day": "$(params.day)", "of": "$(run.name)"}}}
    (task,) = Definition.of(graph("sub", sub=fields)).tasks
    made = build_child_run(replace(RUN, depth=2), task, 3, {"params.day": "monday", "run.name": RUN.name})
    assert made["metadata"]["name"].startswith("etl-g1-4f7a9-sub-3-")
    assert made["metadata"]["ownerReferences"][0] | {"apiVersion": ""} == {
        "apiVersion": "",
        "kind": "WorkflowRun",
        "name": RUN.name,
        "uid": RUN.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
    assert made["metadata"]["labels"]["sluice.dev/depth"] == "3"
    assert made["spec"] == {"workflow": "other", "arguments": {"day": "monday", "of": RUN.name}}


# How it ends.


@pytest.mark.parametrize(
    ("ends", "phases", "words"),
    [
        ("Succeeded", {"sub": "Succeeded", "b": "Pending"}, ""),
        ("Failed", {"sub": "Failed", "b": "UpstreamFailed"}, "task sub failed: run {} failed: task x failed"),
        ("Stopped", {"sub": "Stopped", "b": "Stopped"}, "task sub was stopped"),
    ],
)
def test_end_of_the_child_is_the_end_of_the_task(ends, phases, words):
    world = calls()
    assert world.starts() == ["sub"]
    child = world.sees_child("sub", ends, "task x failed" if ends == "Failed" else "")
    world.decide()
    assert world.phases == phases
    assert run_message(world.run) == words.format(child.name)


@pytest.mark.parametrize(
    "status", [{"replacedBy": "other-2"}, {"conditions": [{"type": "Finished", "reason": "TurnedAway"}]}]
)
def test_child_that_is_turned_away_is_a_failed_attempt(status):
    world = calls("sub", retries={"limit": 1})
    world.starts()
    world.sees_child("sub", "Stopped", "Forbid: other-1 is going", **status)
    assert world.decided() == []
    assert world.decided(after=1) == ["create sub/2"]
    child = world.sees_child("sub", "Stopped", "Forbid: other-1 is going", **status)
    assert world.decide().finished
    assert run_message(world.run) == f"task sub failed: run {child.name} was turned away: Forbid: other-1 is going"


def test_child_that_a_person_stopped_is_no_success_of_the_run():
    world = calls("sub")
    world.starts()
    child = world.sees_child("sub", "Stopped", "its Workflow was deleted")
    assert world.decide().finished
    assert current_phase(world.run) == "Failed"
    assert reason(world.run, 0) == Reason(f"Stopped: run {child.name} was stopped: its Workflow was deleted")


def test_failed_child_is_paid_for_by_the_task_and_followed_by_another():
    world = calls(retries={"limit": 1})
    world.starts()
    first = world.sees_child("sub", "Failed")
    assert world.decided() == []
    assert world.decided(after=1) == ["create sub/2"]
    second = world.sees_child("sub", "Succeeded")
    assert world.decided() == ["create b/1"]
    assert world.task("sub").used.limit == 1
    assert first.name != second.name


def test_child_that_is_deleted_is_lost_and_paid_for_by_the_cluster():
    world = calls(retries={"limit": 0})
    world.starts()
    world.run.children.observe_deleted(world.sees_child("sub"))
    world.decide()
    assert (world.task("sub").last.ending, world.task("sub").used.infrastructure) == (Ending.LOST, 1)
    assert world.decided(after=1) == ["create sub/2"]


def test_status_names_the_run_and_its_times():
    world = calls("sub")
    world.starts()
    child = world.sees_child("sub", startedAt=at(3))
    world.decide()
    shown = {"phase": "Running", "attempt": 1, "run": child.name, "startedAt": at(3)}
    assert task_status(world.run, 0) == shown
    world.sees_child("sub", "Succeeded", startedAt=at(3), finishedAt=at(9))
    world.decide()
    assert task_status(world.run, 0) == shown | {"phase": "Succeeded", "finishedAt": at(9)}


def test_a_child_that_is_being_deleted_is_waited_for_and_its_task_says_so():
    world = calls()
    world.starts()
    child = world.sees_child("sub")
    world.run.children.observe(replace(child, version=child.version + 1, deleting=True))
    assert world.decided() == []
    assert reason(world.run, 0) == Reason(f"Terminating: run {child.name} is being deleted")


# What it is told.


def test_it_holds_no_slot_and_waits_for_none():
    world = run("a, sub, b", parallelism=1, fields={"sub": {"workflow": {"name": "other"}}})
    assert sorted(world.starts()) == ["a", "sub"]
    assert world.run.slots.live == 1


def test_stop_takes_the_child_back_and_the_task_ends_when_the_child_has():
    world = calls()
    world.starts()
    world.sees_child("sub")
    assert stops(world, "sub") is None
    world.run.set_state("Stopped")
    assert not world.decide().finished
    assert stops(world, "sub") == "the run was stopped"
    assert reason(world.run, 0).text.startswith("Terminating: run ")
    world.sees_child("sub", "Stopped")
    assert world.decide().finished
    assert world.phases == {"sub": "Stopped", "b": "Stopped"}
    assert current_phase(world.run) == "Stopped"


def test_child_that_succeeds_all_the_same_has_succeeded():
    world = calls("sub")
    world.starts()
    world.run.set_state("Stopped")
    world.decide()
    world.sees_child("sub", "Succeeded")
    assert world.decide().finished
    assert world.phases == {"sub": "Succeeded"}


def test_draining_lets_a_child_run_go_on_to_its_own_end():
    world = run("a, sub", fail_fast="Drain", fields={"sub": {"workflow": {"name": "other"}}})
    world.starts()
    world.sees_child("sub")
    world.ends("a", 1)
    world.decide()
    assert desired_state(world.run, world.task("sub").child.name) == ("Running", "")
    world.sees_child("sub", "Succeeded")
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "sub": "Succeeded"}


def test_fail_fast_takes_the_child_back():
    world = run("a, sub", fail_fast="Stop", fields={"sub": {"workflow": {"name": "other"}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert stops(world, "sub") == "another task failed, and failFast is set"


def test_child_of_a_finally_task_goes_on_after_a_stop():
    world = run("a; sub", fields={"sub": {"workflow": {"name": "other"}, "finally": True}})
    world.run.set_state("Stopped")
    assert world.starts() == ["sub"]
    assert stops(world, "sub") is None


def test_suspended_run_makes_no_child_and_tells_those_it_has():
    world = calls("sub, other", other={"workflow": {"name": "other"}})
    world.starts()
    world.sees_child("sub")
    world.decide()
    before = world.run.children.desired_state_version
    world.run.set_state("Suspended")
    assert world.decided() == []
    assert desired_state(world.run, world.run.tasks.pod_name(0))[0] == "Suspended"
    assert world.run.children.desired_state_version > before


def test_suspended_run_starts_no_child_until_it_goes_on():
    world = calls("a >> sub")
    world.starts()
    world.run.set_state("Suspended", resumes_when="run top goes on")
    world.ends("a")
    assert world.decided() == []
    assert reason(world.run, world.number("sub")) == Reason("Suspended: the run starts no task until run top goes on")
    world.run.set_state("Running")
    assert world.decided() == ["create sub/1"]


# What keeps it waiting.


@pytest.mark.parametrize(
    ("stands", "status", "words"),
    [
        ("Pending", {}, Reason("Starting: see run {}")),
        ("Suspended", {}, Reason("Suspended: see run {}")),
        ("Running", {}, Reason()),
        (
            "Pending",
            {"conditions": NOT_FOUND, "message": "no Workflow"},
            Reason("WorkflowNotFound: see run {}", "no Workflow"),
        ),
    ],
)
def test_reason(stands, status, words):
    world = calls("sub")
    world.starts()
    child = world.sees_child("sub", stands, **status)
    world.decide()
    assert reason(world.run, 0) == replace(words, text=words.text and words.text.format(child.name))


def test_missing_workflow_is_waited_for_until_the_pending_timeout():
    world = calls("sub", pendingTimeout="1h")
    world.starts()
    world.sees_child("sub", "Pending", "no Workflow", conditions=NOT_FOUND)
    assert world.decide().wake_at == START + 3600
    world.decide(after=3600)
    assert stops(world, "sub") == "gave up after 60m: WorkflowNotFound: no Workflow"
    world.sees_child("sub", "Stopped")
    assert world.decide().finished
    assert world.phases == {"sub": "Failed"}
    assert run_message(world.run) == "task sub failed: gave up after 60m: WorkflowNotFound: no Workflow"


def test_workflow_that_comes_in_time_is_run():
    world = calls("sub")
    world.starts()
    world.sees_child("sub", "Pending", "no Workflow", conditions=NOT_FOUND)
    world.decide()
    world.sees_child("sub")
    world.decide(after=9999)
    assert stops(world, "sub") is None


def test_refused_creation_is_tried_again_and_a_late_answer_is_believed():
    world = calls("sub")
    assert world.decided() == ["create sub/1"]
    world.intent("sub").failed(CreateError.BUSY, "busy", world.now)
    assert task_status(world.run, 0).get("attempt") is None
    assert world.decided(after=1) == ["create sub/1"]
    world.intent("sub").failed(CreateError.BUSY, "busy", world.now)
    world.sees_child("sub", "Succeeded")
    assert world.decide().finished


def test_child_that_turns_up_after_its_task_was_stopped_stops_too():
    world = calls("sub")
    world.decide()
    world.intent("sub").failed(CreateError.BUSY, "no answer", world.now)
    world.run.set_state("Stopped")
    assert world.decide().finished
    world.sees_child("sub")
    assert world.phases == {"sub": "Stopped"}
    assert stops(world, "sub") == "the run was stopped"


def test_invalid_child_fails_with_the_words_of_the_server():
    world = calls("sub")
    world.decide()
    world.intent("sub").failed(CreateError.INVALID, "spec.workflow: too long", world.now)
    assert world.decide().finished
    assert run_message(world.run) == "task sub failed: Invalid: spec.workflow: too long"


def test_recursion_is_bounded():
    world = calls("sub", limits={"depth": MAX_DEPTH})
    assert world.decided() == []
    assert world.phases == {"sub": "Failed"}
    assert "do the Workflows run each other?" in run_message(world.run)


# A child run for each item.


def fan(**for_each):
    items = {"items": ["x", "y", "z"]} | for_each
    world = calls(forEach=items, limits={"parallelism": 1})
    world.decide()
    world.writes()
    return world


def test_each_item_of_a_fan_out_has_a_child_of_its_own():
    world = fan()
    assert world.starts() == ["sub[0]", "sub[1]", "sub[2]"]
    assert world.run.slots.live == 0
    names = {world.sees_child(f"sub[{index}]", "Succeeded").name for index in range(3)}
    assert len(names) == 3
    assert world.decided() == ["create b/1"]


def test_parallelism_of_the_fan_out_counts_child_runs():
    world = fan(parallelism=2)
    assert world.starts() == ["sub[0]", "sub[1]"]
    assert reason(world.run, world.number("sub[2]")) == Reason("Parallelism: 2/2 of forEach")
    world.sees_child("sub[0]", "Succeeded")
    assert world.starts() == ["sub[2]"]


def test_fan_out_of_children_goes_on_after_a_restart():
    world = fan(parallelism=2)
    world.starts()
    world.sees_child("sub[0]", "Succeeded")
    world.sees_child("sub[1]")
    world.decide()
    world.sees_child("sub[2]")
    world.decide()
    world.writes()
    again = world.restarted()
    assert again.decided() == []
    assert again.run.tasks.fan_outs[0].live == 2
    for index in (1, 2):
        again.sees_child(f"sub[{index}]", "Succeeded")
    assert again.decided() == ["create b/1"]


# After a restart.


def restarted(entry, *children, **sub):
    """The run as a new operator sees it. `children` are (attempt, phase)."""
    definition = Definition.of(graph("sub >> b", sub={"workflow": {"name": "other"}, "retries": {"limit": 2}} | sub))
    entries = {"sub": entry} if entry else {}
    probe = restore(RUN, "etl-1", definition, status={}, pods=[], now=0.0, orders=Orders())
    seen = [
        ChildView(probe.tasks.pod_name(0, n), "uid", n, AttemptRef(RUN.ref, "sub", None, n), stands, "")
        for n, stands in children
    ]
    found = restore(
        RUN, "etl-1", definition, status={"tasks": entries}, pods=[], children=seen, now=0.0, orders=Orders()
    )
    return World(found, now=START + 100, stored={"tasks": entries})


LIVE = {"phase": "Running", "attempt": 1}
BETWEEN = {"phase": "Pending", "attempt": 1, "retryAt": at(50)}


@pytest.mark.parametrize(
    ("entry", "children", "decided"),
    [
        ({}, [], ["create sub/1"]),
        ({}, [(1, "Running")], []),  # the status had not heard of the child
        ({}, [(1, "Succeeded")], ["create b/1"]),
        (LIVE, [(1, "Running")], []),
        (LIVE, [(1, "Succeeded")], ["create b/1"]),
        (BETWEEN, [(1, "Failed")], ["create sub/2"]),
        (BETWEEN, [(1, "Failed"), (2, "Running")], []),
        (BETWEEN, [(1, "Failed"), (2, "Succeeded")], ["create b/1"]),
        (LIVE, [(1, "Failed"), (2, "Succeeded")], ["create b/1"]),
        ({}, [(2, "Running")], []),  # nor of the first, which is gone
        ({"phase": "Succeeded", "attempt": 1}, [(1, "Succeeded")], ["create b/1"]),
        ({"phase": "Failed", "attempt": 3}, [(3, "Failed")], []),
    ],
)
def test_children_are_believed_before_the_status(entry, children, decided):
    assert restarted(entry, *children).decided() == decided


def test_attempt_that_was_not_recorded_is_paid_for_once():
    world = restarted(LIVE, (1, "Failed"), (2, "Running"))
    world.decide()
    assert world.task("sub").used == RetriesUsed(limit=1)


def test_child_that_is_gone_with_its_end_unseen_is_lost():
    world = restarted(LIVE)
    world.decide()
    assert world.task("sub").last.ending is Ending.LOST


def test_stopped_run_takes_its_child_back_again():
    world = restarted(LIVE, (1, "Running"))
    world.run.set_state("Stopped")
    world.decide()
    assert stops(world, "sub") == "the run was stopped"


# Faults.


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        ({"image": "x"}, "image: this task runs a Workflow and has no pod; set it in Workflow 'other', or remove it"),
        (
            {"timeout": "1h"},
            "timeout: this task runs a Workflow and has no pod; set it in Workflow 'other', or remove it",
        ),
        ({"workflow": {"name": "etl"}}, "workflow.name: 'etl' would run itself, without end; name another Workflow"),
        ({"workflow": {}}, "workflow.name: is required"),
        (
            {"workflow": {"name": "other", "arguments": {"day": "$(params.dya)"}}},
            "workflow.arguments.day: $(params.dya) stands for nothing; did you mean $(params.day)?",
        ),
        (
            {"approval": {}},
            "workflow: an approval waits for a person and has no pod; remove this, or make another task of it",
        ),
    ],
)
def test_fault(task, fault):
    parameters = [{"name": "day", "default": "monday"}]
    sub = {"name": "sub", "workflow": {"name": "other"}}
    assert faults(A, sub | task, parameters=parameters) == [f"spec.tasks[1].{fault}"]


def test_a_workflow_may_run_itself_on_a_condition():
    again = {"name": "again", "workflow": {"name": "etl"}, "when": "tasks.a.phase == 'Failed'", "runIf": "AllDone"}
    assert faults(A, again) == []


def test_sub_workflow_needs_no_image():
    assert faults({"name": "sub", "workflow": {"name": "other"}, "retries": {"limit": 1}, "finally": True}) == []


def test_what_handles_a_child_that_is_too_deep_starts_at_once():
    fields = {"a": {"approval": {}, "runIf": "OneFailed"}, "b": {"runIf": "AllDone"}}
    world = run("sub >> a; sub >> b", fields={"sub": {"workflow": {"name": "other"}}} | fields, depth=MAX_DEPTH)
    assert world.decided() == ["create b/1"]
    assert world.task("a").on_hold_since == world.now


@pytest.mark.parametrize("restarted", [False, True])
def test_a_child_that_was_stopped_for_its_deadline_is_late_whoever_sees_its_end(restarted):
    world = run(
        "call >> after", fields={"call": {"workflow": {"name": "other"}} | {"deadline": "60s", "allowFailure": True}}
    )
    world.starts()
    world.sees_child("call", "Running", startedAt=at(1))
    world.decide(after=2)
    world.writes()
    world.decide(after=70)
    world.writes()
    world.sees_child("call", "Stopped", startedAt=at(1), finishedAt=at(73))
    world = world.restarted() if restarted else world
    assert world.decided(after=2) == ["create after/1"]
    assert (world.task("call").phase, world.task("call").last.ending) == ("Failed", Ending.TIMEOUT)


def test_a_child_that_a_person_stopped_before_its_deadline_is_stopped_however_late_that_is_seen():
    world = run("call", fields={"call": {"workflow": {"name": "other"}} | {"deadline": "60s"}})
    world.starts()
    world.sees_child("call", "Running", startedAt=at(1))
    world.decide(after=2)
    world.writes()
    world.sees_child("call", "Stopped", startedAt=at(1), finishedAt=at(30))
    world = world.restarted()
    world.decide(after=600)
    assert world.task("call").phase == "Stopped"


def test_a_dollar_in_an_argument_is_one_whatever_the_argument_is_called():
    arguments = {"command": "$(params.c)", "env": "$$(params.c)", "other": "$(params.c)"}
    world = run("sub", fields={"sub": {"workflow": {"name": "other", "arguments": arguments}}})
    made = build_child_run(RUN, world.task("sub").definition, 1, {"params.c": "echo $HOME"})
    assert made["spec"]["arguments"] == {"command": "echo $HOME", "env": "$(params.c)", "other": "echo $HOME"}


def test_so_is_one_in_an_item():
    items = [{"command": "$(params.c)"}]
    definition = Definition.of(graph("a", a={"forEach": {"items": items}}))
    identity = replace(RUN, parameters={"c": "echo $HOME"})
    world = World(restore(identity, "etl-1", definition, status={}, pods=[], now=START, orders=Orders()))
    world.decide()
    assert world.run.tasks.fan_outs[0].items == [{"command": "echo $HOME"}]
