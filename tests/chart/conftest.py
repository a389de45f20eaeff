from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from tests.chart.snapshots import CHART, program


class Helm(Protocol):
    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Runs helm; does not raise if it fails."""
    executable = program()

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([executable, *map(str, arguments)], capture_output=True, text=True, check=False)

    return call


class Render(Protocol):
    def __call__(
        self, release: str = ..., chart: Path = ..., kube: str = ..., *, hooks: bool = ..., **values: Any
    ) -> dict[str, Any]: ...


@pytest.fixture
def render(helm: Helm) -> Render:
    """The objects that `helm template` renders, by kind: those that are installed or, with `hooks`, the hooks.

    Values are dotted names: render(**{"image.tag": "dev"}).
    """

    def template(
        release: str = "sluice", chart: Path = CHART, kube: str = "1.35.0", *, hooks: bool = False, **values: Any
    ) -> dict[str, list[dict[str, Any]]]:
        options = [f"--set-json={name}={json.dumps(value)}" for name, value in values.items()]
        answer = helm("template", release, chart, "--namespace", "sluice-system", "--kube-version", kube, *options)
        assert answer.returncode == 0, answer.stderr
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for item in filter(None, yaml.safe_load_all(answer.stdout)):
            if ("helm.sh/hook" in item["metadata"].get("annotations", {})) is hooks:
                by_kind.setdefault(item["kind"], []).append(item)
        return by_kind

    return template
