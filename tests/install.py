"""Installs the operator into a cluster as a user would: the image from the Dockerfile, and the chart by Helm."""

import os
import subprocess
import time
from pathlib import Path

from tests.cluster import Cluster

NAMESPACE = "sluice-system"
RELEASE = "sluice"
CHART = Path(__file__).parent.parent / "charts/sluice"


def install(
    cluster: Cluster, *values: str, release: str = RELEASE, namespace: str = NAMESPACE, chart: Path = CHART
) -> None:
    """Installs or upgrades, and waits until the operator is ready. `values` are Helm's `--set` arguments."""
    started = time.monotonic()
    repository, _, tag = cluster.build_operator_image().partition(":")
    settings = [f"image.repository={repository}", f"image.tag={tag}", "image.pullPolicy=Never", *values]
    command = ["upgrade", "--install", release, str(chart), "--create-namespace", "--wait", "--timeout", "300s"]
    helm(cluster, namespace, *command, *(word for setting in settings for word in ("--set", setting)))
    print(f"[{time.monotonic() - started:6.1f}s] the operator is installed in namespace {namespace}")


def helm(cluster: Cluster, namespace: str, *arguments: str) -> str:
    """Runs helm and returns what it printed."""
    return subprocess.run(
        [str(cluster.bin / "helm"), "--namespace", namespace, *arguments],
        env=os.environ | {"KUBECONFIG": str(cluster.kubeconfig)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
