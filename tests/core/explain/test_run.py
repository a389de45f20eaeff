"""Why a run does not go on, where its time goes, and how it ended."""

import pytest

from sluice.core.explain.run import explain_run
from sluice.core.explain.seen import RunSeen
from tests.core.explain.shown import NOW, commands, facts, pool, seen


def failed(at, **rest):
    return {"phase": "Failed", "finishedAt": f"2026-03-01T12:0{at}:00Z", "reason": "Error: 2 of 2 retries used", **rest}


def test_a_failed_run_tells_what_failed_first_and_what_did_not_run():
    tasks = {
        "late": failed(5),
        "first": failed(3, attempt=3, exitCode=1, message="no such table"),
        "after": {"phase": "UpstreamFailed"},
        "forgiven": failed(1),
    }
    answer = explain_run(seen("Failed", [{"name": "forgiven", "allowFailure": True}], **tasks))
    head, found = facts(answer)
    assert head == "etl-1 has failed after 10m00s: first failed first."
    assert found["failed"] == "Error: 2 of 2 retries used at 2026-03-01T12:03:00Z"
    assert found["attempts"] == "3, the last ended with exit code 1"
    assert found["says"] == "no such table"
    assert found["also"] == "late, forgiven"
    assert found["not run"] == "after"
    assert commands(answer) == ["sluice logs etl-1/first", "sluice retry etl-1"]


def test_of_a_failed_fan_out_it_is_the_item():
    items = {"total": 9, "failed": "3", "failures": [{"index": 3, "message": "exit 7"}]}
    answer = explain_run(seen("Failed", load=failed(1, items=items)))
    assert answer.head.endswith("load[3] failed first.")
    assert facts(answer)[1]["says"] == "exit 7"


def test_a_running_run_counts_reasons_and_tells_where_the_time_went():
    waiting = {"phase": "Pending", "reason": "Pool: warehouse 1/1, held by b-1/x"}
    behind = {"phase": "Pending", "reason": "WaitingFor: a"}
    run = seen(
        "Running",
        pools=[pool(holders=["b-1/x"])],
        whole_s=(900.0,),
        a=waiting,
        b=waiting,
        c=behind,
        e=behind,
        f=behind,
        d={"phase": "Running"},
    )
    run.status["time"] = {"cluster": "12s", "pool/warehouse": "3m40s", "running": "2m20s"}
    answer = explain_run(run)
    head, found = facts(answer)
    assert head == "etl-1 is running."
    assert found["running"] == "1: d"
    assert found["waits"] == ["a: Pool: warehouse 1/1, held by b-1/x (and 1 more)", "c: WaitingFor: a (and 2 more)"]
    assert found["time"] == "pool/warehouse 3m40s, running 2m20s, cluster 12s"
    assert found["may take"] == "about 5m00s left (15m00s in all, by 1 kept run)"
    assert commands(answer) == ["sluice why pool/warehouse", "sluice stop b-1"]


@pytest.mark.parametrize(
    ("phase", "reason", "command"),
    [
        ("Suspended", "Suspended: x", ["sluice resume etl-1"]),
        ("Running", "Approval: x", ["sluice approve etl-1/a"]),
        ("Running", "Backoff: x", ["sluice why etl-1/a"]),
        ("Succeeded", "", []),
        ("Stopped", "", ["sluice retry etl-1"]),
    ],
)
def test_what_lets_it_go_on(phase, reason, command):
    assert commands(explain_run(seen(phase, a={"phase": "Pending", "reason": reason}))) == command


def test_a_run_in_the_queue_says_behind_whom():
    words = "Queued: 1 run of etl goes: etl-0"
    answer = explain_run(seen("Pending", message=words))
    head, found = facts(answer)
    assert head == "etl-1 has not started."
    assert commands(answer) == ["sluice why workflow/etl"]
    assert found["now"] == words
    assert found["next"]


def test_a_refused_run_has_every_fault():
    run = seen("Failed", message="spec.arguments.a: unknown\nspec.arguments.b: unknown")
    run.status["conditions"] = [{"type": "Accepted", "status": "False"}]
    head, found = facts(explain_run(run))
    assert head == "etl-1 was refused, and has not started."
    assert found == {"fault": run.message.splitlines()}


def test_without_a_run_that_succeeded_the_time_is_unknown():
    assert facts(explain_run(seen("Running")))[1]["may take"].startswith("unknown")


def test_what_may_not_be_read_is_said():
    bare = RunSeen({"metadata": {"name": "a"}, "status": {"phase": "Running"}}, NOW)
    assert len(explain_run(bare).unseen) == 2
