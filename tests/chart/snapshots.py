"""Snapshots of what the chart renders for some sets of values, so that a change to the chart shows in the diff.

`make snapshots` rewrites them. They omit the CRDs, which have their own test.
"""

import shutil
import subprocess
from pathlib import Path

from tests.cluster import binaries

CHART = Path(__file__).parents[2] / "charts/sluice"
SNAPSHOTS = Path(__file__).parent / "snapshots"
# A helm built with `go install` assumes a very old Kubernetes unless it is given a version.
ON_135 = ("--kube-version", "1.35.0")


def value_sets() -> list[Path]:
    return sorted(SNAPSHOTS.glob("*.values.yaml"))


def snapshot_of(values: Path) -> Path:
    return values.with_name(values.name.replace(".values", ""))


def program() -> str:
    """The path of helm: the machine's own, or else the cluster harness's."""
    return shutil.which("helm") or str(binaries.build(binaries.HELM))


def rendered(values: Path) -> str:
    command = ["template", "sluice", str(CHART), "--namespace", "sluice-system", "--values", str(values)]
    without_crds = ["--set", "crds.install=false"]
    return subprocess.run(
        [program(), *command, *without_crds, *ON_135], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


if __name__ == "__main__":
    for values in value_sets():
        snapshot_of(values).write_text(rendered(values))
