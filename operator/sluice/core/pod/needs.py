"""What a pod asks for."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sluice.core import Json
from sluice.core.base import foreign, quantity


@dataclass(frozen=True, slots=True)
class Needs:
    """CPU in thousandths of a core, memory in bytes, both rounded up: as the scheduler counts a pod."""

    cpu: int = 0
    memory: int = 0

    def __add__(self, other: "Needs") -> "Needs":
        return Needs(self.cpu + other.cpu, self.memory + other.memory)

    def __sub__(self, other: "Needs") -> "Needs":
        return Needs(self.cpu - other.cpu, self.memory - other.memory)

    def at_least(self, other: "Needs") -> "Needs":
        return Needs(max(self.cpu, other.cpu), max(self.memory, other.memory))

    def within(self, room: "Needs") -> bool:
        return self.cpu <= room.cpu and self.memory <= room.memory

    def words(self) -> list[str]:
        """`32 CPU`, `64Gi`; nothing of what is not asked for."""
        return ([f"{cpu(self.cpu)} CPU"] if self.cpu else []) + ([memory(self.memory)] if self.memory else [])


def needs_of(spec: Json) -> Needs:
    """Of a pod's spec: the sum of its containers, or its largest init container; native sidecars count as containers.

    https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    total, largest = Needs(), Needs()
    for container in foreign.mappings(spec.get("containers")):
        total += _of_container(container)
    for container in foreign.mappings(spec.get("initContainers")):
        if container.get("restartPolicy") == "Always":
            total += _of_container(container)
        else:
            largest = largest.at_least(_of_container(container))
    return total.at_least(largest) + _read(foreign.mapping(spec.get("overhead")))


def _of_container(container: Json) -> Needs:
    resources = foreign.mapping(container.get("resources"))
    return _read(foreign.mapping(resources.get("limits")) | foreign.mapping(resources.get("requests")))


def _read(amounts: Json) -> Needs:
    cpu, memory = (quantity.parse(str(amounts.get(name, 0))) or Fraction(0) for name in ("cpu", "memory"))
    return Needs(ceil(cpu * 1000), ceil(memory))


def cpu(millicores: int) -> str:
    return f"{millicores / 1000:g}"


def memory(size: int) -> str:
    for unit, name in ((1024**4, "Ti"), (1024**3, "Gi"), (1024**2, "Mi"), (1024, "Ki")):
        if size >= unit:
            return f"{size / unit:.3g}{name}"
    return str(size)
