"""After a refusal pods are made one at a time, then two, four, and soon as many as there are."""

import pytest

from sluice.core.pod.create_errors import CreateError
from sluice.core.reconcile.dispatch import waiting_counts
from sluice.core.run.create_window import CreateBackoff, CreateWindow
from sluice.core.run.task_state import CreateFailure
from tests.core.world import run

REFUSED = CreateBackoff(CreateFailure(CreateError.QUOTA, "no room", 0.0, 1), until=5.0)


@pytest.mark.parametrize(
    ("size", "in_flight", "ready", "then"),
    [
        (None, 9, 99, None),
        (1, 0, 99, 2),
        (2, 1, 99, 4),
        (64, 63, 99, 128),
        (64, 30, 99, 128),
        (64, 29, 99, None),  # all that are left fit
        (1, 0, 2, None),
    ],
)
def test_each_success_doubles_the_window_until_all_that_are_ready_fit(size, in_flight, ready, then):
    window = CreateWindow(in_flight, backoff=REFUSED if size else None, size=size)
    assert window.succeeded(ready) is bool(size)
    assert (window.size, window.backoff) == (then, None)


def test_a_refusal_leaves_one_at_a_time():
    window = CreateWindow(in_flight=3)
    assert window.held_by() is None
    window.refused(CreateBackoff(REFUSED.refused, 5.0))
    assert (window.overfull(), window.waits(4.9), window.waits(5.0)) == (True, True, False)
    assert window.held_by() is CreateError.QUOTA
    window.try_by(2.0)
    assert not window.waits(2.0)
    window.in_flight = 0
    assert window.held_by() is None
    window.recording = 1
    assert window.held_by() is CreateError.QUOTA


def test_after_one_refusal_a_run_is_soon_as_fast_as_before():
    world = run("a, b, c, d", fields={})
    world.decide()
    for task in "abcd":
        world.refuses(task, CreateError.BUSY)
    assert world.starts(after=5) == ["a"]
    assert world.run.creates.size == 2
    assert world.starts() == ["b", "c"]
    assert world.run.creates.size is None
    assert world.starts() == ["d"]


def test_waiting_for_the_own_parallelism_is_no_time_of_the_operator():
    world = run("a, b, c, d", parallelism=1)
    world.decide()
    world.refuses("a", CreateError.BUSY)
    assert world.starts(after=5) == ["b"]
    assert world.run.creates.size == 2
    assert waiting_counts(world.run) == {"parallelism": 3}


@pytest.mark.parametrize(("refusal", "kind"), [(CreateError.BUSY, "serverBusy"), (CreateError.QUOTA, "quotaExceeded")])
def test_waiting_for_the_window_is_booked_to_what_the_api_server_refused_for(refusal, kind):
    world = run("a, b, c, d, e, f")
    world.decide()
    for task in "abcdef":
        world.refuses(task, refusal)
    assert waiting_counts(world.run) == {kind: 6}
    assert world.starts(after=5) == ["a"]
    assert world.decided() == ["create b/1", "create c/1"]
    assert world.run.creates.backoff is None
    assert waiting_counts(world.run) == {kind: 3}
