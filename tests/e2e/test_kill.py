"""The operator may die at any moment, and nobody can tell afterwards from what it did."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow
from tests.e2e.watch import PodWatch

_LAYERS = (1, 12, 3, 20, 8, 16)
_DEATHS = 10
_MOMENTS = range(180)  # in events of pods: each pod is made, placed and ended at least


def layers() -> list[Json]:
    """60 tasks. Each one waits for some of the layer before, so the graph is neither a chain nor flat."""
    tasks: list[Json] = []
    before: list[str] = []
    for number, width in enumerate(_LAYERS):
        names = [f"l{number}-{place}" for place in range(width)]
        for place, name in enumerate(names):
            depends_on = sorted({before[place % len(before)], before[place * 7 % len(before)]}) if before else []
            tasks.append({"name": name, "dependsOn": depends_on, "bash": "true"})
        before = names
    return tasks


def test_kill_9_at_ten_random_moments_starts_no_task_twice_and_forgets_none(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    seed = int(os.environ.get("SEED", time.time_ns() % 100_000))
    moments = sorted(random.Random(seed).sample(_MOMENTS, _DEATHS))  # noqa: S311  # not for secrets
    print(f"SEED={seed}: killed after these numbers of pod events: {moments}")

    with PodWatch(bare) as watch:
        mortal = operator("mortal")
        bare.apply(workflow("graph", *layers()))
        for moment in moments:
            mortal.leading()
            eventually(lambda moment=moment: len(watch.seen) >= moment, f"{moment} events of pods", 180)
            mortal.kill()
            mortal.start()
        status = bare.finished(bare.run_of("graph"), seconds=300)["status"]
        assert watch.pods_of_attempts() == {
            f"{task['name']}/1": 1 for task in sorted(layers(), key=lambda t: t["name"])
        }

    assert (status["phase"], status["progress"]) == ("Succeeded", "60/60")
    assert {task["attempt"] for task in status["tasks"].values()} == {1}
    assert len(bare.list("workflowruns")) == 1
    assert "Traceback" not in mortal.log
