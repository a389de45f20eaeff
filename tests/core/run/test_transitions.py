"""The machine of a unit: every transition is exercised here, no other is possible, and the README draws just these."""

import ast
from pathlib import Path

import pytest

from sluice.core.pod.create_errors import CreateError
from sluice.core.run.child_runs import ChildRuns
from sluice.core.run.counts import Counts
from sluice.core.run.create_window import CreateWindow
from sluice.core.run.fan_out import FanOut
from sluice.core.run.pod_attempts import PodAttempts
from sluice.core.run.ready_tasks import ReadyTasks
from sluice.core.run.slots import Slots
from sluice.core.run.state import RunState
from sluice.core.run.stored_status import StoredStatus
from sluice.core.run.task_state import TRANSITIONS, TaskState, TaskStep
from sluice.core.run.tasks import Tasks
from sluice.core.run.wind_down import WindDown
from sluice.core.spec.run_limits import RunLimits
from tests.core.kubelet import accepted, running
from tests.core.world import run

PACKAGE = Path(__file__).parents[3] / "operator/sluice"
ONCE = {"retries": {"execution": "AtMostOnce"}}
AGAIN = {"retries": {"limit": 1}}
CALLS = {"workflow": {"name": "other"}}
SENSOR = {"poll": {"every": "30s", "timeout": "1h"}}


def a_chain_and_its_end():
    world = run("a >> b")
    world.starts()
    world.ends("a")
    world.starts()
    world.ends("b", 1)
    world.decide()


def a_failure_upstream():
    world = run("a >> b")
    world.starts()
    world.ends("a", 1)
    world.decide()


def a_retry():
    world = run("a", fields={"a": AGAIN})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.decide(after=10)


def an_attempt_that_is_recorded_first():
    world = run("a", fields={"a": ONCE})
    world.decide()
    world.writes()
    world.starts()


def an_approval():
    world = run("a", fields={"a": {"approval": {}}})
    world.decide()
    world.says("Approve", "a")
    world.decide()


def a_fan_out():
    world = run("a", fields={"a": {"forEach": {"range": {"end": 1}}}})
    world.decide()
    world.writes()
    world.starts()
    world.ends("a[0]")
    world.decide()


def a_child_run():
    world = run("a", fields={"a": CALLS})
    world.decide()
    world.sees_child("a", "Succeeded")
    world.decide()


def a_child_run_that_is_refused_and_turns_up():
    world = run("a", fields={"a": CALLS})
    world.decide()
    world.refuses("a", CreateError.BUSY)
    world.sees_child("a")
    world.decide()


def a_child_run_that_turns_up_when_it_would_be_created_again():
    world = run("a, b", fields={"every": CALLS | {"forEach": {"range": {"end": 2}, "parallelism": 1}}})
    world.decide()
    world.writes()
    world.decide()
    world.refuses("a[0]", CreateError.BUSY)
    world.decide()  # the other item takes the only place
    world.decide(after=10)
    world.sees_child("a[0]")


def a_pod_that_is_refused_by_itself():
    world = run("a", fields={"a": AGAIN})
    world.decide()
    world.refuses("a", CreateError.FORBIDDEN)
    world.sees("a", accepted())


def a_pod_that_is_refused_for_the_run_and_turns_up():
    world = run("a")
    world.decide()
    world.refuses("a", CreateError.QUOTA)
    world.sees("a", accepted())


def a_pod_that_is_refused_for_good():
    world = run("a")
    world.decide()
    world.refuses("a", CreateError.INVALID)


def a_create_that_is_cancelled_and_stopped():
    world = run("a")
    (create,) = world.decide().create
    world.run.set_state("Suspended")
    assert not create.proceed()
    world.run.set_limits(RunLimits(priority=1))
    world.run.set_state("Stopped")
    world.decide()


def a_backoff_that_is_stopped():
    world = run("a", fields={"a": AGAIN})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.run.set_state("Stopped")
    world.decide()


def a_restart_with_a_live_pod():
    run("a >> b", a="Running")


def a_restart_with_a_child_run():
    world = run("a", fields={"a": CALLS})
    world.decide()
    world.sees_child("a")
    world.decide()
    world.writes()
    world.restarted()


def a_restart_between_two_attempts():
    world = run("a", fields={"a": {"retries": {"limit": 1, "backoff": {"initial": "60s"}}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.writes()
    world.restarted()


def a_pod_that_is_there_before_its_record():
    world = run("a", fields={"a": ONCE})
    world.decide()
    world.sees("a", running())
    assert (world.run.creates.recording, world.run.creates.in_flight) == (0, 0)


SCENARIOS = (
    a_chain_and_its_end,
    a_failure_upstream,
    a_retry,
    an_attempt_that_is_recorded_first,
    an_approval,
    a_fan_out,
    a_child_run,
    a_child_run_that_is_refused_and_turns_up,
    a_child_run_that_turns_up_when_it_would_be_created_again,
    a_pod_that_is_refused_by_itself,
    a_pod_that_is_refused_for_the_run_and_turns_up,
    a_pod_that_is_refused_for_good,
    a_create_that_is_cancelled_and_stopped,
    a_backoff_that_is_stopped,
    a_restart_with_a_live_pod,
    a_restart_with_a_child_run,
    a_restart_between_two_attempts,
    a_pod_that_is_there_before_its_record,
)


def test_every_transition_is_exercised(monkeypatch):
    exercised = set()
    move = TaskState.move

    def recorded(task, to):
        exercised.add((task.step, to))
        move(task, to)

    monkeypatch.setattr(TaskState, "move", recorded)
    for scenario in SCENARIOS:
        scenario()
    assert {f"{a.name} -> {b.name}" for a, b in TRANSITIONS.keys() - exercised} == set()


def test_any_other_move_is_a_bug():
    task = run("a", a="Succeeded").task("a")
    with pytest.raises(AssertionError, match="ENDED -> LIVE is no transition"):
        task.move(TaskStep.LIVE)


def test_the_readme_draws_the_machine():
    drawn = "\n".join(f"  {a.name} --> {b.name}: {why}" for (a, b), why in TRANSITIONS.items())
    assert (
        f"```mermaid\nstateDiagram-v2\n  [*] --> WAITING\n{drawn}\n  ENDED --> [*]\n```"
        in (PACKAGE / "core/run/README.md").read_text()
    )


PARTS = (
    *(RunState, TaskState, Tasks, FanOut, Counts, Slots, ReadyTasks, PodAttempts, ChildRuns, CreateWindow),
    *(StoredStatus, WindDown),
)
STATE = {name for owner in PARTS for name in owner.__slots__} - {"time", "state"}


def written(tree: ast.AST):
    """(line, name) of each attribute that is assigned, other than by an object to itself."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        flat = [each for t in targets for each in (t.elts if isinstance(t, ast.Tuple) else [t])]
        for target in flat if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) else ():
            own = isinstance(getattr(target, "value", None), ast.Name) and target.value.id in ("self", "cls")
            if isinstance(target, ast.Attribute) and not own:
                yield target.lineno, target.attr


def test_nobody_but_the_wing_run_writes_the_state_of_a_run():
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {name}"
        for wing in ("core/status", "core/reconcile", "core/whatif", "controller")  # the others lie below or beside
        for path in sorted((PACKAGE / wing).rglob("*.py"))
        for line, name in written(ast.parse(path.read_text()))
        if name in STATE
    ]
    assert found == []
