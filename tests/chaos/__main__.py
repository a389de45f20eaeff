"""`make chaos`: breaks things while runs go on, and prints the verdict as one line of JSON.

SEED repeats the choices of an earlier one; FAULTS is how many must hit; with NODES=real pods are containers of a real
node, else simulated. Exit code 1: something was wrong.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.nodes import RealNode, SimulatedNodes
from tests.chaos.performance import perform
from tests.cluster import open_cluster
from tests.cluster.progress import say


def main() -> int:
    seed = os.environ.get("SEED") or str(time.time_ns() % 100_000)
    faults = int(os.environ.get("FAULTS", "30"))
    real = os.environ.get("NODES") == "real"
    name = os.environ.get("CLUSTER_NAME", "sluice-chaos")
    cluster = open_cluster(name, kwok_nodes=0 if real else 2, node=real, audit=True)
    directory = Path(tempfile.mkdtemp(prefix="sluice-chaos-"))
    directory.chmod(0o755)  # containers read how they end
    ends = directory / "ends"
    ends.mkdir()
    say(f"SEED={seed} FAULTS={faults}, the operators' logs are in {directory}")
    try:
        found = perform(cluster, RealNode(ends) if real else SimulatedNodes(), seed, faults, directory)
    finally:
        if not os.environ.get("KEEP_CLUSTER"):
            cluster.down()
    print(json.dumps(found))
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
