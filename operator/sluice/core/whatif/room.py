"""Whether the most that a run asks for at a time fits: what is free on the nodes, and what quotas leave.

It is a count, not the scheduler: affinities, taints that a pod tolerates and volumes are left out, and a node that
takes no new pods counts for nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sluice.core import Json
from sluice.core.base import foreign, quantity
from sluice.core.whatif.needs import Needs, Peak, needs_of

_KEEPS_PODS_OUT = ("NoSchedule", "NoExecute")
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Node:
    """A node that takes pods, and what is free there."""

    name: str
    free: Needs
    pods: int


@dataclass(frozen=True, slots=True)
class Fit:
    """Does it fit, and the words for it."""

    fits: bool
    nodes: int
    free: Needs
    largest_fits_on: int
    """On how many nodes the largest pod has room now."""


@dataclass(slots=True)
class Usage:
    """What the pods that have not ended ask for, by node. There may be more of them than fit into memory at a time."""

    _needs: dict[str, Needs] = field(default_factory=dict)
    _pods: Counter[str] = field(default_factory=Counter)

    def add(self, pods: Iterable[Json]) -> None:
        for pod in pods:
            spec = foreign.mapping(pod.get("spec"))
            node = foreign.string(spec.get("nodeName"))
            if node and foreign.mapping(pod.get("status")).get("phase") not in _ENDED:
                self._needs[node] = self._needs.get(node, Needs()) + needs_of(spec)
                self._pods[node] += 1

    def free(self, nodes: Iterable[Json]) -> list[Node]:
        """The nodes that take pods, and what these leave there."""
        found = []
        for node in filter(_takes_pods, nodes):
            name = foreign.string(foreign.mapping(node.get("metadata")).get("name"))
            has = foreign.mapping(foreign.mapping(node.get("status")).get("allocatable"))
            left = Needs(_amount(has, "cpu", 1000), _amount(has, "memory")) - self._needs.get(name, Needs())
            pods = _amount(has, "pods") - self._pods[name]
            found.append(Node(name, left.at_least(Needs()), max(0, pods)))
        return found


def _takes_pods(node: Json) -> bool:
    spec, status = foreign.mapping(node.get("spec")), foreign.mapping(node.get("status"))
    closed = any(taint.get("effect") in _KEEPS_PODS_OUT for taint in foreign.mappings(spec.get("taints")))
    ready = any(
        condition.get("type") == "Ready" and condition.get("status") == "True"
        for condition in foreign.mappings(status.get("conditions"))
    )
    return ready and not closed and not spec.get("unschedulable")


def _amount(amounts: Json, name: str, unit: int = 1) -> int:
    return int((quantity.parse(str(amounts.get(name, 0))) or 0) * unit)


def fit(most: Peak, nodes: Sequence[Node]) -> Fit:
    free = sum((node.free for node in nodes), Needs())
    pods = sum(node.pods for node in nodes)
    largest = sum(most.largest[1].within(node.free) and node.pods > 0 for node in nodes)
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
                left = _amount(hard, resource, unit) - _amount(used, resource, unit)
                tightest[what] = min(tightest.get(what, left), left)
        for what, left in tightest.items():
            if asked[what] > left:
                yield Shortage(name, what, max(0, left), asked[what])
