"""Which ended runs go: the next one, and when."""

from collections import defaultdict

import pytest

from sluice.api.workflow import WorkflowSettings
from sluice.core.triggers.history import EndedRun, EndedRuns, Expiry, History, next_expired

HOUR, WEEK = 3600, 7 * 86400


def runs(text):
    """`S@3` is an own run that succeeded at hour 3, `F@4` one that failed; small letters are runs of other people.
    `R@5` is one that was turned away.
    """
    kinds = {"S": "succeeded", "F": "failed", "R": "turned_away"}
    found = defaultdict(list)
    for word in text.split():
        kind = kinds[word[0]] if word[0].isupper() else "others"
        found[kind].append(EndedRun(int(word.partition("@")[2]) * HOUR, word))
    return EndedRuns(**{kind: sorted(ended) for kind, ended in found.items()})


@pytest.mark.parametrize(
    ("history", "ended", "goes"),
    [
        (History(), "", None),
        (History(), "S@1 S@2 S@3", None),
        (History(), "S@1 S@2 S@3 S@4", Expiry(2 * HOUR, "S@1")),  # an hour after its end
        (History(), "S@1 F@2 S@3 F@4 S@5 F@6", None),  # each kind has its own count
        (History(), "F@1 F@2 F@3 R@4 R@5 R@6", Expiry(5 * HOUR, "R@4")),  # who was turned away is no failure
        (History(), "F@1 F@2 F@3 F@4 S@5", Expiry(2 * HOUR, "F@1")),
        (History(succeeded=1), "S@3 S@1 S@2", Expiry(2 * HOUR, "S@1")),
        (History(succeeded=0, failed=0), "S@2 F@1", Expiry(2 * HOUR, "F@1")),
        (History(), "s@1 f@2", Expiry(HOUR + WEEK, "s@1")),
        (History(ttl_s=60), "f@2", Expiry(3 * HOUR, "f@2")),  # nothing goes within an hour
        (History(succeeded=1), "S@1 S@9 s@2", Expiry(2 * HOUR, "S@1")),  # others do not count among its own
    ],
)
def test_surplus(history, ended, goes):
    assert next_expired(history, runs(ended)) == goes


@pytest.mark.parametrize(
    ("spec", "history"),
    [
        ({}, History(3, 3, WEEK)),
        ({"history": {"succeeded": 10}}, History(10, 3, WEEK)),
        ({"history": {"failed": 0}, "ttl": "1d"}, History(3, 0, 86400)),
    ],
)
def test_history_of_a_workflow(spec, history):
    assert History.of(WorkflowSettings.model_validate(spec)) == history
