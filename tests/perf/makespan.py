"""`make makespan`: how long runs take under a cap with our start order and with others. Needs no cluster.

Time is simulated; the decisions are the operator's own. Each makespan is divided by its lower bound, the longer of the
critical path and the total work over the cap, which no order can beat and often none can reach. Prints one JSON object
a line to standard output and a table of medians and 90th percentiles to standard error, and draws makespan.svg.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

from sluice.core.graph.critical_path import critical_paths_s
from sluice.core.graph.dag import Graph
from sluice.core.reconcile.propagate import evaluate
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.state import RunState
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.run_limits import RunLimits
from sluice.core.whatif.kubelet import Expected
from sluice.core.whatif.simulate import simulate
from tests.perf.chart import Bar, chart
from tests.perf.shapes import FAMILIES, Shape, drawn

CAPS = (4, 8, 16, 32, 64)
GRAPHS = 20  # of each family
GOAL = 1.05
CHART = Path(__file__).parent.parent.parent / "makespan.svg"
_NOISE = math.log(2)  # one standard deviation: two thirds of the hints are within a factor of two
_RUN = RunIdentity("run", "bench", "00000000-0000-4000-8000-000000000000", "bench", {})


class ByWeight(RunState):
    """A run with another start order than ours: by a weight in place of the critical path, then first come."""

    arrivals = 0

    def make_ready(self, number: int) -> None:
        self.arrivals += 1
        self.tasks[number].order = (self.arrivals,)
        super().make_ready(number)


def _weighted(shape: Shape, cap: int, weigh: Callable[[Graph], list[float]]) -> RunState:
    run = ByWeight(_RUN, "bench-1", _definition(shape, None), RunLimits(cap))
    for task, weight in zip(run.tasks, weigh(run.definition.graph), strict=True):
        task.critical_path_s = weight
    for number in range(len(run.tasks)):
        list(evaluate(run, number))
    return run


def _descendants(graph: Graph) -> list[float]:
    """Airflow's default `priority_weight`: one for the task and one for each of its direct and indirect dependents.

    https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/priority-weight.html
    """
    descendants = [0] * len(graph.dependents)  # bit sets of task numbers
    for number in reversed(graph.topological_order()):
        descendants[number] = 1 << number
        for dependent in graph.dependents[number]:
            descendants[number] |= descendants[dependent]
    return [float(tasks.bit_count()) for tasks in descendants]


def _ours(shape: Shape, cap: int, hints_s: list[int] | None) -> RunState:
    return restore(
        _RUN, "bench-1", _definition(shape, hints_s), status={}, pods=[], now=0.0, orders=Orders(limits=RunLimits(cap))
    )


def _definition(shape: Shape, hints_s: list[int] | None) -> Definition:
    tasks = [{"name": name, "dependsOn": after} for name, after in shape.depends_on.items()]
    if hints_s is not None:
        tasks = [task | {"expectedDuration": f"{hint_s}s"} for task, hint_s in zip(tasks, hints_s, strict=True)]
    return Definition.of({"tasks": tasks})


def _noisy(shape: Shape) -> list[int]:
    random = Random(str(shape.durations_s))  # noqa: S311  # no secret
    return [max(1, round(took_s * random.lognormvariate(0, _NOISE))) for took_s in shape.durations_s]


POLICIES: dict[str, Callable[[Shape, int], RunState]] = {
    "ours-exact-hints": lambda shape, cap: _ours(shape, cap, shape.durations_s),
    "ours-noisy-hints": lambda shape, cap: _ours(shape, cap, _noisy(shape)),
    "ours-no-hints": lambda shape, cap: _ours(shape, cap, None),
    "airflow": lambda shape, cap: _weighted(shape, cap, _descendants),
    "first-come": lambda shape, cap: _weighted(shape, cap, lambda graph: [0.0] * len(graph.dependents)),
}
HINTED = ("ours-exact-hints", "ours-noisy-hints")


def ratio(shape: Shape, cap: int, policy: str) -> float:
    run = POLICIES[policy](shape, cap)
    longest_s = max(critical_paths_s(run.definition.graph, shape.durations_s))
    bound_s = max(longest_s, sum(shape.durations_s) / cap)
    return simulate(run, list(map(Expected, shape.durations_s))).ended_s / bound_s


def measured(family: str) -> dict[str, list[float]]:
    """The ratios of each policy over all caps. Also prints those of each cap."""
    shapes = [drawn(family, number) for number in range(GRAPHS)]
    over_all: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    for cap in CAPS:
        of_cap = {policy: [ratio(shape, cap, policy) for shape in shapes] for policy in POLICIES}
        print_row(family, str(cap), of_cap)
        for policy, ratios in of_cap.items():
            over_all[policy] += ratios
            print(json.dumps({"family": family, "cap": cap, "policy": policy, **_summary(ratios)}), flush=True)
    print_row(family, "all", over_all)
    return over_all


def print_row(family: str, cap: str, ratios: dict[str, list[float]]) -> None:
    """Print a row of the table: the median and the 90th percentile of each policy."""
    cells = [f"{summary['median']:.3f} {summary['p90']:.3f}" for summary in map(_summary, ratios.values())]
    print(f"{family:<12} {cap:>3}", *(f"{cell:>17}" for cell in cells), file=sys.stderr, flush=True)


def _summary(ratios: list[float]) -> dict[str, float]:
    p90 = statistics.quantiles(ratios, n=10)[-1]
    return {"median": round(statistics.median(ratios), 3), "p90": round(p90, 3), "n": len(ratios)}


def bars(families: dict[str, dict[str, list[float]]]) -> list[Bar]:
    return [
        Bar(f"{family}, {policy}", statistics.median(ratios), GOAL if policy in HINTED else None, kind)
        for family, policies in families.items()
        for kind, (policy, ratios) in enumerate(policies.items())
    ]


def main() -> None:
    print(f"{'family':<12} cap", *(f"{policy:>17}" for policy in POLICIES), file=sys.stderr)
    families = {family: measured(family) for family in FAMILIES}
    families["all"] = {policy: [r for policies in families.values() for r in policies[policy]] for policy in POLICIES}
    print_row("all", "all", families["all"])
    CHART.write_text(chart(f"Makespan over its lower bound, caps of {CAPS[0]} to {CAPS[-1]}: medians", bars(families)))


if __name__ == "__main__":
    main()
