"""Random graphs on a random cluster (see `simulation`): what must hold, and a slow, obvious reference."""

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.core.reconcile.decide import decide
from sluice.core.run.task_state import TaskStep
from sluice.core.status.run_status import task_status
from tests.core import reference
from tests.core.plan import Program
from tests.core.plans import plans
from tests.core.simulation import Simulation

CHANCE = st.randoms(use_true_random=True)
MODEL = settings(max_examples=max(150, settings().max_examples), suppress_health_check=[HealthCheck.too_slow])


@MODEL
@given(plans(), CHANCE)
def test_every_run_ends_as_its_programs_say_whatever_happens_to_pods_and_operator(plan, chance):
    simulation = Simulation(plan, chance)
    simulation.finish()
    _check_end(simulation)


@MODEL
@given(plans(max_tasks=5, stop=True), CHANCE)
def test_stopped_run_ends_and_leaves_no_pod_running(plan, chance):
    simulation = Simulation(plan, chance)
    simulation.finish()
    _check_end(simulation)


def _check_end(simulation):
    plan, stored, run, ended = simulation.plan, simulation.stored, simulation.operator.run, simulation.ended()
    failed = [task for number, task in enumerate(plan.tasks) if ended[number, None] == "Failed"]
    failed_fast = plan.fail_fast != "None" and not all(task.allow_failure for task in failed)
    stopped = simulation.state == "Stopped"
    assert reference.unexplained(plan, ended, stopped=stopped or failed_fast) == {}
    assert stored["phase"] == reference.run_may_end(plan, ended, stopped_by_hand=stopped)
    assert len(stored["tasks"]) == len(plan.tasks) == run.counts.ended
    for number, task in enumerate(plan.tasks):
        if task.lists is not None and (given := reference.handed_on(plan, (number, None), ended)) is not None:
            assert json.loads(stored["tasks"][f"t{number}"]["outputs"]) == {"items": given}
    assert simulation.living() == []
    if "busy server" not in plan.faults:  # its last answer may have been lost
        left = [pod for pod in simulation.pods.values() if simulation.is_not_yet(pod)]
        assert all(pod.attempt == run.tasks[simulation.number(pod.unit)].attempt for pod in left)
        assert run.creates.recording == 0
    assert (run.slots.live, run.creates.in_flight) == (0, 0)
    assert all(group.live == 0 for group in run.tasks.fan_outs.values())
    for number in range(len(plan.tasks)):
        told, is_ = stored["tasks"][f"t{number}"], task_status(run, number)
        assert told | {"reason": ""} == is_ | {"reason": ""}  # UpstreamFailed names those that had failed by then


@MODEL
@given(plans(), CHANCE, st.integers(1, 200))
def test_restart_in_the_middle_finds_what_the_operator_knew(plan, chance, steps):
    """Once all events are delivered and the status is written, memory holds nothing that the API server does not."""
    unhurried = replace(plan, tasks=tuple(map(_unhurried, plan.tasks)))
    simulation = Simulation(unhurried, chance)
    simulation.go(steps)
    simulation.settle()
    before, after = simulation.operator.run, simulation.restart().run
    decide(after, simulation.now)
    known, found = _known(before), _known(after)
    assert found == known


def _unhurried(task):
    """Without what depends on when the operator looks."""
    impatient = any(program.hurries for program in task.programs)
    return replace(task, once=False, programs=(Program(),) if impatient else task.programs)


def _known(run):
    found = {}
    for number, task in enumerate(run.tasks):
        unit = (run.tasks.named_task_of(number), None if task.group is None else task.index)
        live, over = task.step is TaskStep.LIVE, task.group is not None and task.step is TaskStep.ENDED
        of_attempts = None if over else (live, task.attempt if live else None, task.used, task.polling)
        found[unit] = (task.phase, task.outputs, of_attempts)
    return found
