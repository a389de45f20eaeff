"""After other Workflows, as stories: which successes there are, and what the operator makes of them."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.api.after import MAX_CONSUMED, AfterMarkStatus
from sluice.api.workflow import WorkflowSettings
from sluice.core.base.naming import followed_run_name
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.triggers.upstream import UpstreamMark, UpstreamSuccess, circle, due_after, upstream_marks


def one(uid, at=10):
    return UpstreamSuccess(float(at), uid)


@pytest.mark.parametrize(
    ("counted", "ingest", "clean", "due", "waits_for"),
    [
        ((), [], [], False, ("ingest", "clean")),
        ((), [one("a")], [], False, ("clean",)),
        ((), [one("a")], [one("b")], True, ()),
        ((), [one("a"), one("c")], [one("b")], True, ()),  # they come together
        (("a",), [one("a")], [one("b")], False, ("ingest",)),  # it has counted
        (("a",), [one("a"), one("c")], [one("b")], True, ()),
        ((), [one("a", 4)], [one("b")], False, ("ingest",)),  # long ago
        ((), [one("a", 5)], [one("b")], True, ()),
    ],
)
def test_when_it_is_due(counted, ingest, clean, due, waits_for):
    known = (UpstreamMark("ingest", 5.0, counted), UpstreamMark("clean", 5.0))
    found = due_after(known, {"ingest": ingest, "clean": clean})
    assert (bool(found.cause), found.waits_for) == (due, waits_for)
    if due:
        assert due_after(found.marks, {"ingest": ingest, "clean": clean}).cause == ""


def test_a_success_that_is_told_late_counts_all_the_same():
    (mark,) = due_after((UpstreamMark("ingest", 0.0),), {"ingest": [one("b", 11)]}).marks
    assert due_after((mark,), {"ingest": [one("b", 11), one("a", 10)]}).cause


def test_only_the_newest_are_remembered_and_none_counts_twice():
    successes = [one(f"u{number}", number // 2) for number in range(3 * MAX_CONSUMED)]
    (mark,) = due_after((UpstreamMark("ingest", 0.0),), {"ingest": successes}).marks
    assert len(mark.consumed_runs) <= MAX_CONSUMED
    assert due_after((mark,), {"ingest": successes}).cause == ""
    assert due_after((mark,), {"ingest": [*successes, one("new", 3 * MAX_CONSUMED)]}).cause


def test_a_run_that_is_gone_is_not_remembered():
    (mark,) = due_after((UpstreamMark("ingest", 0.0, ("gone",)),), {"ingest": [one("a")]}).marks
    assert mark.consumed_runs == ("a",)


def test_a_changed_list_keeps_what_has_counted_and_begins_anew_with_the_others():
    before = [UpstreamMark("ingest", 5.0, ("a",)).written(), UpstreamMark("old", 5.0).written()]
    assert upstream_marks(["clean", "ingest"], map(AfterMarkStatus.model_validate, before), 90.0, 100.0) == (
        UpstreamMark("clean", 90.0),
        UpstreamMark("ingest", 5.0, ("a",)),
    )


@pytest.mark.parametrize(
    ("before", "begin", "since"),
    [
        pytest.param([], 103.0, 100.0, id="the API server's clock is ahead of ours"),
        pytest.param([UpstreamMark("ingest", 1e6).written()], 90.0, 100.0, id="ours was ahead once"),
        pytest.param([UpstreamMark("ingest", 160.0).written()], 90.0, 160.0, id="a minute may be right"),
    ],
)
def test_a_clock_that_was_wrong_loses_no_success_for_good(before, begin, since):
    (mark,) = upstream_marks(["ingest"], map(AfterMarkStatus.model_validate, before), begin, 100.0)
    assert mark.since == since


def test_names_leave_room_for_a_label():
    (mark,) = upstream_marks(["ingest"], [], 0.0, 0.0)
    cause = due_after((mark,), {"ingest": [one("a")]}).cause
    assert len(followed_run_name("w" * 40, "uid", cause)) <= 63
    assert followed_run_name("report", "uid-1", cause) != followed_run_name("report", "uid-2", cause)


@pytest.mark.parametrize(
    ("after", "way"),
    [
        ({"a": "b", "b": "c"}, ()),
        ({"a": "b", "b": "a"}, ("a", "b", "a")),
        ({"a": "bc", "c": "d", "d": "a"}, ("a", "c", "d", "a")),
        ({"a": "b", "b": "c", "c": "b"}, ()),  # a circle of others
    ],
)
def test_circle(after, way):
    assert circle("a", lambda name: after.get(name, "")) == way


def test_a_circle_is_not_looked_for_among_thousands():
    asked = []

    def after(name):
        asked.append(name)
        return [f"w{int(name[1:]) + 1}"]

    assert circle("w0", after) == ()
    assert len(asked) < 1000


def test_its_waiting_runs_give_way_as_on_a_schedule():
    assert Concurrency.of(WorkflowSettings.model_validate({"after": [{"workflow": "ingest"}]})).scheduled


@dataclass
class Cluster:
    """A Workflow after others. Its operator may die before its write is there, or between two writes."""

    names: list[str]
    successes: dict[str, list[UpstreamSuccess]]
    status: dict = field(default_factory=dict)
    runs: dict[str, set[str]] = field(default_factory=dict)
    """Which successes each run was made for."""

    def look(self, *, crash=False):
        known = upstream_marks(self.names, map(AfterMarkStatus.model_validate, self.status.get("after", ())), 0.0, 0.0)
        if making := self.status.get("pendingRun"):
            self.runs.setdefault(making, set(self.status["for"]))
            if not crash:
                del self.status["pendingRun"]
            return
        found = due_after(known, self.successes)
        if crash:
            return
        self.status["after"] = [mark.written() for mark in found.marks]
        if found.cause:
            fresh = [one.uid for mark in known for one in mark.fresh(self.successes[mark.workflow])]
            self.status |= {"pendingRun": followed_run_name("report", "uid", found.cause), "for": fresh}


_MOVES = st.one_of(st.tuples(st.sampled_from("ab"), st.integers(0, 5)), st.booleans())


@given(st.lists(_MOVES, max_size=40), st.integers(1, 2))
def test_each_success_counts_for_exactly_one_run_whatever_happens(story, others):
    names = ["a", "b"][:others]
    cluster, at = Cluster(names, {name: [] for name in names}), 0
    for move in story:
        if isinstance(move, bool):
            cluster.look(crash=move)
        elif move[0] in names:
            at += 1
            told_late_s = move[1]
            cluster.successes[move[0]].append(one(f"u{at}", max(0, at - told_late_s)))
    for _ in range(3):
        cluster.look()
    counted = [uid for uids in cluster.runs.values() for uid in uids]
    assert len(counted) == len(set(counted))
    there = [{one.uid for one in cluster.successes[name]} for name in names]
    assert all(uids & some for uids in cluster.runs.values() for some in there)  # each run has one of each
    left = [some - set(counted) for some in there]
    assert not all(left)
