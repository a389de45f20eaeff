"""Concurrency of runs, as tables: who is there, the oldest first, and what each of them may do.

`a* b C` reads: run a goes (`*`), and b and C have not started. C was made by the Workflow, a and b by people. `C'` goes
while no container of it has started, and `a-` is being stopped.
"""

from dataclasses import replace
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.api.workflow import WorkflowSettings
from sluice.core.quota.run_concurrency import (
    Admitted,
    Concurrency,
    Queued,
    Replaced,
    TurnedAway,
    has_started_container,
)
from sluice.core.quota.run_queue import RunQueue, UnfinishedRun
from tests.core.kubelet import at, running, seen, waiting

NONE = Concurrency()
QUEUE = Concurrency("Queue")
ON_TIME = Concurrency(scheduled=True)
QUEUE_ON_TIME = Concurrency("Queue", scheduled=True)


def runs(text):
    return [
        UnfinishedRun(
            name=word[0],
            created_at=place,
            own=word[0].isupper(),
            going=bool({*"*'-"} & {*word}),
            begun="*" in word or "-" in word,
            leaving="-" in word,
            revision=word[1:].strip("*'-"),
        )
        for place, word in enumerate(text.split())
    ]


def admit(workflow, concurrency, there):
    """What each is told, first come first, if nobody has been told anything yet."""
    queue = RunQueue(workflow, concurrency)
    for run in there:
        queue.put(run)
    answers = queue.changed_answers()
    return {run.name: answers[run.name] for run in sorted(there, key=attrgetter("arrival"))}


def decided(concurrency, text):
    """`a goes, b waits, c ends, d gives way to e`"""
    words = []
    for name, verdict in admit("etl", concurrency, runs(text)).items():
        match verdict:
            case Admitted():
                words.append(f"{name} goes")
            case Queued():
                words.append(f"{name} waits")
            case TurnedAway():
                words.append(f"{name} ends")
            case Replaced(by):
                words.append(f"{name} gives way to {by}")
    return ", ".join(words)


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("A", "A goes"),
        ("A* B", "A goes, B waits"),
        ("A' B", "A gives way to B, B waits"),  # until it has ended
        ("A* B C", "A goes, B gives way to C, C waits"),  # nobody needs the change between
        ("A B C", "A gives way to C, B gives way to C, C goes"),  # the operator was away
        ("A- B", "A goes, B waits"),  # it is stopped already
    ],
)
def test_by_default_one_of_the_workflows_own_goes_and_what_has_not_begun_gives_way(there, then):
    assert decided(NONE, there) == then


@pytest.mark.parametrize(
    ("policy", "own", "holds"),
    [
        (None, True, True),
        (None, False, False),  # a person's run is held back only when `concurrency` is set
        ("Allow", True, False),
        ("Allow", False, False),
        ("Queue", True, True),
        ("Queue", False, True),
        ("Forbid", False, True),
        ("Replace", False, True),
    ],
)
def test_who_may_have_to_wait(policy, own, holds):
    assert Concurrency(policy).holds(own=own) is holds


@pytest.mark.parametrize(
    ("rule", "there", "then"),
    [
        ({}, "a b", "a goes, b waits"),
        ({}, "a* b c", "a goes, b waits, c waits"),
        ({}, "a b*", "a waits, b goes"),  # who goes is never held back
        ({}, "A' B", "A goes, B waits"),  # said aloud, Queue means that each run is carried out
        ({}, "a- b", "a goes, b waits"),  # being stopped, it has not ended
        ({"max_runs": 2}, "a* b c", "a goes, b goes, c waits"),
        ({"max_runs": 1}, "a* b* c", "a goes, b goes, c waits"),  # the cap was lowered: nobody is stopped
        ({"max_queued": 1}, "a* b c", "a goes, b waits, c ends"),
        ({"max_queued": 1}, "a* B C", "a goes, B gives way to C, C waits"),
        ({"max_queued": 1}, "a* B c", "a goes, B waits, c ends"),
        ({"max_queued": 1}, "a* b C", "a goes, b waits, C ends"),  # it takes no person's place
        ({"max_queued": 2}, "a* b C d E", "a goes, b waits, C gives way to E, d ends, E waits"),
        ({"max_queued": 0}, "a* B", "a goes, B ends"),
        ({"max_queued": 0}, "B", "B goes"),
    ],
)
def test_queue(rule, there, then):
    assert decided(replace(QUEUE, **rule), there) == then


@pytest.mark.parametrize(
    ("policy", "max_runs", "there", "then"),
    [
        ("Forbid", 1, "a", "a goes"),
        ("Forbid", 1, "a* b C", "a goes, b ends, C ends"),
        ("Forbid", 2, "a* b c", "a goes, b goes, c ends"),
        ("Forbid", 1, "a- b", "a goes, b ends"),
        ("Replace", 1, "a", "a goes"),
        ("Replace", 1, "a* b", "a gives way to b, b waits"),
        ("Replace", 1, "a- b", "a goes, b waits"),
        ("Replace", 1, "a* b c", "a gives way to c, b gives way to c, c waits"),
        ("Replace", 2, "a* b* c", "a gives way to c, b goes, c waits"),
        ("Replace", 2, "a* b- c", "a goes, b goes, c waits"),  # b makes room
        ("Allow", 1, "a* b C", "a goes, b goes, C goes"),
    ],
)
def test_forbid_replace_and_allow(policy, max_runs, there, then):
    assert decided(Concurrency(policy, max_runs), there) == then


def test_first_come_is_by_time_then_generation_then_name():
    late, second, third = UnfinishedRun("a", 2), UnfinishedRun("c", 1, generation=2), UnfinishedRun("b", 1)
    verdicts = admit("etl", QUEUE, [late, second, third])
    assert [name for name, verdict in verdicts.items() if verdict == Admitted()] == ["b"]
    assert list(verdicts) == ["b", "c", "a"]


def test_the_higher_priority_goes_first_and_stops_nobody():
    there = [replace(run, priority=priority) for run, priority in zip(runs("a* b c"), (0, 0, 5), strict=True)]
    verdicts = admit("etl", QUEUE, there)
    assert verdicts["c"] == Queued("Queued: 1/1 runs of etl are going (a)")
    assert verdicts["b"] == Queued("Queued: 1/1 runs of etl are going (a), 1 before this one")


def test_run_that_was_called_goes_before_those_that_nobody_called():
    there = [replace(run, called=run.name == "c", priority=5 * (run.name == "b")) for run in runs("a b c")]
    verdicts = admit("etl", QUEUE, there)
    assert verdicts["c"] == Admitted()
    assert verdicts["a"] == Queued("Queued: 1/1 runs of etl are going (c), 1 before this one")


def test_runs_with_different_keys_do_not_hold_each_other_back():
    rule = replace(QUEUE, key="$(params.env)")
    there = [replace(run, key=key) for run, key in zip(runs("a* b c"), ("prod", "test", "prod"), strict=True)]
    verdicts = admit("etl", rule, there)
    assert verdicts["b"] == Admitted()
    assert verdicts["c"] == Queued("Queued: 1/1 runs of etl with key prod are going (a)")


def test_key_is_filled_in_from_the_runs_parameters():
    rule = Concurrency.of(WorkflowSettings.model_validate({"concurrency": {"key": "$(params.env)/$(params.region)"}}))
    assert rule.value({"env": "prod", "region": "north"}) == "prod/north"


# What a person reads.


def test_who_waits_says_behind_whom():
    verdicts = admit("etl", QUEUE, runs("a* b c d"))
    assert [verdict.words for verdict in verdicts.values() if isinstance(verdict, Queued)] == [
        "Queued: 1/1 runs of etl are going (a)",
        "Queued: 1/1 runs of etl are going (a), 1 before this one",
        "Queued: 1/1 runs of etl are going (a), 2 before this one",
    ]


def test_a_long_queue_is_rounded_so_that_a_runs_end_changes_few_words():
    def queue(before):
        there = [UnfinishedRun("going", going=True), *(UnfinishedRun(f"r{n}", n) for n in range(before, 300))]
        return admit("etl", QUEUE, there)

    first, then = queue(1), queue(2)
    assert first["r148"].words == "Queued: 1/1 runs of etl are going, 100 or more before this one"
    assert sum(first[name] != verdict for name, verdict in then.items()) < 25


def test_who_is_turned_away_is_told_why():
    (_, forbidden) = admit("etl", Concurrency("Forbid"), runs("a* b")).values()
    assert forbidden == TurnedAway("Forbid: 1/1 runs of etl are going (a)")
    (*_, full) = admit("etl", replace(QUEUE, max_queued=1), runs("a* b c")).values()
    assert full == TurnedAway("QueueFull: 1/1 runs of etl are going, and as many wait as maxQueued allows, 1")


# What has begun.


@pytest.mark.parametrize(
    ("task", "begun"),
    [
        ({"phase": "Pending"}, False),
        ({"phase": "Pending", "attempt": 1}, False),  # its pod exists
        ({"phase": "Pending", "attempt": 2}, True),
        ({"phase": "Skipped"}, False),
        ({"phase": "Running", "attempt": 1, "startedAt": at(2)}, True),
        ({"phase": "Succeeded", "attempt": 1}, True),
        ({"phase": "Failed", "attempt": 1}, True),
    ],
)
def test_a_run_has_begun_when_a_container_has_started(task, begun):
    assert has_started_container({"tasks": {"a": task}}, []) is begun


def test_pods_are_ahead_of_the_status():
    assert not has_started_container({}, [seen(waiting("ContainerCreating"))])
    assert has_started_container({}, [seen(running())])


# What always holds.

CASES = st.builds(
    Concurrency,
    st.sampled_from([None, "Queue", "Forbid", "Replace"]),
    st.integers(1, 3),
    st.none() | st.integers(0, 3),
).map(lambda rule: rule if rule.policy else NONE)
MOVES = st.lists(st.sampled_from(["person", "own", "person", "own", "end", "begin"]), max_size=25)


@given(CASES, MOVES, st.randoms(use_true_random=False))
def test_never_too_many_nobody_waits_while_there_is_room_and_each_policy_keeps_its_promise(rule, moves, chance):
    there, stopped = {}, set()
    for number, move in enumerate(moves):
        if move in ("person", "own") and rule.holds(own=move == "own"):
            there[f"r{number}"] = UnfinishedRun(
                f"r{number}", number, own=move == "own", generation=number, key=chance.choice(["x", "y"])
            )
        elif going := [run for run in there.values() if run.going]:
            one = chance.choice(going)
            there[one.name] = replace(one, begun=True)
            if move == "end":
                del there[one.name]
        verdicts = admit("etl", rule, _shuffled(there.values(), chance))
        assert verdicts == admit("etl", rule, _shuffled(there.values(), chance))
        for name, verdict in verdicts.items():
            run = there[name]
            match verdict:
                case Admitted():
                    there[name] = replace(run, going=True)
                case Queued():
                    assert not run.going
                    assert rule.policy != "Forbid"
                case TurnedAway() | Replaced() if not run.going:
                    assert rule.policy != "Queue" or rule.max_queued is not None
                    del there[name]
                    stopped.add(name)
                case Replaced():
                    assert rule.policy == "Replace" or not run.begun
                    there[name] = replace(run, leaving=True)
                case TurnedAway():
                    pytest.fail("who goes is never turned away")
        for key in "xy":
            of_key = [run for run in there.values() if run.key == key]
            going = sum(run.going for run in of_key)
            waiting_now = len(of_key) - going
            assert going <= rule.max_runs
            assert going == rule.max_runs or not waiting_now
            if rule.policy == "Queue" and rule.max_queued is not None:
                assert waiting_now <= rule.max_queued
    assert stopped == set() or rule.policy != "Queue" or rule.max_queued is not None


def _shuffled(those, chance):
    those = list(those)
    chance.shuffle(those)
    return those


@pytest.mark.parametrize(
    ("concurrency", "there", "then"),
    [
        (ON_TIME, "A' B", "A goes, B waits"),  # a slow start is no reason never to run
        (ON_TIME, "A* B C", "A goes, B gives way to C, C waits"),
        (ON_TIME, "A'1 B2", "A gives way to B, B waits"),  # who mends a broken run need not wait for it
        (ON_TIME, "A'1 B2 C1", "A goes, B gives way to C, C waits"),  # the graph is as it was
        (ON_TIME, "A*1 B2", "A goes, B waits"),
        (QUEUE_ON_TIME, "A'1 B2", "A goes, B waits"),  # as was asked for
        (QUEUE_ON_TIME, "A* B C", "A goes, B gives way to C, C waits"),  # nothing piles up behind a stuck run
        (QUEUE_ON_TIME, "A* b C", "A goes, b waits, C waits"),  # a person's run is nobody's to take
    ],
)
def test_on_a_schedule_one_run_waits(concurrency, there, then):
    assert decided(concurrency, there) == then


@pytest.mark.parametrize("task", [{}, None, 7, {"attempt": "x"}, {"phase": ["Running"]}])
def test_a_status_by_hand_tells_of_no_container(task):
    assert not has_started_container({"tasks": {"a": task}}, [])
    assert not has_started_container({"tasks": task}, [])


@pytest.mark.parametrize("times", [1, 93])
def test_of_a_long_key_a_digest_is_kept(times):
    concurrency = Concurrency("Queue", key="$(params.x)" * times)
    values = [concurrency.value({"x": letter * 2**16}) for letter in "aab"]
    assert values[0] == values[1] != values[2]
    assert {len(value) for value in values} == {64}
    assert Concurrency("Queue", key="$(params.x)").value({"x": "prod"}) == "prod"
