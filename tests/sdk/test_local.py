"""`local()`: the operator's decisions, with functions called here."""

import os
import sys

import pytest

from sluice.sdk.faults import WorkflowFault
from sluice.sdk.load import load_file
from tests.e2e.kubernetes import EXAMPLES
from tests.sdk.author import HEAD


def example(name):
    return load_file(EXAMPLES / "python" / f"{name}.py")


@pytest.fixture
def workflow(tmp_path):
    def load(text):
        (tmp_path / "author.py").write_text(f"{HEAD}import sys\n{text}")
        return load_file(tmp_path / "author.py").w

    yield load
    sys.modules.pop("author", None)


def phases(run):
    return {name: task.phase for name, task in run.tasks.items()}


def test_examples_end_as_on_the_cluster(capfd):
    etl = example("etl").etl.local()
    assert phases(etl) == dict.fromkeys(("extract", "clean", "load", "total", "report", "tidy"), "Succeeded")
    assert (etl.phase, etl.tasks["clean"].value, etl.tasks["total"].value) == ("Succeeded", [6, 5, 4], 18)
    assert "done for 2026-01-01" in capfd.readouterr().out
    parallel = example("parallel").parallel.local(mode="quick")
    succeeded = dict.fromkeys(("square", "count", "summary", "goodbye"), "Succeeded")
    assert phases(parallel) == succeeded | {"full": "Skipped"}


def test_a_file_that_is_loaded_again_takes_the_place_of_what_was_loaded_before():
    """multiprocessing finds the functions of a file by its module's name."""
    example("parallel")
    assert example("parallel").parallel.local(mode="quick").phase == "Succeeded"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": "x"}, "w: arguments.n: must be a whole number such as 42"),
        (
            {"n": 1.5, "mode": "fast"},
            "w: arguments.mode: must be one of quick, full; arguments.n: must be a whole number such as 42",
        ),
        ({"n": None}, "w: arguments: 'n' has no default in the Workflow; give it a value here"),
    ],
)
def test_arguments_are_judged_before_anything_runs(workflow, tmp_path, arguments, words):
    made = workflow(f"""
from typing import Literal
@workflow(trigger="Manual")
def w(n: int, mode: Literal["quick", "full"] = "quick"):
    bash("first", "touch {tmp_path}/ran")
""")
    with pytest.raises(WorkflowFault) as refused:
        made.local(**arguments)
    assert [each.message for each in refused.value.mistakes] == [words]
    assert not (tmp_path / "ran").exists()
    assert made.local(n="5", mode=None).phase == "Succeeded"


def test_retries_and_backoff_without_waiting(workflow):
    run = workflow("""
tries = []
@task(retries={"limit": 3, "backoff": {"initial": "1h"}})
def flaky() -> int:
    tries.append(1)
    return 1 // (len(tries) // 3)

@workflow
def w():
    bash("after", "true").when(f"{flaky()} == 1")
""").local()
    assert (run.phase, run.tasks["flaky"].value) == ("Succeeded", 1)


def test_a_failure_says_why_and_what_follows_is_not_run(workflow):
    run = workflow("""
@task
def broken(n: int) -> int:
    raise ValueError("no rows")
@workflow
def w(n: int = 1):
    load(broken(n))
    bash("tidy", 'test "$SLUICE_RUN_PHASE" = Failed', finally_=True)
""").local()
    assert run.phase == "Failed"
    assert phases(run) == {"broken": "Failed", "load": "UpstreamFailed", "tidy": "Succeeded"}
    assert "ValueError: no rows" in run.tasks["broken"].message


@pytest.mark.parametrize("subprocess", [False, True])
def test_sys_exit_is_the_exit_code_as_in_a_pod(workflow, subprocess):
    run = (
        workflow("""
import sys
@task(skip_exit_codes=[42])
def nothing() -> None:
    sys.exit(42)
@task
def done() -> None:
    sys.exit(0)
@workflow
def w():
    nothing()
    done()
""")
        .locally(subprocess=subprocess)
        .local()
    )
    assert phases(run) == {"nothing": "Skipped", "done": "Succeeded"}


def test_what_is_too_long_for_a_pod_fails_its_task(workflow):
    run = workflow("""
@workflow
def w(p: str = "p" * 2**16):
    bash("long", "true", env={f"V{number}": p for number in range(100)})
""").local()
    assert "its placeholders stand for more than 4 MiB in all" in run.tasks["long"].message


def test_values_go_through_json_and_come_back_as_their_annotations_say(workflow):
    run = workflow("""
import dataclasses
@dataclasses.dataclass
class Row:
    day: date
@task
def make() -> list[Row]:
    return [Row(date(2026, 1, 1))]
@task
def weekday(row: Row) -> int:
    return row.day.weekday()
@task
def wrong() -> int:
    return float("nan")
@workflow
def w():
    weekday.each(make())
    wrong()
""").local()
    assert run.tasks["weekday"].value == [3]
    assert (run.tasks["make"].value, run.tasks["wrong"].phase) == ([{"day": "2026-01-01"}], "Failed")


def test_people_are_answered_for(workflow):
    asking = workflow("""
@workflow
def w():
    approval("deploy", "go?") >> bash("ship", "true") >> wait("pause", for_="10h")
""")
    assert phases(asking.locally({"deploy": "Approve"}).local()) == dict.fromkeys(
        ("deploy", "ship", "pause"), "Succeeded"
    )
    assert asking.locally({"deploy": "Reject"}).local().phase == "Failed"
    with pytest.raises(WorkflowFault, match=r"w: task deploy would never end: Approval"):
        asking.local()


def test_parallelism_and_pools_hold(workflow):
    run = workflow("""
import threading
inside, most = [], []
lock = threading.Lock()
@task(pools=["database"])
def one(n: int) -> int:
    with lock:
        inside.append(n)
        most.append(len(inside))
    with lock:
        inside.remove(n)
    return max(most)
@workflow
def w():
    one.each(range(20))
""").local()
    assert max(run.tasks["one"].value) == 1


CALLS = """
@task
def double(n: int) -> int:
    return 2 * n
@workflow(trigger="Manual")
def child(n: int) -> int:
    return double(n)
@task
def show(n: int) -> int:
    return n
@workflow
def w(n: int = 4):
    show(sub(child, n))
"""


def test_a_workflow_that_another_one_runs(workflow):
    run = workflow(CALLS).local(n=7)
    assert (run.phase, run.tasks["show"].value) == ("Succeeded", 14)
    failing = workflow(CALLS.replace("2 * n", "n // 0")).local()
    assert phases(failing) == {"child": "Failed", "show": "UpstreamFailed"}
    assert "double" in failing.tasks["child"].message


def test_in_processes_of_their_own_calls_are_ended(workflow):
    made = workflow("""
import os, time
from datetime import timedelta
@task(timeout="1s")
def slow() -> None:
    time.sleep(600)
@task
def who() -> int:
    return os.getpid()
@task
def much() -> str:
    return "x" * 5000
@workflow
def w():
    slow()
    who()
    much()
""").locally(subprocess=True)
    run = made.local()
    assert phases(run) == {"slow": "Failed", "who": "Succeeded", "much": "Succeeded"}
    assert "Timeout" in run.tasks["slow"].message
    assert run.tasks["who"].value != os.getpid()
    assert run.tasks["much"].value == "x" * 5000  # by the log, as it is too large for the file


def test_a_failure_ends_what_goes_on_beside_it(workflow):
    run = workflow("""
@workflow(fail_fast="Stop")
def w():
    bash("long", "sleep 600")
    bash("fails", "exit 3")
""").local()
    assert phases(run) == {"long": "Stopped", "fails": "Failed"}


def test_options_of_local_may_be_given_where_nothing_checks_types(workflow):
    text = "@workflow\ndef w():\n    approval('go', '?')\n"
    assert workflow(text).local(answers={"go": "Approve"}, subprocess=True).phase == "Succeeded"


@pytest.mark.parametrize("call", ["w.local()", "w.render()"])
def test_nothing_runs_while_the_file_is_loaded(workflow, call):
    with pytest.raises(WorkflowFault, match=r"author.py:\d+: this would run w in every pod; put it below: if __name__"):
        workflow(f"@workflow\ndef w():\n    bash('a', 'true')\n{call}\n")


def test_what_needs_a_cluster_says_so(workflow):
    with pytest.raises(WorkflowFault, match="task 'c' is a container or a Workflow of elsewhere, and needs"):
        workflow("@workflow\ndef w():\n    container('c', 'busybox')\n").local()
