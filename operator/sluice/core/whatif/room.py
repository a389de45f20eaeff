"""Whether the most that a run asks for at a time fits: what is free on the nodes, and what quotas leave."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.pod.needs import Needs
from sluice.core.pod.room import Node, amount
from sluice.core.whatif.peak import Peak


@dataclass(frozen=True, slots=True)
class Fit:
    """Does it fit, and the words for it."""

    fits: bool
    nodes: int
    free: Needs
    largest_fits_on: int
    """On how many nodes the largest pod has room now."""


def fit(most: Peak, nodes: Sequence[Node]) -> Fit:
    free = sum((node.free for node in nodes), Needs())
    pods = sum(node.pods for node in nodes)
    largest = sum(node.has_room_for(most.largest[1]) for node in nodes)
    fits = most.needs.within(free) and most.pods <= pods and (largest > 0 or not most.pods)
    return Fit(fits, len(nodes), free, largest)


@dataclass(frozen=True, slots=True)
class Shortage:
    """A quota leaves less of `resource` than is asked for. Both are as in `Needs`; pods are counted."""

    quota: str
    resource: str
    left: int
    asked: int


_QUOTAS: Mapping[str, tuple[str, int]] = {
    "requests.cpu": ("cpu", 1000),
    "cpu": ("cpu", 1000),
    "requests.memory": ("memory", 1),
    "memory": ("memory", 1),
    "pods": ("pods", 1),
    "count/pods": ("pods", 1),
}
"""What each resource of a quota limits, and in which unit `Needs` counts it."""


def shortages(most: Peak, quotas: Iterable[Json]) -> Iterator[Shortage]:
    """Quotas with a scope hold for some pods only, and are left out."""
    asked = {"cpu": most.needs.cpu, "memory": most.needs.memory, "pods": most.pods}
    for found in quotas:
        spec, status = foreign.mapping(found.get("spec")), foreign.mapping(found.get("status"))
        if spec.get("scopes") or spec.get("scopeSelector"):
            continue
        hard, used = foreign.mapping(status.get("hard")), foreign.mapping(status.get("used"))
        name = foreign.string(foreign.mapping(found.get("metadata")).get("name"))
        tightest: dict[str, int] = {}
        for resource, (what, unit) in _QUOTAS.items():
            if resource in hard:
                left = amount(hard, resource, unit) - amount(used, resource, unit)
                tightest[what] = min(tightest.get(what, left), left)
        for what, left in tightest.items():
            if asked[what] > left:
                yield Shortage(name, what, max(0, left), asked[what])
