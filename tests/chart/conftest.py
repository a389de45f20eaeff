from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from tests.cluster import binaries

CHART = Path(__file__).parents[2] / "charts/sluice"
# A helm that was not released but built with `go install` takes the cluster for an ancient one, unless it is told.
ON_135 = ("--kube-version", "1.35.0")


class Helm(Protocol):
    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Runs helm, the machine's own or the harness's, and returns how it ended."""
    program = shutil.which("helm") or binaries.build(binaries.HELM)

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)

    return call


class Render(Protocol):
    def __call__(self, release: str = ..., chart: Path = ..., kube: str = ..., **values: Any) -> dict[str, Any]: ...


@pytest.fixture
def render(helm: Helm) -> Render:
    """The objects of `helm template`, by kind. Values are given as dotted names: render(**{"image.tag": "dev"})."""

    def template(
        release: str = "sluice", chart: Path = CHART, kube: str = "1.35.0", **values: Any
    ) -> dict[str, list[dict[str, Any]]]:
        chosen = [f"--set-json={name}={json.dumps(value)}" for name, value in values.items()]
        answer = helm("template", release, chart, "--namespace", "sluice-system", "--kube-version", kube, *chosen)
        assert answer.returncode == 0, answer.stderr
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for found in filter(None, yaml.safe_load_all(answer.stdout)):
            by_kind.setdefault(found["kind"], []).append(found)
        return by_kind

    return template
