"""What is free on the nodes.

It is a count, not the scheduler: affinities, taints that a pod tolerates and volumes are left out, and a node that
takes no new pods counts for nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sluice.core import Json
from sluice.core.base import foreign, quantity
from sluice.core.pod.needs import Needs, needs_of

_KEEPS_PODS_OUT = ("NoSchedule", "NoExecute")
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Node:
    """A node that takes pods, and what is free there."""

    name: str
    free: Needs
    pods: int

    def has_room_for(self, needs: Needs) -> bool:
        """For one pod more that asks for this."""
        return self.pods > 0 and needs.within(self.free)


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
            left = Needs(amount(has, "cpu", 1000), amount(has, "memory")) - self._needs.get(name, Needs())
            pods = amount(has, "pods") - self._pods[name]
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


def amount(amounts: Json, name: str, unit: int = 1) -> int:
    """Of a resource, in whole `1/unit`."""
    return int((quantity.parse(str(amounts.get(name, 0))) or 0) * unit)
