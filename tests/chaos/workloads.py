"""Workflows from the model's random graphs, so that the model's reference can say how their runs must end.

Left out is what takes minutes of real time or a real kubelet: polling, images that cannot be pulled, pods that are
invalid, outputs by log, approvals that wait for a timeout.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.chaos.nodes import Nodes
from tests.core.plan import Approval, Plan, Program, Task
from tests.core.plans import plans
from tests.e2e.kubernetes import Json

_MIN_TASKS = 3
_GENERATED_PER_PLAN = 8  # most are too small, or alike

_FILE = "query.sql"
_SOON: Json = {"initial": "1s", "factor": 1}


def random_plans(number: int, chance: Random, nodes: Nodes) -> list[Plan]:
    """As many different ones."""
    found: dict[Plan, None] = {}
    while len(found) < number:
        _collect(found, number * _GENERATED_PER_PLAN, chance.getrandbits(32), nodes)
    chosen = list(found)
    chance.shuffle(chosen)
    return chosen[:number]


def _collect(found: dict[Plan, None], number: int, from_seed: int, nodes: Nodes) -> None:
    @seed(from_seed)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(plans())
    def collect(plan: Plan) -> None:
        if len(plan.tasks) >= _MIN_TASKS:
            found[_feasible(plan, nodes)] = None

    collect()


def _feasible(plan: Plan, nodes: Nodes) -> Plan:
    """Pods will be removed and operators killed: `faults` says so to the reference."""
    tasks = tuple(_feasible_task(task, nodes) for task in plan.tasks)
    return replace(plan, tasks=tasks, quota=None, faults=frozenset({"evictions", "kills"}))


def _feasible_task(task: Task, nodes: Nodes) -> Task:
    said = task.approval and Approval(said=task.approval.said or task.approval.default or "Reject")
    programs = tuple(
        nodes.feasible(Program(program.codes if program.poll is None else (0,))) for program in task.programs
    )
    return replace(task, programs=programs, by_log=False, approval=said)


def manifests(plan: Plan, name: str, nodes: Nodes) -> list[Json]:
    """Its Pool, if it has one, and its Workflow, which runs once when it is first seen. All pods mount a file."""
    tasks = [_adapted(task, name, nodes) for task in plan.manifest["tasks"]]
    spec: dict[str, Any] = {"defaults": nodes.defaults, "tasks": tasks, "failFast": plan.fail_fast}
    spec["files"] = {_FILE: f"select '{name}'"}
    spec |= {"failWhen": "LeafFailed"} if plan.leaf_failed else {}
    spec |= {"parallelism": plan.cap} if plan.cap else {}
    made = [named("Workflow", name, spec)]
    return [named("Pool", name, {"slots": plan.slots}), *made] if any(task.slots for task in plan.tasks) else made


def approvals(plan: Plan) -> Json:
    """What people decide: `spec.approvals` of the run."""
    return {
        f"t{number}": {"decision": task.approval.said, "by": "chaos"}
        for number, task in enumerate(plan.tasks)
        if task.approval is not None
    }


def _adapted(task: Json, pool: str, nodes: Nodes) -> Json:
    retries = {"retries": task["retries"] | {"backoff": _SOON}} if "retries" in task else {}
    program = {} if "approval" in task else {**nodes.program, "files": [_FILE]}
    pools = {"pools": [{**task["pools"][0], "name": pool}]} if "pools" in task else {}
    return task | program | retries | pools


def named(kind: str, name: str, spec: Json) -> Json:
    """An object of one of our kinds."""
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
