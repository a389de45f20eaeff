"""Since when a Pool's slots are held, and for how long it may go on."""

from dataclasses import replace

import pytest

from sluice.core.explain.holders import frees, held_by, holder_of_run, holder_of_task
from sluice.core.explain.seen import Holder, RunSeen
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.status.durations import KeptRun, Sources
from tests.core.kubelet import RUN, START, at, exited, pod, running

GRAPH = {"tasks": [{"name": "export", "image": "busybox"}]}
(EXPORT,) = Definition.of(GRAPH).tasks
KEPT = KeptRun("etl-0", {"export": {"phase": "Succeeded", "startedAt": at(0), "finishedAt": at(1080)}})


def seen(*pods, run: RunIdentity = RUN, **more):
    status = {"phase": "Running", "startedAt": at(-60), "tasks": {"export": {"phase": "Running", "startedAt": at(2)}}}
    body = {"metadata": {"name": run.name, "uid": run.uid}, "spec": {"workflow": "etl"}, "status": status}
    return RunSeen(body, START + 842, graph=GRAPH, pods=pods, times=Sources(kept=[KEPT]), **more)


@pytest.mark.parametrize(
    ("pods", "since"),
    [
        ([pod(running(), EXPORT)], 0),  # its slot is held from the creation of the pod
        ([pod(exited(1), EXPORT), pod(running(), EXPORT, attempt=2)], 0),
        ([pod(exited(), EXPORT)], 2),  # no pod holds any more: what the status says
        ([pod(running(), EXPORT, run=replace(RUN, uid="other"))], 2),  # another run's
        ([], 2),
    ],
)
def test_a_task_holds_its_slots_from_the_creation_of_its_pod(pods, since):
    found = holder_of_task("etl-1/export", seen(*pods), "export", None)
    assert found == Holder("etl-1/export", START + since, "18m00s, by 1 kept run", 1080 - 840)


def test_a_run_holds_its_slots_from_its_start():
    assert holder_of_run("etl-1", seen()) == Holder("etl-1", START - 60)
    known = holder_of_run("etl-1", seen(whole_s=(900.0, 1100.0)))
    assert known == Holder("etl-1", START - 60, "16m40s, by 2 kept runs", 1000 - 902)


@pytest.mark.parametrize(
    ("left_s", "words"),
    [
        ((None,), "unknown when: a slot is free as soon as a holder ends"),
        ((90.0, None, 30.0), "in about 30s, if h2 takes as long as before"),
        ((90.0, -5.0), "unknown when: h1 takes longer than before already"),
    ],
)
def test_a_slot_is_free_when_the_first_holder_may_be_done(left_s, words):
    assert frees([Holder(f"h{number}", left_s=left) for number, left in enumerate(left_s)]) == words


def test_what_is_not_known_is_left_out():
    assert held_by([Holder("a/b"), Holder("c", START)], START + 61) == "a/b\nc for 1m01s"
