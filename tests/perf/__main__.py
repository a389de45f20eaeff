"""`make bench [SCENARIOS="wide-1000 chain-20"]`: the operator's time over that of plain pods, in turns on one cluster.

Two more look at the operator alone: `idle-2000` (for so many `--minutes`) and `restart-10000`; `growth` measures how
costs grow with what there is (see growth.py), `page` how soon `sluice ui` shows what there is (see page.py). One JSON
object a line on standard output, progress on standard error, and at the end a chart in bench.svg. BENCH=quick runs the
short scenarios only. It fails only where something must be broken; the goals that are not kept are in `missed`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import uvloop

from sluice.controller.kube.client import KubeClient
from tests.cluster import Cluster
from tests.perf.chart import Bar, chart
from tests.perf.cluster import ROOT, connect, opened
from tests.perf.goals import gross
from tests.perf.growth import NAME as GROWTH
from tests.perf.growth import growth
from tests.perf.idle import NAME as IDLE
from tests.perf.idle import idle
from tests.perf.operated import Operator
from tests.perf.page import NAME as PAGE
from tests.perf.page import page
from tests.perf.restart import NAME as RESTART
from tests.perf.restart import restart
from tests.perf.rounds import measure
from tests.perf.scenarios import SCENARIOS, Json


async def bench(names: list[str], minutes: float) -> None:
    cluster = opened()
    kube = await connect(cluster)
    results = []
    try:
        for name in names:
            results.append(await _result(kube, cluster, name, minutes))
            print(json.dumps(results[-1]), flush=True)
    finally:
        await kube.close()
    compared = [result for result in results if "ratio" in result]
    bars = [Bar(result["name"], result["ratio"], result["goal"]) for result in compared]
    if bars:
        (ROOT / "bench.svg").write_text(chart("Time with the operator over that of plain pods, and its goal", bars))
    if not os.environ.get("KEEP_CLUSTER"):
        cluster.down()
    if broken := [result["name"] for result in compared if gross(result, SCENARIOS[result["name"]])]:
        sys.exit(f"far too slow: {', '.join(broken)}")


async def _result(kube: KubeClient, cluster: Cluster, name: str, minutes: float) -> Json:
    with tempfile.TemporaryDirectory() as directory:
        operator = Operator(cluster, Path(directory) / "operator.log")
        if name == IDLE:
            return await idle(kube, operator, minutes)
        if name == GROWTH:
            return await growth(kube, cluster)
        if name == PAGE:
            return await page(kube, cluster)
        if name == RESTART:
            return await restart(kube, operator)
        return await measure(kube, cluster, operator, SCENARIOS[name])


def main() -> None:
    known = [*SCENARIOS, IDLE, RESTART, GROWTH, PAGE]
    quick = [name for name, scenario in SCENARIOS.items() if scenario.quick]
    parser = argparse.ArgumentParser(prog="python3 -m tests.perf", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--minutes", type=float, default=10, help="how long to watch the idle operator")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no {', '.join(unknown)}")
    names = options.names or (quick if os.environ.get("BENCH") == "quick" else known)
    uvloop.run(bench(names, options.minutes))  # the operator's event loop, for the plain pods too


main()
