"""The exit codes of `sluice watch`, and its output without a terminal."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from sluice.cli.main import main
from sluice.cli.watch.api import Api
from tests.cli.scripted import BROKEN, Script, not_found
from tests.cli.statuses import at, manifest


@pytest.fixture
def watch(monkeypatch):
    def start(script, *arguments):
        monkeypatch.setattr(Api, "connect", lambda *_: script)
        return CliRunner().invoke(main, ["watch", *(arguments or ["r"])])

    return start


def ended(phase, **status):
    return Script({"workflowruns/r": [manifest({"phase": phase, "finishedAt": at(9), **status}, name="r")]})


@pytest.mark.parametrize(("phase", "code"), [("Succeeded", 0), ("Failed", 1), ("Stopped", 1)])
def test_exit_code(watch, phase, code):
    assert watch(ended(phase)).exit_code == code


def test_a_failed_task_comes_with_the_way_to_its_log(watch):
    failed = {"phase": "Failed", "pod": "r-a-1-x", "reason": "Error", "message": "exit code 3", "finishedAt": at(9)}
    result = watch(ended("Failed", progress="0/1, 1 failed", tasks={"a": failed}))
    assert [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in result.stdout.splitlines()] == [
        "a Failed Error: exit code 3",
        "r Failed 0/1, 1 failed 9s",
        "Log of a: kubectl logs -n default r-a-1-x -c main",
    ]


def test_ctrl_c_leaves_the_run_alone(watch):
    result = watch(Script({"workflowruns/r": [manifest({})]}, [[KeyboardInterrupt()]]))
    assert (result.exit_code, result.stderr) == (130, "The run goes on.\n")


def test_a_run_that_cannot_be_watched(watch):
    result = watch(Script({"workflowruns/r": [not_found("r")]}))
    assert (result.exit_code, result.stderr) == (2, 'Error: workflowruns.sluice.dev "r" not found\n')
    result = watch(Script({"workflowruns/r": [BROKEN]}))
    assert (result.exit_code, result.stderr) == (2, "Error: no answer from https://cluster (Connection refused)\n")


def test_a_refused_workflow(watch):
    no = {"type": "Accepted", "status": "False", "message": "one fault\nanother \x1b fault"}
    refused = {"metadata": {"name": "etl", "generation": 1}, "status": {"conditions": [no]}}
    result = watch(Script({"workflows/etl": [refused]}), "workflow/etl")
    assert result.exit_code == 1
    assert result.stderr == "Error: Workflow etl was refused:\none fault\nanother \\x1b fault\n"


def test_what_is_neither_run_nor_workflow(watch):
    result = watch(ended("Succeeded"), "pod/r")
    assert result.exit_code == 2
    assert "'pod/r' is neither the name of a run nor workflow/NAME" in result.stderr


def test_an_empty_kubeconfig_is_no_traceback(tmp_path):
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("")
    result = CliRunner().invoke(main, ["watch", "r", "--kubeconfig", str(kubeconfig)])
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: no usable kubeconfig: ")
