"""What README says that an import prints is what it prints."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluice.cli.main import main

ROOT = Path(__file__).parents[2]
LINES = re.findall(r"^sluice (import .+) -o workflows +# (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize(("command", "said"), LINES, ids=[command for command, _ in LINES])
def test_an_import_comes_to_what_readme_says(command, said, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(main, [*command.split(), "-o", str(tmp_path)])
    assert done.output.splitlines()[-1] == said


def test_readme_shows_both():
    assert [command.split()[1] for command, _ in LINES] == ["airflow", "argo"]
