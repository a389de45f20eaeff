"""The plugin as krew installs it: its manifest, and the script that krew links."""

import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent


def test_the_manifest_names_the_script_and_the_archive_that_make_krew_builds():
    text = (ROOT / ".krew.yaml").read_text()
    (archive,) = re.findall(r'addURIAndSha ".*/(\S+)" \.TagName', text)
    assert f"dist/{archive}" in (ROOT / "Makefile").read_text()
    manifest = yaml.safe_load(re.sub(r"\{\{ addURIAndSha.*\}\}", "uri: u", text).replace("{{ .TagName }}", "v1"))
    assert manifest["metadata"]["name"] == "sluice"
    (platform,) = manifest["spec"]["platforms"]
    assert (ROOT / ".krew" / platform["bin"]).stat().st_mode & 0o111


def test_the_script_runs_what_is_installed_beside_it_through_links(tmp_path):
    store, bin_ = tmp_path / "store", tmp_path / "bin"
    (store / "venv/bin").mkdir(parents=True)
    bin_.mkdir()
    (store / "kubectl-sluice").write_text((ROOT / ".krew/kubectl-sluice").read_text())
    (store / "venv/ready").touch()
    (store / "venv/bin/kubectl-sluice").write_text('#!/bin/sh\necho "$# $2"\n')
    for program in (store / "kubectl-sluice", store / "venv/bin/kubectl-sluice"):
        program.chmod(0o755)
    (bin_ / "kubectl-sluice").symlink_to("../store/kubectl-sluice")
    command = [str(bin_ / "kubectl-sluice"), "approve", "it's fine"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "2 it's fine\n"
