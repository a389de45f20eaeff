import pytest

from sluice.core.outcome import Ending, Outcome
from sluice.core.retries import Retry, RetryPolicy, Used, next_attempt

LIMIT, INFRASTRUCTURE = 2, 3
NONE = Used()


def retry(ending, used=NONE, limit=LIMIT, infrastructure=INFRASTRUCTURE):
    return next_attempt(RetryPolicy(limit, infrastructure), used, Outcome(ending, ""))


@pytest.mark.parametrize("ending", [Ending.ERROR, Ending.OUT_OF_MEMORY, Ending.TIMEOUT])
def test_task_pays_for_what_its_program_did(ending):
    assert retry(ending) == Retry(Used(limit=1), 1.0)
    assert retry(ending, Used(limit=LIMIT)) is None
    assert retry(ending, Used(infrastructure=INFRASTRUCTURE)) == Retry(Used(1, INFRASTRUCTURE), 1.0)


@pytest.mark.parametrize("ending", [Ending.INFRASTRUCTURE, Ending.LOST])
def test_cluster_pays_for_what_it_did(ending):
    assert retry(ending) == Retry(Used(infrastructure=1), 1.0)
    assert retry(ending, Used(infrastructure=INFRASTRUCTURE)) is None
    assert retry(ending, Used(limit=LIMIT)) == Retry(Used(LIMIT, 1), 1.0)


def test_what_was_given_up_is_not_tried_again():
    assert retry(Ending.GAVE_UP) is None


def test_no_retries_unless_asked_for():
    assert retry(Ending.ERROR, limit=0) is None


def test_at_most_once_has_no_second_attempt_when_lost():
    assert retry(Ending.LOST, infrastructure=0) is None


@pytest.mark.parametrize(
    ("before", "delay_s"), [(0, 1), (1, 2), (2, 4), (7, 128), (8, 256), (9, 300), (99, 300), (999, 300)]
)
def test_backoff_doubles_up_to_five_minutes(before, delay_s):
    assert retry(Ending.ERROR, Used(limit=before), limit=1000).delay_s == delay_s
    assert retry(Ending.LOST, Used(infrastructure=before), infrastructure=1000).delay_s == delay_s
