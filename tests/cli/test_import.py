"""`sluice import airflow`: where the manifests go, what is reported, and the exit code."""

import pytest
from click.testing import CliRunner

from sluice.cli.main import main
from sluice.importers.airflow.record import isolation

EXACT = """
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("one", schedule=None, tags=["x"]):
    BashOperator(task_id="a", bash_command="true")
with DAG("two", schedule=None):
    BashOperator(task_id="a", bash_command="true")
"""
LOSSY = EXACT.replace('"true")', '"true", depends_on_past=True)', 1)
REFUSED = 'raise ValueError("\\x1b[2J no")\n'


@pytest.fixture
def run(tmp_path):
    def sluice(text, *options):
        (tmp_path / "etl.py").write_text(text)
        return CliRunner().invoke(main, ["import", "airflow", str(tmp_path / "etl.py"), *options])

    return sluice


def test_to_standard_output(run):
    done = run(EXACT)
    assert (done.exit_code, done.stderr) == (0, "2 tasks: 2 exact\n")
    assert done.stdout.count("\n---\n") == 1


def test_a_file_for_each_workflow(run, tmp_path):
    done = run(EXACT, "-o", str(tmp_path / "out"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one.yaml", "two.yaml"]


def test_losses_are_listed_with_their_lines(run, tmp_path):
    done = run(LOSSY)
    assert done.exit_code == 3
    assert f"{tmp_path}/etl.py:5: nearly: depends_on_past: " in done.stderr
    assert done.stderr.endswith("2 tasks: 1 exact, 1 nearly (line 5: depends_on_past)\n")
    assert f"  # {tmp_path}/etl.py:5: depends_on_past: " in done.stdout


def test_check_writes_nothing(run, tmp_path):
    done = run(LOSSY, "--check", "--verbose", "-o", str(tmp_path / "out"))
    assert (done.exit_code, done.stdout) == (3, "")
    assert not (tmp_path / "out").exists()
    assert "etl.py:4: note: tags of the DAG have no meaning here" in done.stderr


def test_what_is_refused_cannot_reach_the_terminal(run):
    done = run(REFUSED)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "\x1b" not in done.stderr
    assert "etl.py:1: refused: ValueError: " in done.stderr


def test_where_nothing_can_isolate_it_has_to_be_allowed(run, monkeypatch):
    monkeypatch.setattr(isolation, "_unshare_works", lambda: False)
    monkeypatch.setattr(isolation.shutil, "which", lambda _: None)
    done = run(EXACT)
    assert done.exit_code == 2
    assert "add --exec" in done.stderr
    assert run(EXACT, "--exec").exit_code == 0
    assert run(EXACT, "--no-exec").exit_code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--env", "X"], "--env X: write NAME=VALUE"),
        (["--exec", "--no-exec"], "give one of them"),
        (["--variables", __file__], "this is no JSON"),
    ],
)
def test_wrong_usage(run, options, words):
    done = run(EXACT, *options)
    assert done.exit_code == 2
    assert words in done.stderr
