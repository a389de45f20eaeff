"""Where a run's time went."""

import pytest

from sluice.core.run.time_accounting import TimeAccounting
from tests.core.kubelet import accepted, exited, unschedulable
from tests.core.world import run


@pytest.mark.parametrize(
    ("spent_s", "text"),
    [
        (0.04, None),
        (0.4, "0.4s"),
        (9.96, "10.0s"),
        (12.7, "12s"),
        (60, "1m"),
        (725, "12m5s"),
        (3_600, "1h"),
        (7_384, "2h3m4s"),
    ],
)
def test_text(spent_s, text):
    ledger = TimeAccounting()
    ledger.add("running", spent_s)
    assert ledger.as_status().get("running") == text


@pytest.mark.parametrize("text", ["0.4s", "12s", "1m", "12m5s", "2h3m4s"])
def test_the_next_process_goes_on_from_what_was_told(text):
    assert TimeAccounting.of({"pool/warehouse": text}).as_status() == {"pool/warehouse": text}


def test_an_attempt_s_times_are_its_pod_s():
    world = run("a")
    world.decide()
    world.sees("a", accepted())
    world.decide(after=0.3)
    world.sees("a", exited(started=4, ended=30))
    world.decide(after=40)
    assert world.run.time.as_status() == {
        "operator": "0.3s",
        "scheduling": "1.0s",
        "starting": "3.0s",
        "running": "26s",
    }


def test_a_pod_that_found_no_node_at_first_was_unschedulable():
    world = run("a")
    world.decide()
    world.sees("a", unschedulable())
    world.decide()
    world.ends("a")
    world.decide()
    assert "unschedulable" in world.run.time.as_status()


def held_up(text="a, b, c", **options):
    """What held up two tasks of three for half a minute."""
    world = run(text, **options)
    world.starts()
    world.decide(after=30)
    return world.run.time.as_status()


def test_the_times_of_all_who_wait_add_up():
    assert held_up(parallelism=1)["parallelism"] == "1m"


def test_a_full_fan_out_holds_up_its_own_items():
    world = run("a", fields={"a": {"forEach": {"range": {"end": 3}, "parallelism": 1}}})
    world.decide()
    world.writes()
    world.starts()
    world.decide(after=30)
    assert world.run.time.as_status()["parallelism"] == "1m"


def test_a_suspended_run_has_its_own_account():
    assert held_up(state="Suspended") == {"suspended": "1m30s"}


def test_the_ledger_is_written_with_other_news_and_never_as_the_only_one():
    world = run("a, b", parallelism=1)
    world.starts()
    world.writes()
    world.decide(after=30)
    assert world.writes() == {}
    world.ends("a")
    world.decide()
    assert world.writes()["time"]["parallelism"] == "30s"


def test_a_restart_keeps_it():
    world = run("a, b", parallelism=1)
    world.starts()
    world.decide(after=30)
    world.ends("a")
    world.decide()
    world.writes()
    assert world.restarted().run.time.as_status()["parallelism"] == "30s"


def test_what_somebody_else_has_written_can_be_written_again():
    (text,) = TimeAccounting.of({"running": "9" * 252 + "h"}).as_status().values()
    assert len(text) < 20
