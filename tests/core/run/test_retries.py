import pytest

from sluice.api.task import Retries
from sluice.core.run.retries import RetriesUsed, Retry, next_attempt, why_not
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.retry_policy import RetryPolicy

LIMIT, INFRASTRUCTURE = 2, 3
NONE = RetriesUsed()


def retry(ending, used=NONE, limit=LIMIT, infrastructure=INFRASTRUCTURE):
    return next_attempt(RetryPolicy(limit, infrastructure), used, Outcome(ending, ""))


@pytest.mark.parametrize(
    ("ending", "out_of_memory"), [(Ending.ERROR, 0), (Ending.OUT_OF_MEMORY, 1), (Ending.TIMEOUT, 0)]
)
def test_task_pays_for_what_its_program_did(ending, out_of_memory):
    assert retry(ending) == Retry(RetriesUsed(1, 0, out_of_memory), 1.0)
    assert retry(ending, RetriesUsed(limit=LIMIT)) is None
    assert retry(ending, RetriesUsed(infrastructure=INFRASTRUCTURE)) == Retry(
        RetriesUsed(1, INFRASTRUCTURE, out_of_memory), 1.0
    )


@pytest.mark.parametrize("ending", [Ending.INFRASTRUCTURE, Ending.LOST])
def test_cluster_pays_for_what_it_did(ending):
    assert retry(ending) == Retry(RetriesUsed(infrastructure=1), 1.0)
    assert retry(ending, RetriesUsed(infrastructure=INFRASTRUCTURE)) is None
    assert retry(ending, RetriesUsed(limit=LIMIT)) == Retry(RetriesUsed(LIMIT, 1), 1.0)


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
    assert retry(Ending.ERROR, RetriesUsed(limit=before), limit=1000).delay_s == delay_s
    assert retry(Ending.LOST, RetriesUsed(infrastructure=before), infrastructure=1000).delay_s == delay_s


@pytest.mark.parametrize(
    ("retries", "ending", "exit_code", "again"),
    [
        ({"limit": 1}, Ending.TIMEOUT, None, True),
        ({"limit": 1, "endings": ["Error"]}, Ending.ERROR, 1, True),
        ({"limit": 1, "endings": ["Error"]}, Ending.TIMEOUT, None, False),
        ({"limit": 1, "endings": ["OutOfMemory"]}, Ending.ERROR, 1, False),
        ({"limit": 1, "exitCodes": [75]}, Ending.ERROR, 75, True),
        ({"limit": 1, "exitCodes": [75]}, Ending.ERROR, 1, False),
        ({"limit": 1, "exitCodes": [75]}, Ending.TIMEOUT, None, True),  # it has no exit code of its own
        ({"limit": 1, "endings": []}, Ending.INFRASTRUCTURE, None, True),  # the cluster pays whatever the task thinks
    ],
)
def test_which_endings_are_worth_another_attempt(retries, ending, exit_code, again):
    ended = Outcome(ending, "", exit_code=exit_code)
    assert (next_attempt(RetryPolicy.of(Retries.model_validate(retries)), RetriesUsed(), ended) is not None) is again


@pytest.mark.parametrize(
    ("retries", "ending", "exit_code", "why"),
    [
        ({"exitCodes": [75]}, Ending.ERROR, 75, ""),
        ({"exitCodes": [75]}, Ending.ERROR, 1, "exit code 1 is not among retries.exitCodes"),
        (
            {"exitCodes": [75]},
            Ending.ERROR,  # of a run of another Workflow
            None,
            "it has no exit code, and retries.exitCodes names those that are retried",
        ),
        ({"endings": ["Error"]}, Ending.TIMEOUT, None, "Timeout is not among retries.endings"),
    ],
)
def test_why_there_is_no_other_attempt(retries, ending, exit_code, why):
    assert why_not(RetryPolicy.of(Retries.model_validate(retries)), Outcome(ending, "", exit_code=exit_code)) == why


@pytest.mark.parametrize(
    ("backoff", "before", "chance", "delay_s"),
    [
        ({}, 0, 0.0, 1),
        ({}, 3, 0.0, 8),
        ({}, 1000, 0.0, 300),
        ({"initial": "10s", "factor": 3, "max": "1m"}, 1, 0.0, 30),
        ({"initial": "10s", "factor": 3, "max": "1m"}, 2, 0.0, 60),
        ({"initial": "10s", "jitter": 0.5}, 0, 0.0, 5),
        ({"initial": "10s", "jitter": 0.5}, 0, 1.0, 15),
    ],
)
def test_backoff(backoff, before, chance, delay_s):
    assert RetryPolicy.of(Retries.model_validate({"backoff": backoff})).backoff.delay_s(before, chance) == delay_s
