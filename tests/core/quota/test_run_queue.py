"""What the runs of a Workflow are told follows from those that are there, and costs what has changed.

The rules themselves are the tables of `test_run_concurrency`.
"""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.quota.run_concurrency import Admitted, Concurrency, Queued, Replaced, TurnedAway
from sluice.core.quota.run_queue import RunQueue, UnfinishedRun
from tests.core.counting import calls

QUEUE = Concurrency("Queue")
RULES = st.builds(
    Concurrency,
    st.sampled_from([None, "Queue", "Forbid", "Replace", "Allow"]),
    st.integers(1, 3),
    st.none() | st.integers(0, 3),
    scheduled=st.booleans(),
)
MOVES = st.lists(st.sampled_from(["comes"] * 6 + ["goes", "begins", "ends", "is moved", "is stopped"]), max_size=60)


def afresh(rule, there):
    queue = RunQueue("etl", rule)
    for run in there.values():
        queue.put(run)
    return queue.changed_answers()


@given(RULES, MOVES, st.randoms(use_true_random=False))
def test_who_sees_all_changes_says_what_one_says_who_sees_the_runs_for_the_first_time(rule, moves, chance):
    queue, there, told = RunQueue("etl", rule), {}, {}
    for number, move in enumerate(moves):
        if move == "comes":
            own = chance.random() < 0.5
            run = UnfinishedRun(
                f"r{number}",
                created_at=number - chance.choice([0, 0, 5]),
                own=own,
                priority=chance.choice([0, 0, 1]),
                key=chance.choice(["x", "y"]),
                called=chance.random() < 0.2,
            )
        elif there:
            run = chance.choice(list(there.values()))
            if move == "ends":
                del there[run.name], told[run.name]
                queue.remove(run.name)
            elif move == "goes" and isinstance(told[run.name], Admitted):
                run = replace(run, going=True)
            elif move == "begins" and run.going:
                run = replace(run, begun=True)
            elif move == "is moved":
                run = replace(run, priority=chance.choice([0, 1]), key=chance.choice(["x", "y"]))
            elif move == "is stopped" and run.going:
                run = replace(run, leaving=True)
        else:
            continue
        if move != "ends":
            there[run.name] = run
            queue.put(run)
        expected, news = afresh(rule, there), queue.changed_answers()
        told |= news
        assert {name: answer for name, answer in told.items() if answer != expected[name]} == {}
        for name, answer in news.items():
            if isinstance(answer, TurnedAway | Replaced):  # final
                if there[name].going:
                    there[name] = replace(there[name], leaving=True)
                    told[name] = Admitted()
                else:
                    del there[name], told[name]
                    queue.remove(name)


def test_each_of_a_long_queue_knows_its_place_whoever_comes_or_leaves():
    chance = random.Random(1)  # noqa: S311  # no secret
    queue, there, told = RunQueue("etl", QUEUE), {}, {}
    for number in range(300):
        for _ in range(chance.choice([1, 1, 2, 5]) if number else 250):
            if chance.random() < 0.5 or not number:
                run = UnfinishedRun(f"r{number}-{len(there)}", number, priority=chance.choice([0, 0, 1]))
                there[run.name] = run
                queue.put(run)
            else:
                name = chance.choice(list(there))
                queue.remove(name)
                del there[name]
        told |= queue.changed_answers()
        assert {name: told[name] for name in there} == afresh(QUEUE, there)


def a_queue_of(length):
    queue = RunQueue("etl", Concurrency("Queue", 2))
    for name in ("a", "b"):
        queue.put(UnfinishedRun(name, -1, going=True))
    for number in range(length):
        queue.put(UnfinishedRun(f"r{number}", number))
    queue.changed_answers()
    return queue


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda queue: queue.remove("a"), id="one ends"),
        pytest.param(lambda queue: queue.put(UnfinishedRun("new", 1_000_000)), id="one comes"),
        pytest.param(lambda queue: queue.put(UnfinishedRun("new", 1_000_000, priority=1)), id="one comes first"),
        pytest.param(lambda queue: queue.remove("r7"), id="one that waits is deleted"),
        pytest.param(lambda queue: queue.put(UnfinishedRun("a", -1, going=True, leaving=True)), id="one is stopped"),
    ],
)
def test_what_one_run_does_costs_the_same_however_many_wait(happens):
    def cost(length):
        queue = a_queue_of(length)
        return calls(lambda: (happens(queue), queue.changed_answers()))

    assert cost(10_000) < 1.5 * cost(1_000)  # there are a few more places where the rounded number changes


def test_who_is_turned_away_costs_what_he_is_however_many_wait():
    def cost(length):
        queue = RunQueue("etl", Concurrency("Queue", max_queued=length))
        for number in range(length + 1):
            queue.put(UnfinishedRun(f"r{number}", number, own=True))
        queue.changed_answers()
        queue.put(UnfinishedRun("new", 1_000_000, own=True))
        return calls(queue.changed_answers)

    assert cost(10_000) < 1.5 * cost(1_000)


def test_a_lowered_cap_is_told_to_all_that_wait():
    queue = RunQueue("etl", Concurrency("Queue", 1))
    for name in ("a", "b", "c"):
        queue.put(UnfinishedRun(name, -1, going=True))
    for number in range(30):
        queue.put(UnfinishedRun(f"r{number:02}", number))
    assert queue.changed_answers()["r25"] == Queued("Queued: 3/1 runs of etl are going, 20 or more before this one")
    queue.remove("b")
    assert queue.changed_answers()["r25"] == Queued("Queued: 2/1 runs of etl are going, 20 or more before this one")
