"""Warnings about pool claims that the Pools among the same files cannot meet.

Not faults: a Pool may change, so the operator lets such tasks and runs wait.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sluice.core import Json
from sluice.core.base.errors import Fault
from sluice.core.base.text import did_you_mean


def unmet_claims(workflow: Json, pools: Mapping[str, Any]) -> Iterator[Fault]:
    """A warning for each such claim of a valid Workflow, by its tasks or by whole runs.

    `pools` maps each Pool's name to its slots. If it is empty, the Pools are defined elsewhere and nothing is checked.
    """
    if not pools:
        return
    yield from _unmet(workflow["spec"], "spec", "each run", pools)
    for number, task in enumerate(workflow["spec"]["tasks"]):
        yield from _unmet(task, f"spec.tasks[{number}]", "the task", pools)


def _unmet(spec: Json, spec_path: str, claimant: str, pools: Mapping[str, Any]) -> Iterator[Fault]:
    for index, claim in enumerate(spec.get("pools", ())):
        path, name, slots = f"{spec_path}.pools[{index}]", claim["name"], claim.get("slots", 1)
        if name not in pools:
            hint = did_you_mean(name, pools)
            yield Fault(f"{path}.name", f"no Pool among these files is called '{name}'{hint}")
        elif isinstance(pools[name], int) and slots > pools[name]:
            message = f"Pool '{name}' has {pools[name]}, so {claimant} would wait; ask for less, or raise its slots"
            yield Fault(f"{path}.slots", message)
