"""The page's third-party modules: in a wheel from a fresh clone, by npm where there is one and without."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sluice.page import assets

ROOT = Path(__file__).parents[2]
MODULES = {"preact.js", "hooks.js", "signals-core.js", "signals.js", "htm.js"}


def wheel(folder, **environment):
    """The names of the page's modules in a wheel that is built from what is in Git."""
    clone = folder / "clone"
    names = subprocess.run(["git", "ls-files", "operator"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in names.splitlines() if (ROOT / name).exists()]
    for name in [*names, "pyproject.toml", "README.md", "LICENSE"]:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, clone / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, clone]
    subprocess.run(command, env=os.environ | environment, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    prefix = "sluice/page/static/modules/"
    return {name.removeprefix(prefix) for name in zipfile.ZipFile(file).namelist() if name.startswith(prefix)}


def test_a_wheel_from_a_fresh_clone_has_them_where_no_npm_is_on_the_path(tmp_path):
    found = wheel(tmp_path, PATH=str(tmp_path))
    assert found >= MODULES | {"LICENSE.preact", "LICENSE.signals", "LICENSE.htm"}


def test_a_wheel_can_be_built_without_them(tmp_path):
    assert wheel(tmp_path, SLUICE_PAGE="skip") == set()


def test_without_them_it_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "MODULES", tmp_path)
    with pytest.raises(assets.NoPage, match="make page"):
        assets.index()


def test_the_script_is_small_enough_to_be_read():
    files = [file for file, kind in assets.files().values() if kind == "text/javascript"]
    assert sum(file.stat().st_size for file in files) < 300_000
    assert max(len(file.read_text().splitlines()) for file in files if file.parent.name != "modules") < 250
