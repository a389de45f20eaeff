"""More memory after OutOfMemory: each such attempt multiplies request and limit by a factor, up to `max`.

The memory of an attempt depends only on how many attempts ran out of memory before it, so a restart computes the same.
At `max`, the attempts that `retries.limit` still allows run with that amount: a node short of memory kills too, and a
peak may be lower next time.
"""

from fractions import Fraction
from typing import Any

from sluice.core import Json
from sluice.core.base.quantity import parse, rounded_up

DEFAULT_FACTOR = 2
_MOST_RETRIES = 100  # that `retries.limit` can allow; a status made up by hand may say more


def grown_resources(fields: Json, times: int) -> Json:
    """A task's `resources` after `times` OutOfMemory endings. `fields` are the task's, with placeholders filled in."""
    resources: Json = fields.get("resources", {})
    growth = fields.get("retries", {}).get("outOfMemory")
    if growth is None or not times:
        return resources
    factor = Fraction(str(growth.get("memoryFactor", DEFAULT_FACTOR))) ** min(times, _MOST_RETRIES)
    return {
        kind: {
            name: _grown(str(quantity), factor, str(growth["max"])) if name == "memory" else quantity
            for name, quantity in (quantities or {}).items()
        }
        for kind, quantities in resources.items()
    }


def memory_limit(resources: Json) -> Any:
    """The memory limit as written, or None."""
    return (resources.get("limits") or {}).get("memory")


def _grown(quantity: str, factor: Fraction, maximum: str) -> str:
    size, max_size = parse(quantity), parse(maximum)
    if size is None or max_size is None or size >= max_size:  # the API server rejects a malformed quantity
        return quantity
    if size * factor >= max_size:
        return maximum
    larger = rounded_up(size * factor, like=quantity)
    return larger if (parse(larger) or 0) < max_size else maximum
