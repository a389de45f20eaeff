"""Who may pass for an attempt of a run. One pod of the run itself, and then each lie that somebody could write."""

import pytest

from sluice.core.base.ownership import AttemptRef, attempt_of, plausible
from tests.core.kubelet import RUN, pod, running


def metadata(labels=(), owner=(), **fields):
    """Of the run's own pod, but for what is given."""
    found = pod(running())["metadata"]
    found["labels"] |= dict(labels)
    found["ownerReferences"] = [found["ownerReferences"][0] | dict(owner)]
    return found | fields


def test_own_pod_is_its_runs():
    assert attempt_of(metadata()) == AttemptRef(RUN.ref, "a", None, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"ownerReferences": []},
        {"ownerReferences": None},
        {"labels": None},
        {"owner": {"controller": False}},
        {"owner": {"kind": "Workflow"}},
        {"owner": {"kind": "Job", "apiVersion": "batch/v1"}},
        {"owner": {"apiVersion": "example.com/v1"}},
        {"owner": {"name": "another"}},
        {"owner": {"uid": "another"}},
        {"labels": {"sluice.dev/task": "b"}},
        {"labels": {"sluice.dev/index": "0"}},
        {"labels": {"sluice.dev/attempt": "2"}},
        {"labels": {"sluice.dev/attempt": "-1"}},
        {"labels": {"sluice.dev/attempt": "9" * 63}},
        {"labels": {"sluice.dev/attempt": "first"}},
        {"name": "any-other-name"},
    ],
)
def test_what_only_says_so_is_not(fields):
    assert attempt_of(metadata() | fields if None in fields.values() else metadata(**fields)) is None


def test_in_another_namespace_it_is_of_another_run():
    found = attempt_of(metadata(namespace="elsewhere"))
    assert found is not None
    assert found.run != RUN.ref


@pytest.mark.parametrize(
    ("attempts", "recorded", "spare", "believed"),
    [
        ({1}, 0, 0, {1}),
        ({1, 2, 3}, 1, 0, {1, 2, 3}),  # each has its pod
        ({3}, 1, 1, {3}),  # one in between was lost with its node
        ({3}, 1, 0, set()),
        ({1, 10**15}, 1, 1000, {1}),
        ({1, 2, 10**15}, 1, 5, {1, 2}),
    ],
)
def test_attempts_beyond_what_can_have_been_are_invented(attempts, recorded, spare, believed):
    assert plausible(attempts, recorded, spare) == believed
