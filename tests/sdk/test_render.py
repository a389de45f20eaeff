"""`sluice render`: what it prints is stable and passes lint, and mistakes end it with 2."""

import pytest
from click.testing import CliRunner

from sluice.cli.main import main
from tests.e2e.kubernetes import EXAMPLES

FILES = sorted((EXAMPLES / "python").glob("*.py"))


def sluice(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_example_is_rendered_stably_and_passes_lint(file, tmp_path):
    first = sluice("render", file)
    assert first.exit_code == 0, first.output
    assert sluice("render", file, "-o", tmp_path / "out.yaml").exit_code == 0
    assert (tmp_path / "out.yaml").read_text() == first.stdout
    linted = sluice("lint", tmp_path / "out.yaml")
    assert linted.exit_code == 0, linted.output
    assert "warning" not in linted.output


def test_what_the_file_prints_is_no_manifest_and_mistakes_end_with_2(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text("from sluice import workflow\nprint('loading')\n@workflow\ndef w(): pass\n")
    done = sluice("render", file)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{file}:3: spec.tasks: " in done.stderr
