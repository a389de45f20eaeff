"""`make demo`: a cluster, the operator installed from its image and chart, and an example that runs before your
eyes."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cluster import open_cluster
from tests.install import install

_ROOT = Path(__file__).parent.parent
_EXAMPLE = _ROOT / "examples/01-parallel.yaml"


def main() -> int:
    cluster = open_cluster(os.environ.get("CLUSTER_NAME", "sluice"))
    install(cluster)
    environment = os.environ | {"KUBECONFIG": str(cluster.kubeconfig)}
    kubectl = str(cluster.bin / "kubectl")
    subprocess.run([kubectl, "delete", "--ignore-not-found", "-f", _EXAMPLE], env=environment, check=True)
    subprocess.run([kubectl, "apply", "-f", _EXAMPLE], env=environment, check=True)
    watched = subprocess.run(
        [sys.executable, "-m", "sluice.cli.main", "watch", "workflow/parallel"], env=environment, check=False
    )
    path = f"{cluster.bin}:{Path(sys.executable).parent}:$PATH"
    print(f"\nLook around: export KUBECONFIG={cluster.kubeconfig} PATH={path}")
    print(
        "             sluice ls; sluice graph parallel; sluice logs parallel; kubectl get workflows,workflowruns,pods"
    )
    print("             sluice ui       shows it all in a browser       (make cluster-down ends it all)")
    return watched.returncode


if __name__ == "__main__":
    sys.exit(main())
