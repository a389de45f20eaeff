"""Nothing from outside enters a build by a name alone: actions by commit, packages by hash."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
LOCKS = [ROOT / "operator/requirements.lock", ROOT / "operator/build.lock", ROOT / "tests/requirements.lock"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_named_by_their_commit(workflow):
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    used = [step["uses"] for job in jobs for step in job["steps"] if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_locked_package_has_hashes(lock):
    packages = re.split(r"^(?=\S+==)", lock.read_text(), flags=re.MULTILINE)[1:]
    assert packages
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("lock", LOCKS[1:], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_build_backend_is_locked_as_the_project_asks_for_it(lock):
    (backend,) = PROJECT["build-system"]["requires"]
    assert re.search(rf"^{re.escape(backend)} ", lock.read_text(), re.MULTILINE)


@pytest.mark.parametrize("file", ["Dockerfile", "Makefile"])
def test_whatever_pip_installs_has_a_hash_or_is_our_own(file):
    commands = re.findall(r"pip\b[^\n]* (?:install|wheel) [^\n]*", (ROOT / file).read_text())
    assert commands
    ours = {"--no-deps", "--no-build-isolation"}, {"--no-deps", "--no-index"}
    for command in commands:
        words = set(command.split())
        assert "--require-hashes" in words or any(known <= words for known in ours), command
