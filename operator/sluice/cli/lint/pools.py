"""What tasks and whole runs ask of the Pools that are among the same files. The operator lets them wait, for a Pool
may change.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sluice.core import Json
from sluice.core.base.errors import Fault
from sluice.core.base.text import did_you_mean


def unmet_claims(workflow: Json, pools: Mapping[str, Any]) -> Iterator[Fault]:
    """Of a Workflow without faults. `pools` are the slots of each Pool by its name; without any, they are elsewhere."""
    if not pools:
        return
    yield from _unmet(workflow["spec"], "spec", "each run", pools)
    for number, task in enumerate(workflow["spec"]["tasks"]):
        yield from _unmet(task, f"spec.tasks[{number}]", "the task", pools)


def _unmet(part: Json, where: str, who: str, pools: Mapping[str, Any]) -> Iterator[Fault]:
    for place, claim in enumerate(part.get("pools", ())):
        path, name, wanted = f"{where}.pools[{place}]", claim["name"], claim.get("slots", 1)
        if name not in pools:
            hint = did_you_mean(name, pools)
            yield Fault(f"{path}.name", f"no Pool among these files is called '{name}'{hint}")
        elif isinstance(pools[name], int) and wanted > pools[name]:
            words = f"Pool '{name}' has {pools[name]}, so {who} would wait; ask for less, or raise its slots"
            yield Fault(f"{path}.slots", words)
