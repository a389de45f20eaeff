"""A plan against the operator's own functions on a cluster that goes about it in another order and with other times."""

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core.status.durations import Sources, durations
from sluice.core.whatif.plan import FAILS, NOT_REACHED, RUNS, SKIPPED, plan
from sluice.core.whatif.scene import Scene, Subject
from tests.core.kubelet import RUN, START
from tests.core.plan import Approval, Program
from tests.core.plans import plans
from tests.core.simulation import Simulation

PHASES = {RUNS: "Succeeded", SKIPPED: "Skipped", FAILS: "Failed", NOT_REACHED: "UpstreamFailed"}


def well(drawn):
    """The same graph where all programs end well and people approve."""
    tasks = [
        replace(task, programs=(Program(),), silent=False, approval=task.approval and Approval("Approve"))
        for task in drawn.tasks
    ]
    return replace(drawn, tasks=tuple(tasks), quota=None, faults=frozenset(), fail_fast="None")


def handed_on(task):
    items = [str(index) for index in range(task.lists)]
    return {"items": items if task.fan_out is None else [items] * 10}


def planned(drawn):
    outputs = {f"t{number}": handed_on(task) for number, task in enumerate(drawn.tasks) if task.lists is not None}
    spec = {"parallelism": drawn.cap} if drawn.cap else {}
    spec |= {"failWhen": "LeafFailed"} if drawn.leaf_failed else {}
    times = durations(drawn.definition, Sources(given_s={f"t{n}": n for n in range(len(drawn.tasks))}))
    subject = Subject(drawn.definition, WorkflowSettings.read(spec), times, outputs)
    return plan(Scene(RUN, subject, START, WorkflowRunSpec(workflow="etl"), pools={"pool": drawn.slots}))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(plans().map(well), st.randoms(use_true_random=True))
def test_the_same_tasks_run_and_as_many_pods(drawn, chance):
    deed = Simulation(drawn, chance)
    deed.finish()
    found = planned(drawn)
    ended = {name: entry["phase"] for name, entry in deed.stored["tasks"].items()}
    assert {fate.task: PHASES[fate.does] for fate in found.fates} == ended
    made = Counter(f"t{number}" for (number, _), _ in deed.made.elements())
    assert {fate.task: fate.pods for fate in found.fates if fate.pods} == made
    assert bool(found.trouble) == (deed.stored["phase"] != "Succeeded")
    assert found.peak.pods <= (drawn.cap or found.pods)
