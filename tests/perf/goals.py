"""Goals for the operator's figures, and gross limits beyond which something must be broken.

The goals for CPU and memory apply to runs of 1,000 tasks or more: in a short run the operator's idle cost dominates.
"""

from __future__ import annotations

from tests.perf.scenarios import Json, Scenario

_FOR_CPU, _LARGE = 1_000, 2_000
_GROSS_RATIO, _GROSS_CPU_MS, _FOR_GROSS_CPU = 3, 40, 200


def goals(scenario: Scenario) -> dict[str, float]:
    """The upper limit of each figure, by its path in the result: `dispatch_ms.p50`."""
    limits = {"ratio": scenario.goal}
    large = scenario.pods > _LARGE
    if scenario.pods >= _FOR_CPU:
        limits["cpu_ms_per_task"] = 8.8 if large else 8
        limits["peak_rss_mb"] = 140 if large else 110
    if scenario.copies > 1:
        limits["writes_per_task"] = 2
    elif scenario.is_chain:
        limits["writes_per_task"] = 2.2
    elif scenario.is_wide and not scenario.real:
        limits["writes_per_task"] = 1.1
    if not scenario.is_wide:
        limits["dispatch_ms.p50"], limits["dispatch_ms.p99"] = 20, 100
    return limits


def missed(result: Json, limits: dict[str, float]) -> list[str]:
    """The goals that the result misses, as `ratio 1.21 > 1.15`. Figures that it does not have are not judged."""
    figures = {name: _figure(result, name) for name in limits}
    return [
        f"{name} {value:g} > {limits[name]:g}"
        for name, value in figures.items()
        if value is not None and value > limits[name]
    ]


def gross(result: Json, scenario: Scenario) -> bool:
    """Whether the result is so far off that something must be broken."""
    cpu = result["cpu_ms_per_task"] if scenario.pods >= _FOR_GROSS_CPU else 0
    return bool(result["ratio"] > _GROSS_RATIO or cpu > _GROSS_CPU_MS)


def _figure(result: Json, name: str) -> float | None:
    for part in name.split("."):
        result = result.get(part, {})
    return result if isinstance(result, int | float) else None
