"""All verbs: their help is there at once and has an example, and errors are short."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from sluice.cli.main import main
from sluice.cli.suggestion import as_typed
from sluice.client.access import Access
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


def test_each_verb_has_a_summary_that_fits_into_80_columns():
    summaries = CliRunner().invoke(main, ["--help"], terminal_width=80).output.partition("Commands:")[2]
    assert len(summaries.split("\n  ")) == len(VERBS) + 1
    assert "..." not in summaries


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("run a has not ended; see: sluice watch a", "run a has not ended; see: sluice watch a -n team --as 'a b'"),
        ("you may not: kubectl auth can-i get pods -n x", "you may not: kubectl auth can-i get pods -n x --as 'a b'"),
        ("you may not: kubectl auth can-i get pods -A", "you may not: kubectl auth can-i get pods -A --as 'a b'"),
        ("Nothing was changed.   kubectl apply -f e", "Nothing was changed.   kubectl apply -f e -n team --as 'a b'"),
        ("sluice: it is no command", "sluice: it is no command"),
        ("a: kubectl reads y as true; write 'y'", "a: kubectl reads y as true; write 'y'"),
    ],
)
def test_a_command_that_is_suggested_asks_the_same_cluster(line, typed):
    with click.Context(main, obj=Access(namespace="team", as_user="a b")):
        assert as_typed(line) == typed
    assert as_typed(line) == line


def test_an_error_has_its_command_with_the_flags_that_were_given(tmp_path):
    kubeconfig = write_kubeconfig(tmp_path, "http://127.0.0.1:1", {})
    answer = CliRunner().invoke(main, ["watch", "etl/load", "-n", "team", "--kubeconfig", str(kubeconfig)])
    line = f"for one task: sluice logs etl/load -f --kubeconfig {kubeconfig} -n team\n"
    assert answer.output.endswith(line)


def test_a_server_that_does_not_answer_can_be_looked_at(tmp_path):
    kubeconfig = write_kubeconfig(tmp_path, "http://127.0.0.1:1", {})
    answer = CliRunner().invoke(main, ["ls", "--kubeconfig", str(kubeconfig)])
    assert answer.output.startswith("Error: no answer from http://127.0.0.1:1 (")
    assert answer.output.endswith(f"\nTo see for yourself: kubectl get --raw /readyz --kubeconfig {kubeconfig}\n")


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
        (["logs", "etl", "--item", "x"], "'--item': 'x' is no number and no interval; write for example 3,7-9\n"),
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
