"""`make chaos`: breaks things while runs go on, and prints the verdict as one line of JSON.

SEED repeats the choices of an earlier one; FAULTS is how many must hit. Exit code 1: something was wrong.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.performance import perform
from tests.cluster import open_cluster
from tests.cluster.progress import say


def main() -> int:
    seed = os.environ.get("SEED") or str(time.time_ns() % 100_000)
    faults = int(os.environ.get("FAULTS", "30"))
    cluster = open_cluster(os.environ.get("CLUSTER_NAME", "sluice-chaos"), kwok_nodes=2, node=False, audit=True)
    directory = Path(tempfile.mkdtemp(prefix="sluice-chaos-"))
    say(f"SEED={seed} FAULTS={faults}, the operators' logs are in {directory}")
    try:
        found = perform(cluster, seed, faults, directory)
    finally:
        if not os.environ.get("KEEP_CLUSTER"):
            cluster.down()
    print(json.dumps(found))
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
