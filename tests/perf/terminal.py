"""`python -m tests.perf.terminal`: how long `sluice` takes for help, for its first words, and to list 2,000 runs.

Each is the shortest of several times, and stands beside that of `python3 -c pass`, taken in turns with it: the machine
may be slow, or busy. It takes an API server without nodes and without an operator. One JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from sluice.api import API_VERSION
from sluice.controller.kube.paths import our_path
from tests.cluster import Cluster, open_cluster
from tests.perf.cluster import connect, install_crds, say

_RUNS, _TASKS, _IN_FLIGHT, _ROUNDS = 2000, 60, 32, 7
_PROGRAM = Path(sys.executable).with_name("sluice")
_NAMESPACE = "default"
_CASES = {
    "ls --help": (["ls", "--help"], 0.3),
    "first words": (["ls", "--namespace", "kube-public"], 0.3),
    "ls of 2,000 runs": (["ls"], 1.5),
}
"""Arguments, and the goal in seconds."""


async def _fill(cluster: Cluster) -> None:
    """Runs that have ended, each with the status of 60 tasks."""
    kube = await connect(cluster)
    gate = asyncio.Semaphore(_IN_FLIGHT)
    times = {"startedAt": "2026-03-01T02:00:00Z", "finishedAt": "2026-03-01T02:09:40Z"}
    entry = {"phase": "Succeeded", "attempt": 1, **times}
    status = {
        "observedGeneration": 1,
        "phase": "Succeeded",
        "progress": f"{_TASKS}/{_TASKS}",
        **times,
        "tasks": {f"task-{number:02}": {**entry, "pod": f"pod-{number}"} for number in range(_TASKS)},
    }

    async def make(number: int) -> None:
        name = f"etl-{number:04}"
        body = {
            "apiVersion": API_VERSION,
            "kind": "WorkflowRun",
            "metadata": {"name": name},
            "spec": {"workflow": "etl"},
        }
        async with gate:
            await kube.create(our_path(_NAMESPACE, "workflowruns"), body)
            await kube.patch(f"{our_path(_NAMESPACE, 'workflowruns', name)}/status", {"status": status})

    await asyncio.gather(*(make(number) for number in range(_RUNS)))
    await kube.close()


def _timed(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return time.perf_counter() - began, done.stdout


def _measure(name: str, arguments: list[str], goal_s: float, environment: dict[str, str]) -> None:
    empty, ours, text = [], [], ""
    for _ in range(_ROUNDS):
        empty.append(_timed(["python3", "-c", "pass"], environment)[0])
        seconds, text = _timed([str(_PROGRAM), *arguments], environment)
        ours.append(seconds)
    result = {"name": name, "seconds": round(min(ours), 3), "goal": goal_s, "ratio": round(min(ours) / min(empty), 1)}
    print(json.dumps(result | {"lines": text.count("\n")}), flush=True)


def main() -> None:
    cluster = open_cluster(os.environ.get("CLUSTER_NAME", "sluice-terminal"), node=False)
    try:
        install_crds(cluster)
        say(f"making {_RUNS} runs")
        asyncio.run(_fill(cluster))
        environment = os.environ | {"KUBECONFIG": str(cluster.kubeconfig)}
        for name, (arguments, goal_s) in _CASES.items():
            _measure(name, arguments, goal_s, environment)
    finally:
        cluster.down()


if __name__ == "__main__":
    main()
