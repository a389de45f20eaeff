"""Random graphs with conditions, against what the rules say of each task alone; with and without restarts."""

from hypothesis import given
from hypothesis import strategies as st

from sluice.core.graph.trigger_rules import RULES, Tally, Verdict
from tests.core.world import run

RUN_IF = ["AllDone", "NoneFailed", "NoneSkipped", "OneDone", "OneFailed", "AllSkipped"]  # whichever end comes first
ASKED = ["Succeeded", "Failed", "Skipped", "UpstreamFailed"]


@st.composite
def graphs(draw):
    """For each task: its dependencies, its trigger rule, whom `when` asks for which phase, and its exit code."""
    tasks = []
    for number in range(draw(st.integers(2, 7))):
        before = range(number)
        needs = draw(st.sets(st.sampled_from(before), max_size=3)) if number else set()
        asks = draw(st.none() | st.tuples(st.sampled_from(before), st.sampled_from(ASKED))) if number else None
        run_if = draw(st.sampled_from(RUN_IF)) if needs or asks else "AllSucceeded"
        tasks.append((needs, run_if, asks, draw(st.sampled_from([0, 0, 3]))))
    return tasks


def expected(tasks):
    """How each task ends: its rule over all that it waits for, then its condition. Slow, and in the plainest words."""
    phases = []
    for needs, run_if, asks, code in tasks:
        waits = needs | ({asks[0]} if asks else set())
        tally = Tally(total=len(waits))
        for number in waits:
            tally.add(phases[number])
        match RULES[run_if](tally):
            case Verdict.RUN if asks and phases[asks[0]] != asks[1]:
                phases.append("Skipped")
            case Verdict.RUN:
                phases.append("Failed" if code else "Succeeded")
            case Verdict.SKIP:
                phases.append("Skipped")
            case Verdict.UPSTREAM_FAILED:
                phases.append("UpstreamFailed")
    return phases


def world_of(tasks):
    fields = {
        f"t{number}": {"dependsOn": [f"t{other}" for other in needs], "runIf": run_if}
        | ({"when": f"tasks.t{asks[0]}.phase == '{asks[1]}'"} if asks else {})
        for number, (needs, run_if, asks, _) in enumerate(tasks)
    }
    return run(", ".join(fields), fields=fields)


@given(graphs(), st.randoms(use_true_random=False), st.booleans())
def test_conditions_are_answered_alike_whatever_the_order_and_after_every_restart(tasks, random, restarts):
    world = world_of(tasks)
    going = world.starts()
    while going:
        name = going.pop(random.randrange(len(going)))
        world.ends(name, tasks[int(name[1:])][3])
        going += world.starts()
        world.writes()
        if restarts:
            world = world.restarted()
            assert world.starts() == []
    assert list(world.phases.values()) == expected(tasks)
    assert world.decide().finished
