"""What the Pools among the same files say of a Workflow's claims.

A fault is a claim by tasks of a Pool that whole runs hold, or the other way round, since `heldBy` stays as it is. Only
a warning is one for more slots than there are: a Pool may change, so the operator lets such tasks and runs wait.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sluice.api.pool import Holder
from sluice.core import Json
from sluice.core.base.faults import Fault, Hint, listed
from sluice.core.quota.pool import HELD_OTHERWISE

_CLAIMANTS: dict[Holder, str] = {"Tasks": "the task", "Runs": "each run"}
_OTHER: dict[Holder, Holder] = {"Tasks": "Runs", "Runs": "Tasks"}


def claims_held_otherwise(workflow: Json, pools: Mapping[str, Json]) -> Iterator[Fault]:
    """A fault for each such claim of a Workflow without other faults. `pools` are the Pools' specs, not validated."""
    for path, holder, claim in _claims(workflow):
        if claim["name"] in pools and pools[claim["name"]].get("heldBy", "Tasks") == _OTHER[holder]:
            yield Fault(f"{path}.name", f"Pool '{claim['name']}' {HELD_OTHERWISE[holder]}")


def unmet_claims(workflow: Json, pools: Mapping[str, Json]) -> list[Fault]:
    """A warning for each claim of a valid Workflow that its Pool cannot meet. `pools` as above. If it is empty, the
    Pools are defined elsewhere and nothing is checked.
    """
    return listed(_unmet(workflow, pools)) if pools else []


def _unmet(workflow: Json, pools: Mapping[str, Json]) -> Iterator[Fault]:
    for path, holder, claim in _claims(workflow):
        name, wanted = claim["name"], claim.get("slots", 1)
        slots: Any = pools.get(name, {}).get("slots")
        if name not in pools:
            yield Fault(f"{path}.name", f"no Pool among these files is called '{name}'", Hint(name, pools))
        elif isinstance(slots, int) and isinstance(wanted, int) and wanted > slots:
            message = f"Pool '{name}' has {slots}, so {_CLAIMANTS[holder]} would wait; ask for less, or raise its slots"
            yield Fault(f"{path}.slots", message)


def _claims(workflow: Json) -> Iterator[tuple[str, Holder, Json]]:
    """Each claim with its path, by whole runs and then by tasks."""
    spec = workflow["spec"]
    for index, claim in enumerate(spec.get("pools", ())):
        yield f"spec.pools[{index}]", "Runs", claim
    for number, task in enumerate(spec["tasks"]):
        for index, claim in enumerate(task.get("pools", ())):
            yield f"spec.tasks[{number}].pools[{index}]", "Tasks", claim
