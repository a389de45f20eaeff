"""`python -m tests.perf.terminal`: how long `sluice` takes for help, for its first words, to list 2,000 runs, and to
plan 2,000 tasks or 10,000 items.

Each is the shortest of several times, and stands beside that of `python3 -c pass`, taken in turns with it: the machine
may be slow, or busy. It takes an API server without nodes and without an operator. One JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from sluice.api import API_VERSION
from sluice.controller.kube.paths import our_path
from tests.cluster import Cluster, open_cluster
from tests.perf.cluster import connect, install_crds, say

_RUNS, _TASKS, _IN_FLIGHT, _ROUNDS = 2000, 60, 32, 7
_TASKS_PLANNED, _ITEMS_PLANNED = 2000, 10_000
_PROGRAM = Path(sys.executable).with_name("sluice")
_NAMESPACE = "default"
_CASES = {
    "ls --help": (["ls", "--help"], 0.3),
    "first words": (["ls", "--namespace", "kube-public"], 0.3),
    "ls of 2,000 runs": (["ls"], 1.5),
    "plan of 2,000 tasks": (["plan", "tasks.yaml", "--offline"], 2.0),
    "plan of 10,000 items": (["plan", "items.yaml", "--offline"], 2.0),
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


def _planned(folder: Path) -> None:
    """The files that are planned: layers of 20 tasks, each after five of the layer before; and a fan-out."""
    layers = [[f"t{layer}-{number}" for number in range(20)] for layer in range(_TASKS_PLANNED // 20)]
    before = [[], *(layer[:5] for layer in layers)]
    tasks = [_task(name, *after) for layer, after in zip(layers, before, strict=False) for name in layer]
    items = [_task("each") | {"forEach": {"range": {"end": _ITEMS_PLANNED}}}, _task("all", "each")]
    for name, graph in (("tasks", tasks), ("items", items)):
        spec = {"defaults": {"image": "busybox"}, "parallelism": 16, "tasks": graph}
        body = {"apiVersion": API_VERSION, "kind": "Workflow", "metadata": {"name": name}, "spec": spec}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(body))


def _task(name: str, *after: str) -> dict[str, object]:
    return {"name": name, "dependsOn": list(after), "command": ["true"], "expectedDuration": "1m"}


def _timed(command: list[str], environment: dict[str, str], folder: Path) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return time.perf_counter() - began, done.stdout


def _measure(name: str, arguments: list[str], goal_s: float, environment: dict[str, str], folder: Path) -> None:
    empty, ours, text = [], [], ""
    for _ in range(_ROUNDS):
        empty.append(_timed(["python3", "-c", "pass"], environment, folder)[0])
        seconds, text = _timed([str(_PROGRAM), *arguments], environment, folder)
        ours.append(seconds)
    result = {"name": name, "seconds": round(min(ours), 3), "goal": goal_s, "ratio": round(min(ours) / min(empty), 1)}
    print(json.dumps(result | {"lines": text.count("\n")}), flush=True)


def main() -> None:
    cluster = open_cluster(os.environ.get("CLUSTER_NAME", "sluice-terminal"), node=False)
    try:
        install_crds(cluster)
        say(f"making {_RUNS} runs")
        asyncio.run(_fill(cluster))
        # An installed program has its byte code.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"KUBECONFIG": str(cluster.kubeconfig)}
        with tempfile.TemporaryDirectory() as folder:
            _planned(Path(folder))
            for name, (arguments, goal_s) in _CASES.items():
                _measure(name, arguments, goal_s, environment, Path(folder))
    finally:
        cluster.down()


if __name__ == "__main__":
    main()
