"""Random graphs on a random cluster (see `simulation`): what must hold, and a slow, obvious reference."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.core.decide import decide
from sluice.core.execution import Step
from sluice.core.status import task_status
from tests.core.plan import FAULTS, NOT_YET, OUT_OF_MEMORY, TIMED_OUT, Plan, Program
from tests.core.simulation import Simulation

CODES = st.lists(st.sampled_from([0, 0, 1, TIMED_OUT, OUT_OF_MEMORY]), min_size=1, max_size=3).map(tuple)
TRIES = st.lists(st.sampled_from([NOT_YET, NOT_YET, 1, OUT_OF_MEMORY]), max_size=4)
SENSORS = st.builds(lambda tries, last: Program((*tries, last), {"every": "5s"}), TRIES, st.sampled_from([0, 1]))
PROGRAMS = (
    st.builds(Program, CODES)
    | SENSORS
    | st.sampled_from(
        [
            Program(),
            Program(pullable=False),
            Program(valid=False),
            Program((NOT_YET,), {"every": "5s", "timeout": "20s"}),
        ]
    )
)
CHANCE = st.randoms(use_true_random=True)
MODEL = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def plans(draw, *, max_tasks=7, stop=False):
    count = draw(st.integers(1, max_tasks))
    outputs = draw(st.frozensets(st.integers(0, count - 1)))
    earlier = [st.lists(st.integers(0, max(0, n - 1)), max_size=min(n, 3), unique=True) for n in range(count)]
    slots = draw(st.integers(1, 4))
    return Plan(
        claims=tuple(draw(st.integers(0, slots)) for _ in range(count)),
        slots=slots,
        needs=tuple(tuple(draw(needs)) for needs in earlier),
        programs=tuple(draw(PROGRAMS) for _ in range(count)),
        limits=tuple(draw(st.integers(0, 2)) for _ in range(count)),
        once=draw(st.frozensets(st.integers(0, count - 1), max_size=2)),
        cap=draw(st.none() | st.integers(1, 4)),
        quota=draw(st.none() | st.integers(1, 3)),
        outputs=outputs,
        by_log=draw(st.frozensets(st.sampled_from(sorted(outputs)))) if outputs else frozenset(),
        faults=draw(st.frozensets(st.sampled_from(FAULTS))),
        stop=stop,
    )


def possible(plan):
    """The phases that each task may end in: more than one only where at most once gives up what was lost."""
    ends = []
    for number, needs in enumerate(plan.needs):
        own = {_by_itself(plan.programs[number], plan.limits[number])}
        if number in plan.once and plan.faults & {"evictions", "kills"}:
            own.add("Failed")
        may_run = all("Succeeded" in ends[need] for need in needs)
        may_not = any(ends[need] != {"Succeeded"} for need in needs)
        ends.append((own if may_run else set()) | ({"UpstreamFailed"} if may_not else set()))
    return {f"t{number}": phases for number, phases in enumerate(ends)}


def _by_itself(program, limit):
    if not (program.pullable and program.valid):
        return "Failed"
    if program.poll is None:
        return "Succeeded" if 0 in [program.code(run) for run in range(limit + 1)] else "Failed"
    failed = 0
    for code in program.codes:
        failed = 0 if code == NOT_YET else failed + 1
        if code == 0 or failed > limit:
            break
    return "Succeeded" if code == 0 else "Failed"


@MODEL
@given(plans(), CHANCE)
def test_every_run_ends_as_its_programs_say_whatever_happens_to_pods_and_operator(plan, chance):
    simulation = Simulation(plan, chance)
    simulation.finish()
    _check_end(simulation, possible(plan))


@MODEL
@given(plans(max_tasks=5, stop=True), CHANCE)
def test_stopped_run_ends_and_leaves_no_pod_running(plan, chance):
    simulation = Simulation(plan, chance)
    simulation.finish()
    _check_end(simulation, {name: phases | {"Stopped"} for name, phases in possible(plan).items()})


def _check_end(simulation, allowed):
    stored, run = simulation.stored, simulation.operator.run
    ended = {name: entry["phase"] for name, entry in stored["tasks"].items()}
    assert {name: phase for name, phase in ended.items() if phase not in allowed[name]} == {}
    assert len(ended) == len(allowed) == run.ended
    assert (stored["phase"] == "Stopped") == ("Stopped" in ended.values())
    assert (stored["phase"] == "Succeeded") == ({"Succeeded"} == set(ended.values()))
    handed_on = {name: entry["outputs"] for name, entry in stored["tasks"].items() if "outputs" in entry}
    succeeded = [number for number in simulation.plan.outputs if ended[f"t{number}"] == "Succeeded"]
    assert handed_on == {f"t{number}": f'{{"n":"{number}"}}' for number in succeeded}
    assert simulation.living() == []
    if "busy server" not in simulation.plan.faults:  # its last answer may have been lost
        left = [pod for pod in simulation.pods.values() if simulation.is_not_yet(pod)]
        assert all(pod.attempt == run.tasks[pod.number].attempt for pod in left)
    assert (run.live, run.creating, run.recording) == (0, 0, 0)
    for number in range(len(allowed)):
        told, is_ = stored["tasks"][simulation.name(number)], task_status(run, number)
        assert told | {"reason": ""} == is_ | {"reason": ""}  # UpstreamFailed names those that had failed by then


@MODEL
@given(plans(), CHANCE, st.integers(1, 200))
def test_restart_in_the_middle_finds_what_the_operator_knew(plan, chance, steps):
    """Once all events are delivered and the status is written, memory holds nothing that the API server does not."""
    simulation = Simulation(replace(plan, once=frozenset()), chance)
    simulation.go(steps)
    simulation.settle()
    before, after = simulation.operator.run, simulation.restart().run
    decide(after, simulation.now)
    assert [_known(task) for task in after.tasks] == [_known(task) for task in before.tasks]


def _known(task):
    live = task.step is Step.LIVE
    return (task.phase, live, task.attempt if live else None, task.used, task.polling)
