"""Two graphs of the size that people have, on simulated nodes: a warehouse that is loaded at night, and a scan that 520
tasks share.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, workflow

SIMULATED: Json = {
    "command": ["true"],
    "nodeSelector": {"type": "kwok"},
    "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
    "podTemplate": {"metadata": {"annotations": {"simulation.sluice.dev/duration": "250ms"}}},
}
DEFAULTS = {"image": "busybox:1.35"} | {name: value for name, value in SIMULATED.items() if name != "command"}
POOL: Json = {
    "apiVersion": "sluice.dev/v1alpha1",
    "kind": "Pool",
    "metadata": {"name": "warehouse"},
    "spec": {"slots": 2},
}
REGIONS, TABLES, SCANS = 12, 9, 520


def task(name: str, *after: str, **fields: object) -> Json:
    return {"name": name, "command": ["true"], "dependsOn": list(after), **fields}


def warehouse() -> Json:
    """For each region: extract, then stage, check and archive each table, and a join; one load at a time writes the
    dimension that all facts wait for. Archives are for full loads only.
    """
    tasks = [task("calendar")]
    for region in (f"r{number}" for number in range(REGIONS)):
        tasks.append(task(f"{region}-extract", "calendar"))
        for table in (f"{region}-t{number}" for number in range(TABLES)):
            tasks.append(task(f"{table}-stage", f"{region}-extract"))
            tasks.append(task(f"{table}-check", f"{table}-stage"))
            tasks.append(task(f"{table}-archive", f"{table}-check", when="params.full == 'yes'"))
        tables = [f"{region}-t{number}-check" for number in range(TABLES)]
        tasks.append({"name": f"{region}-all", "join": {}, "dependsOn": tables})
        tasks.append(task(f"{region}-load", f"{region}-all", pools=[{"name": "warehouse"}]))
    loads = [f"r{number}-load" for number in range(REGIONS)]
    tasks += [task("publish", *loads), task("report") | {"finally": True}]
    return workflow("etl", *tasks, parallelism=50, defaults=DEFAULTS, parameters=[{"name": "full", "default": "no"}])


def scan() -> Json:
    scans = [f"scan-{number}" for number in range(SCANS)]
    return workflow("scan", *(task(name) for name in scans), task("merge", *scans), parallelism=50, defaults=DEFAULTS)


def in_order(manifest: Json, tasks: Json) -> None:
    """No pod was started before the tasks that it depends on had ended."""
    for each in manifest["spec"]["tasks"]:
        found = tasks[each["name"]]
        for before in each["dependsOn"] if "startedAt" in found else ():
            if "finishedAt" in tasks[before]:
                ended, started = (
                    datetime.fromisoformat(at) for at in (tasks[before]["finishedAt"], found["startedAt"])
                )
                assert ended <= started, (before, each["name"])


@pytest.mark.usefixtures("simulated_nodes")
def test_a_warehouse_of_more_than_300_tasks_and_a_fan_in_of_520(
    bare: Kubectl, operator: Callable[..., HostOperator]
) -> None:
    operator("one")
    bare.apply(POOL)
    night = warehouse()
    assert len(night["spec"]["tasks"]) > 300
    bare.apply(night)
    run = bare.finished(bare.run_of("etl"), 240)
    tasks = run["status"]["tasks"]
    archives = {name for name in tasks if name.endswith("-archive")}
    assert {tasks[name]["phase"] for name in archives} == {"Skipped"}
    assert {tasks[name]["phase"] for name in tasks.keys() - archives} == {"Succeeded"}
    assert run["status"]["progress"] == f"{len(tasks) - len(archives)}/{len(tasks)}, {len(archives)} skipped"
    in_order(night, tasks)

    fan_in = scan()
    bare.apply(fan_in)
    run = bare.finished(bare.run_of("scan"), 240)
    tasks = run["status"]["tasks"]
    assert {task["phase"] for task in tasks.values()} == {"Succeeded"}
    assert run["status"]["progress"] == f"{SCANS + 1}/{SCANS + 1}"
    in_order(fan_in, tasks)
