"""The benchmark scenarios: graphs of tasks that take a second on simulated nodes, or no time on the real node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sluice.core.base.naming import graph_of

Json = dict[str, Any]

POOL = "bench"
_REAL: Json = {"image": "busybox:1.35", "command": ["true"]}


def simulated(duration: str = "1s") -> Json:
    """The `defaults` of tasks that run on simulated nodes for `duration`."""
    return {
        "image": "busybox:1.35",
        "command": ["sleep", "1"],
        "nodeSelector": {"type": "kwok"},
        "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
        "podTemplate": {"metadata": {"annotations": {"simulation.sluice.dev/duration": duration}}},
    }


@dataclass(frozen=True)
class Scenario:
    """A Workflow, created `copies` times. With `items`, each task is a fan-out over that many, a dependent's item after
    the same item of what it depends on; with `pool`, each pod claims one of that many slots.

    With `per_second` the copies are created at that pace, else all at once.

    `goal` is the upper limit of the operator's time divided by that of plain pods.
    """

    name: str
    goal: float
    depends_on: dict[str, list[str]]
    real: bool = False
    parallelism: int | None = None
    pool: int | None = None
    quick: bool = False
    items: int | None = None
    copies: int = 1
    per_second: int | None = None
    duration: str = "1s"

    @property
    def pods(self) -> int:
        return self.copies * len(self.depends_on) * (self.items or 1)

    @property
    def is_wide(self) -> bool:
        """Whether no pod has a dependency."""
        return not any(self.depends_on.values())

    @property
    def is_chain(self) -> bool:
        """Whether each task but the first has one dependency."""
        return sum(map(len, self.depends_on.values())) == len(self.depends_on) - 1 > 0

    @property
    def cap(self) -> int:
        """The maximum number of live pods."""
        return self.parallelism or self.pool or self.pods

    def spec(self) -> Json:
        slots = {"pools": [{"name": POOL}]} if self.pool else {}
        tasks = [{"name": name} | self._order(dependencies) | slots for name, dependencies in self.depends_on.items()]
        cap = {"parallelism": self.parallelism} if self.parallelism else {}
        return {"defaults": _REAL if self.real else simulated(self.duration), "tasks": tasks, **cap}

    def _order(self, dependencies: list[str]) -> Json:
        if not self.items:
            return {"dependsOn": dependencies} if dependencies else {}
        if not dependencies:
            return {"forEach": {"range": {"end": self.items}}}
        (leader,) = dependencies
        return {"forEach": {"sameAs": leader}}

    def graph(self) -> Json:
        return graph_of(self.spec())


def wide(count: int) -> dict[str, list[str]]:
    return {f"t{number}": [] for number in range(count)}


def chain(count: int) -> dict[str, list[str]]:
    return {f"t{number}": [f"t{number - 1}"] if number else [] for number in range(count)}


def layers(depth: int, width: int, fan_in: int) -> dict[str, list[str]]:
    return {
        f"t{layer}-{place}": [f"t{layer - 1}-{(place + step) % width}" for step in range(fan_in)] if layer else []
        for layer in range(depth)
        for place in range(width)
    }


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("wide-200", 1.15, wide(200), quick=True),
        Scenario("chain-10", 1.05, chain(10), quick=True),
        Scenario("chain-20", 1.05, chain(20)),
        Scenario("wide-1000", 1.15, wide(1000)),
        Scenario("wide-2000", 1.2, wide(2000)),
        Scenario("foreach-200", 1.2, wide(1), items=200, quick=True),
        Scenario("foreach-5000", 1.2, wide(1), items=5_000),
        Scenario("foreach-10000", 1.2, wide(1), items=10_000),
        Scenario("runs-200x10", 1.2, wide(10), copies=200),
        Scenario("chain-200", 1.05, chain(200)),
        Scenario("layers-20x50", 1.1, layers(20, 50, 5)),
        Scenario("capped-1000", 1.1, wide(1000), parallelism=50),
        Scenario("pool-1000", 1.1, wide(1000), pool=50),
        Scenario("real-wide-40", 1.05, wide(40), real=True),
        Scenario("real-chain-10", 1.05, chain(10), real=True),
    )
}
