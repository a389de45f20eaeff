"""More memory after OutOfMemory: request and limit are multiplied for each attempt that ended so, up to `max`.

How much an attempt gets follows from the count alone, so it is the same whoever computes it. At `max` nothing grows
any more; attempts that `retries.limit` still allows are made with that much, since a node that runs out of memory
kills as well, and so does a peak that is not the same each time.
"""

from fractions import Fraction
from typing import Any

from sluice.core import Json
from sluice.core.base.quantity import parse, rounded_up

DEFAULT_FACTOR = 2


def grown_resources(fields: Json, times: int) -> Json:
    """A task's `resources` after so many OutOfMemory endings. `fields` are the task's, placeholders filled in."""
    resources: Json = fields.get("resources", {})
    growth = fields.get("retries", {}).get("outOfMemory")
    if growth is None or not times:
        return resources
    factor = Fraction(str(growth.get("memoryFactor", DEFAULT_FACTOR))) ** times
    return {
        kind: {
            name: _grown(str(quantity), factor, str(growth["max"])) if name == "memory" else quantity
            for name, quantity in (quantities or {}).items()
        }
        for kind, quantities in resources.items()
    }


def memory_limit(resources: Json) -> Any:
    """The memory limit, None if there is none."""
    return (resources.get("limits") or {}).get("memory")


def _grown(text: str, factor: Fraction, most: str) -> str:
    size, most_size = parse(text), parse(most)
    if size is None or most_size is None or size >= most_size:  # what is no quantity is the API server's to refuse
        return text
    larger = rounded_up(size * factor, like=text)
    return larger if (parse(larger) or 0) < most_size else most
