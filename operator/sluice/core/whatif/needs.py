"""What pods ask for, and the most that is asked for at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sluice.core import Json
from sluice.core.base import foreign, quantity
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.defaults import PodDefaults
from sluice.core.run.state import RunState
from sluice.core.whatif.simulate import Attempt


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


@dataclass(frozen=True, slots=True)
class Peak:
    """The most at any time, each by itself. `profile` is the most pods in each of so many equal parts of the time."""

    pods: int
    needs: Needs
    largest: tuple[str, Needs]
    """The task whose pods ask for most, and for what."""
    profile: tuple[int, ...]


def peak(attempts: Sequence[Attempt], ended_s: float, defaults: PodDefaults, parts: int) -> Peak:
    of_pod = _NeedsOfPods(defaults)
    pods, now, most, most_pods, since_s = 0, Needs(), Needs(), 0, 0.0
    profile = [0] * parts
    for at_s, number, needs in sorted(_changes(attempts, of_pod), key=lambda change: change[:2]):
        if at_s > since_s:
            first, last = int(since_s * parts / ended_s), ceil(at_s * parts / ended_s)
            profile[first:last] = [max(pods, before) for before in profile[first:last]]
            since_s = at_s
        pods, now = pods + number, now + needs if number > 0 else now - needs
        most_pods, most = max(most_pods, pods), most.at_least(now)
    return Peak(most_pods, most, of_pod.largest(), tuple(profile))


def _changes(attempts: Iterable[Attempt], of_pod: "_NeedsOfPods") -> Iterable[tuple[float, int, Needs]]:
    """(when, one more or one less, its needs). At the same time, pods end before others start."""
    for each in attempts:
        needs = of_pod(each.run, each.number)
        yield each.started_s, 1, needs
        yield each.ended_s, -1, needs


class _NeedsOfPods:
    """The pods of a task ask for the same, those of a fan-out for what its first item does."""

    def __init__(self, defaults: PodDefaults) -> None:
        self._defaults = defaults
        self._known: dict[tuple[str, str], Needs] = {}

    def __call__(self, run: RunState, number: int) -> Needs:
        task = run.tasks[number]
        key = (run.identity.workflow, task.definition.name)
        if key not in self._known:
            item = None if task.group is None else Item(task.index, run.tasks.item(number))
            pod = build_pod(run.identity, task.definition, 1, item=item, defaults=self._defaults)
            self._known[key] = needs_of(pod["spec"])
        return self._known[key]

    def largest(self) -> tuple[str, Needs]:
        return max(
            ((task, needs) for (_, task), needs in self._known.items()),
            key=lambda found: (found[1].cpu, found[1].memory),
            default=("", Needs()),
        )
