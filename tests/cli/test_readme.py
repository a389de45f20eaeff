"""What the README shows of the command line is what it prints."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluice.cli.main import main

ROOT = Path(__file__).parent.parent.parent
SHOWN = re.findall(r"^```\n\$ sluice ([^\n]*)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("arguments", "output"), SHOWN, ids=[arguments for arguments, _ in SHOWN])
def test_what_is_shown_is_printed(arguments, output, monkeypatch):
    monkeypatch.chdir(ROOT)
    answer = CliRunner().invoke(main, arguments.split())
    assert [line.rstrip() for line in answer.output.splitlines()] == [line.rstrip() for line in output.splitlines()]


def test_both_blocks_are_found():
    assert [arguments.split()[0] for arguments, _ in SHOWN] == ["plan", "graph"]
