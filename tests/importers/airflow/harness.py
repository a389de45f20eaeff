"""Imports DAG files as the command does, and runs tasks of the result by the stub, in a folder as a pod has it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.cli.lint.check import LintedFile, check
from sluice.cli.lint.source import read_yaml
from sluice.importers.airflow.convert import convert
from sluice.importers.airflow.dags.dag import Options
from sluice.importers.report import Result
from sluice.importers.write import to_yaml
from sluice.stub import STUB

HEAD = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
"""
"""Six lines with the one before it: a DAG text that follows it begins in line 7."""


def imported(
    folder: Path, text: str, head: str = HEAD, name: str = "etl.py", *, run: bool = True, **options: Any
) -> Result:
    """Of one file with this text, which is run, or only read."""
    dags = folder / "dags"
    dags.mkdir(exist_ok=True)
    (dags / name).write_text(head + textwrap.dedent(text))
    return convert([dags / name], Options(**options), boxed=run, run=run)


def spec_of(result: Result) -> Any:
    assert not result.refused, result.refused
    (only,) = result.objects
    return only.manifest["spec"]


def tasks_of(result: Result) -> dict[str, Any]:
    return {task["name"]: task for task in spec_of(result)["tasks"]}


def faults(result: Result) -> list[str]:
    """What lint says about it."""
    report = check([LintedFile("out", list(read_yaml(to_yaml(result.objects))))])
    return [f"{each.path}: {each.message}" for each in report.findings["out"]]


@dataclass
class Ran:
    code: int
    out: str
    err: str
    outputs: dict[str, Any]


def run_task(folder: Path, spec: Any, name: str, python: str = sys.executable, **inputs: Any) -> Ran:
    """As the pod of a function: what the operator writes into inputs.json are `params`, `run`, `tasks` and `item`."""
    task = next(each for each in spec["tasks"] if each["name"] == name)
    sluice = folder / f"sluice-{name}"
    sluice.mkdir()
    (sluice / "stub.py").write_text(STUB)
    contents = {path: text.encode() for path, text in spec["files"].items()}
    contents |= {path: base64.b64decode(text) for path, text in spec["binaryFiles"].items()}
    for path, content in contents.items():
        (sluice / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        (sluice / "files" / path).write_bytes(content)
    given = {
        "params": inputs.get("params", {}),
        "run": {"name": "etl-1", **inputs.get("run", {})},
        "task": {"name": name, "attempt": 1, "index": inputs.get("index", 0)},
        "tasks": {
            other: {"phase": "Succeeded", "outputs": values} for other, values in inputs.get("tasks", {}).items()
        },
        "function": {**task["function"], "outputs": task.get("outputs", [])},
    }
    if "item" in inputs:
        given["item"] = inputs["item"]
    (sluice / "inputs.json").write_text(json.dumps(given))
    written = sluice / "outputs"
    written.write_text("")
    env = {**os.environ, "SLUICE_OUTPUTS": str(written), "PYTHONDONTWRITEBYTECODE": "1", **inputs.get("env", {})}
    done = subprocess.run(
        [python, "-u", str(sluice / "stub.py")], env=env, cwd=folder, capture_output=True, text=True, check=False
    )
    text = written.read_text()
    return Ran(done.returncode, done.stdout, done.stderr, json.loads(text) if text.startswith("{") else {"error": text})
