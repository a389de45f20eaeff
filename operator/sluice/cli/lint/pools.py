"""What tasks ask of the Pools that are among the same files. The operator lets them wait, for a Pool may change."""

from collections.abc import Iterator, Mapping
from typing import Any

from sluice.core import Json
from sluice.core.errors import Fault
from sluice.core.validation.shape import did_you_mean


def unmet_claims(workflow: Json, pools: Mapping[str, Any]) -> Iterator[Fault]:
    """Of a Workflow without faults. `pools` are the slots of each Pool by its name; without any, they are elsewhere."""
    for number, task in enumerate(workflow["spec"]["tasks"] if pools else ()):
        for place, claim in enumerate(task.get("pools", ())):
            path, name, asked = f"spec.tasks[{number}].pools[{place}]", claim["name"], claim.get("slots", 1)
            if name not in pools:
                hint = did_you_mean(name, pools)
                yield Fault(f"{path}.name", f"no Pool among these files is called '{name}'{hint}")
            elif isinstance(pools[name], int) and asked > pools[name]:
                words = f"Pool '{name}' has {pools[name]}, so the task would wait; ask for less, or raise its slots"
                yield Fault(f"{path}.slots", words)
