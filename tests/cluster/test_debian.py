"""Missing packages are installed by one process at a time: a new machine's tests ask for several at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster.debian import Package, require

if TYPE_CHECKING:
    import pytest

APT_GET = """#!/bin/sh
mkdir {home}/lock || exit 100 # as the real one does when another holds its lock
for name; do :; done # the last argument
sleep 0.2
touch {home}/$name
echo $name >> {home}/calls
rmdir {home}/lock
"""


def test_packages_that_several_ask_for_at_once_are_installed_one_after_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text(APT_GET.format(home=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    packages = [Package(name, str(tmp_path / name), "a test") for name in ("one", "two", "one")]
    with ThreadPoolExecutor() as pool:
        list(pool.map(require, ([package] for package in packages)))
    assert sorted((tmp_path / "calls").read_text().split()) == ["one", "two"]
