"""`make bench [SCENARIOS="wide-1000 chain-20"]`: the operator's time over that of plain pods, in turns on one cluster.

One JSON object a line on standard output, progress on standard error, and at the end a chart in bench.svg. BENCH=quick
runs the short scenarios only. It fails only where something must be broken; what misses its goal is in `missed`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.perf.chart import Bar, chart
from tests.perf.cluster import ROOT, connect, opened
from tests.perf.goals import gross
from tests.perf.operated import Operator
from tests.perf.rounds import measure
from tests.perf.scenarios import SCENARIOS


async def bench(names: list[str]) -> None:
    cluster = opened()
    kube = await connect(cluster)
    results, broken = [], []
    with tempfile.TemporaryDirectory() as directory:
        try:
            for name in names:
                operator = Operator(cluster, Path(directory) / "operator.log")
                results.append(await measure(kube, cluster, operator, SCENARIOS[name]))
                print(json.dumps(results[-1]), flush=True)
                broken += [name] if gross(results[-1], SCENARIOS[name]) else []
        finally:
            await kube.close()
    bars = [Bar(result["name"], result["ratio"], result["goal"]) for result in results]
    (ROOT / "bench.svg").write_text(chart("Time with the operator over that of plain pods, and its goal", bars))
    if not os.environ.get("KEEP_CLUSTER"):
        cluster.down()
    if broken:
        sys.exit(f"far too slow: {', '.join(broken)}")


def main() -> None:
    quick = os.environ.get("BENCH") == "quick"
    names = sys.argv[1:] or [name for name, scenario in SCENARIOS.items() if scenario.quick or not quick]
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        sys.exit(f"no scenario is called {', '.join(unknown)}; there are: {', '.join(SCENARIOS)}")
    asyncio.run(bench(names))


main()
