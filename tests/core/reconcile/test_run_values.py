"""When a run started and how long it took, where its tasks read it."""

from sluice.core.run.outputs import values_of
from sluice.core.status.run_phase import run_end
from tests.core.kubelet import START, at
from tests.core.world import run

STARTED = {"forEach": {"items": ["$(run.startedAt)"]}, "when": f"run.startedAt == '{at(0)}'"}


def test_a_run_has_started_before_the_items_and_the_condition_of_its_first_task_are_looked_at():
    world = run("a", fields={"a": STARTED})
    assert world.run.tasks.item(1) == at(0)


def test_it_is_the_same_after_a_restart_days_later():
    world = run("a", fields={"a": STARTED | {"args": ["$(run.startedAt)"]}})
    world.decide()
    world.writes()
    world.now += 100_000
    again = world.restarted()
    assert again.run.tasks.item(1) == at(0)
    assert values_of(again.run, again.task("a[0]"))["run.startedAt"] == at(0)


def test_the_duration_is_in_whole_seconds_up_to_now():
    world = run("a, b", fields={"b": {"finally": True}})
    world.decide()
    assert run_end(world.run, START + 75.9).values == {"run.phase": "Succeeded", "run.duration": "75"}
