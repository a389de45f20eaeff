"""Random task graphs with durations, in families with the shapes of real workloads. A few tasks take very long.

The last three have the shapes of published workflows, and roughly the measured durations of their tasks:

- Montage (sky mosaics) and Epigenomics (genome sequencing): Juve et al., "Characterizing and profiling scientific
  workflows", Future Generation Computer Systems 29(3), 2013; Bharathi et al., "Characterization of scientific
  workflows", WORKS 2008.
- Cycles (agroecosystem modeling): Ferreira da Silva et al., "Empowering agroecosystem modeling with HTC scientific
  workflows", IEEE Big Data 2019; Coleman et al., "WfCommons: a framework for enabling scientific workflow research and
  development", Future Generation Computer Systems 128, 2022.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

_TAIL = 1.5  # of the Pareto distribution: its mean exists, its variance does not
_TAIL_MEAN = _TAIL / (_TAIL - 1)
_LONGEST = 100  # times the mean


@dataclass
class Shape:
    """A graph whose tasks come after their dependencies. Durations are whole seconds, as hints are."""

    random: Random
    depends_on: dict[str, list[str]] = field(default_factory=dict)
    durations_s: list[int] = field(default_factory=list)

    def task(self, mean_s: float, after: list[str]) -> str:
        name = f"t{len(self.depends_on)}"
        self.depends_on[name] = after
        times = min(self.random.paretovariate(_TAIL) / _TAIL_MEAN, _LONGEST)
        self.durations_s.append(max(1, round(mean_s * times)))
        return name


def layered(shape: Shape) -> None:
    """Each task depends on up to five of the previous layer."""
    previous: list[str] = []
    for _ in range(shape.random.randint(8, 20)):
        needs = [
            shape.random.sample(previous, min(len(previous), shape.random.randint(1, 5))) for _ in range(_width(shape))
        ]
        previous = [shape.task(100, after) for after in needs]


def _width(shape: Shape) -> int:
    return shape.random.randint(5, 35)


def fork_join(shape: Shape) -> None:
    joined: list[str] = []
    for _ in range(shape.random.randint(2, 6)):
        fork = shape.task(20, joined)
        branches = [shape.task(100, [fork]) for _ in range(shape.random.randint(10, 80))]
        joined = [shape.task(20, branches)]


def montage(shape: Shape) -> None:
    """A grid of images: overlapping ones are compared in pairs, and one model corrects them all."""
    rows, columns = shape.random.randint(4, 6), shape.random.randint(4, 6)
    places = list(itertools.product(range(rows), range(columns)))
    projected = {place: shape.task(136, []) for place in places}
    differences = [
        shape.task(106, [projected[row, column], projected[other]])
        for row, column in places
        for other in ((row, column + 1), (row + 1, column), (row + 1, column + 1))
        if other in projected
    ]
    model = shape.task(14, [shape.task(12, differences)])
    corrected = [shape.task(107, [model, projected[place]]) for place in places]
    mosaic = shape.task(20, [shape.task(14, corrected)])
    shape.task(5, [shape.task(30, [mosaic])])


def epigenomics(shape: Shape) -> None:
    """A sequencer's lanes, each split into chunks that pass through a chain of four tasks and are merged."""
    merged = []
    for _ in range(shape.random.randint(2, 6)):
        split = shape.task(343, [])
        mapped = []
        for _ in range(shape.random.randint(5, 20)):
            last = split
            for mean_s in (25, 5, 14, 2019):
                last = shape.task(mean_s, [last])
            mapped.append(last)
        merged.append(shape.task(110, mapped))
    shape.task(560, [shape.task(436, [shape.task(110, merged)])])


def cycles(shape: Shape) -> None:
    """Many points for each crop; each is simulated after a baseline, with and without more fertilizer."""
    summaries = []
    for _ in range(shape.random.randint(3, 6)):
        simulated, compared = [], []
        for _ in range(shape.random.randint(10, 20)):
            baseline = shape.task(690, [])
            simulated.append(shape.task(690, [baseline]))
            fertilized = shape.task(690, [baseline])
            compared.append(shape.task(10, [fertilized, simulated[-1]]))
        summaries += [shape.task(30, simulated), shape.task(30, compared)]
    shape.task(200, summaries)


FAMILIES: dict[str, Callable[[Shape], None]] = {
    "layered": layered,
    "fork-join": fork_join,
    "montage": montage,
    "epigenomics": epigenomics,
    "cycles": cycles,
}


def drawn(family: str, number: int) -> Shape:
    """The random graph with that number: the same on every call and machine."""
    shape = Shape(Random(f"{family} {number}"))  # noqa: S311  # no secret
    FAMILIES[family](shape)
    return shape
