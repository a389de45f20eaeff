"""The package's top level, the options' names, and what a type checker says of the examples."""

import subprocess
import sys

import pytest

import sluice
from sluice import sdk
from sluice.api.for_each import ForEachSpec
from sluice.api.schedule import ScheduleSpec
from sluice.api.task import Task
from sluice.api.workflow import WorkflowSettings
from sluice.sdk.fields import FAN_OUT, TaskFields, WorkflowFields
from tests.e2e.kubernetes import EXAMPLES

PYTHON = EXAMPLES / "python"


def test_options_are_the_fields_of_the_api():
    of_calls = {"name", "depends_on", "for_each", "function", "bash", "python", "shell", "command", "args"}
    of_calls |= {"outputs", "outputs_from", "workflow", "approval", "join", "wait"}
    assert set(TaskFields.__annotations__) == (set(Task.model_fields) - of_calls) | {"cpu", "memory", *FAN_OUT}
    assert set(FAN_OUT) < set(ForEachSpec.model_fields)
    schedule = (set(ScheduleSpec.model_fields) - {"cron"}) | {"schedule"}
    settings = set(WorkflowSettings.model_fields) - {"parameters"}
    assert set(WorkflowFields.__annotations__) == settings | schedule | {"name", "image", "include"}


def test_the_operator_does_not_load_the_sdk():
    code = "import sluice.controller.main, sys; print([name for name in sys.modules if name.startswith('sluice.sdk')])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_the_top_level_has_all_names_of_the_sdk_and_no_other():
    assert sluice.__all__ == sdk.__all__
    assert all(getattr(sluice, name) is getattr(sdk, name) for name in sdk.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'tsak'"):
        sluice.tsak  # noqa: B018


MISTAKES = """
from sluice import bash, task, workflow
from sluice import nothing  # E
@task
def one(n: int) -> list[str]: return []
@task(imgae="x")  # E
def two(s: str) -> None: ...
@task
def three(s: str) -> int: return 1
@workflow
def w(n: int = 1) -> None:
    one("x")  # E
    three(one(1))  # E
    three.each([1, 2])  # E
    three.each(one(n)) + 1  # E
    three("a") >> bash("b", "x")
    bash("c", "x", timeout=5)  # E
"""


def test_mypy_passes_the_examples_and_finds_mistakes(tmp_path):
    (tmp_path / "wrong.py").write_text(MISTAKES)
    options = ["--strict", "--no-incremental", "--follow-imports=silent", "--config-file=/dev/null"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *map(str, sorted(PYTHON.glob("*.py"))), str(tmp_path / "wrong.py")],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"MYPYPATH": str(EXAMPLES.parent / "operator")},
    )
    errors = [line.split(":") for line in done.stdout.splitlines() if ": error:" in line]
    assert {file for file, *_ in errors} == {"wrong.py"}, done.stdout
    wrong = {number for number, line in enumerate(MISTAKES.splitlines(), 1) if line.endswith("# E")}
    assert {int(line) for _, line, *_ in errors} == wrong, done.stdout
