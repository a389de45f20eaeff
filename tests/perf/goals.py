"""What the operator's figures should stay under, and what is so far off that something must be broken.

The limits of CPU and memory are for runs of a thousand tasks and more: a short run pays for the operator's own breath.
"""

from __future__ import annotations

from tests.perf.scenarios import Json, Scenario

_FOR_CPU, _LARGE = 1_000, 2_000
_GROSS_RATIO, _GROSS_CPU_MS, _FOR_GROSS_CPU = 3, 40, 200


def goals(scenario: Scenario) -> dict[str, float]:
    """By the figure's name; a dot leads into it."""
    found = {"ratio": scenario.goal}
    large = scenario.pods > _LARGE
    if scenario.pods >= _FOR_CPU:
        found["cpu_ms_per_task"] = 8.8 if large else 8
        found["peak_rss_mb"] = 140 if large else 110
    if scenario.copies > 1:
        found["writes_per_task"] = 2
    elif scenario.is_chain:
        found["writes_per_task"] = 2.2
    elif scenario.is_wide and not scenario.real:
        found["writes_per_task"] = 1.1
    if not scenario.is_wide:
        found["dispatch_ms.p50"], found["dispatch_ms.p99"] = 20, 100
    return found


def missed(result: Json, wanted: dict[str, float]) -> list[str]:
    """`ratio 1.21 > 1.15`, one for each goal that the result has a figure for and does not keep."""
    figures = {name: _figure(result, name) for name in wanted}
    return [
        f"{name} {value:g} > {wanted[name]:g}"
        for name, value in figures.items()
        if value is not None and value > wanted[name]
    ]


def gross(result: Json, scenario: Scenario) -> bool:
    cpu = result["cpu_ms_per_task"] if scenario.pods >= _FOR_GROSS_CPU else 0
    return bool(result["ratio"] > _GROSS_RATIO or cpu > _GROSS_CPU_MS)


def _figure(result: Json, name: str) -> float | None:
    for part in name.split("."):
        result = result.get(part, {})
    return result if isinstance(result, int | float) else None
