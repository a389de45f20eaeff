"""All verbs: their help is there at once and has an example, and errors are short."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from sluice.cli.main import main
from tests.client.server import write_kubeconfig

VERBS = main.list_commands(None)
HEAVY = ("aiohttp", "kubernetes", "pydantic", "rich", "yaml")


@pytest.mark.parametrize("verb", VERBS)
def test_help_loads_click_and_our_own_light_modules(verb):
    code = f"""
import sys
from sluice.cli.main import main
try:
    main(["{verb}", "--help"])
except SystemExit:
    pass
print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []
    assert "Example: " in done.stdout
    assert f"sluice {verb}" in done.stdout.partition("Example: ")[2]


def test_without_a_kubeconfig_a_verb_says_what_to_do(tmp_path):
    answer = CliRunner().invoke(main, ["ls", "--context", "x"], env={"KUBECONFIG": str(tmp_path / "none")})
    assert answer.exit_code == 2
    assert answer.output.startswith("Error: there is no kubeconfig at ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["stpo"], "there is no command 'stpo'; did you mean 'stop'?"),
        (["stop"], "Missing argument 'RUN'"),
        (["suspend"], "Missing argument 'NAME'"),
        (["retry", "etl", "--task", "a", "--task", "b", "--item", "3"], "--item goes with one --task"),
        (["retry", "Etl"], "is no name of a run"),
        (["run", "etl", "--wait", "--dry-run"], "--wait, --follow and --logs go with neither"),
        (["ls", "-w", "-o", "json"], "-w goes with the table"),
        (["ls", "--request-timeout", "soon"], "'soon' is no duration"),
        (["backfill", "etl", "--from", "2026-03-01"], "Missing option '--until'"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments, words, tmp_path):
    kubeconfig = write_kubeconfig(tmp_path, "http://127.0.0.1:1", {})
    answer = CliRunner().invoke(main, arguments, env={"KUBECONFIG": str(kubeconfig)})
    assert answer.exit_code == 2
    assert words in answer.output
    assert "Traceback" not in answer.output
