"""Each example states what it shows and its result. tests/e2e runs them on a cluster."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from sluice.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(EXAMPLES.rglob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_states_what_it_shows_and_its_result(file):
    text = file.read_text()
    assert text.startswith("# Shows: ")
    assert re.search(r"^# Result: (Succeeded|Failed|Refused); ", text, re.MULTILINE)
    assert set(re.findall(r"image: (\S+)", text)) <= {"busybox:1.35", "python:3.13-slim"}


@pytest.mark.parametrize("start_method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_works_with_every_start_method(tmp_path, start_method):
    (task,) = yaml.safe_load((EXAMPLES / "03-multiprocessing.yaml").read_text())["spec"]["tasks"]
    main = 'if __name__ == "__main__":\n'
    chosen = f"    import multiprocessing\n    multiprocessing.set_start_method('{start_method}')\n"
    script = tmp_path / "script"  # without a suffix, as in the pod
    script.write_text(task["python"].replace(main, main + chosen))
    assert chosen in script.read_text()
    answer = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert answer.stdout == "[0, 1, 4, 9, 16, 25, 36, 49]\n"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("[0-9]*.yaml")), ids=lambda file: file.stem)
def test_an_example_has_a_plan_in_which_all_goes_well(file):
    answer = CliRunner().invoke(main, ["plan", str(file), "--offline", "-o", "json"])
    assert answer.exit_code == 0, answer.output
    for found in json.loads(answer.output)["plans"]:
        assert found["trouble"] is None, found
        assert {task["does"] for task in found["tasks"]} <= {"runs", "skipped"}
