from __future__ import annotations

import shutil
import subprocess
from typing import Protocol

import pytest

from tests.cluster import binaries


class Helm(Protocol):
    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Runs helm, the machine's own or the harness's, and returns how it ended."""
    program = shutil.which("helm") or binaries.build(binaries.HELM)

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)

    return call
