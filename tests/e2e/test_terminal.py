"""Each verb through the real program, in the states that matter: what it prints, and its exit code."""

from __future__ import annotations

import pytest

from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow
from tests.e2e.terminal import Sluice

LONG = {"name": "load", "bash": "sleep 600", "dependsOn": ["extract"]}
TIDY = {"name": "tidy", "finally": True, "bash": "true"}


def manual(name: str, *tasks: Json, **spec: object) -> Json:
    return workflow(name, *tasks, trigger="Manual", **spec)


@pytest.fixture
def sluice(kubectl: Kubectl) -> Sluice:
    return Sluice(kubectl)


def phase(kubectl: Kubectl, run: str) -> str:
    return str(kubectl.get("workflowrun", run).get("status", {}).get("phase"))


def test_a_day(kubectl: Kubectl, sluice: Sluice) -> None:
    """Run, look, stop, look again, retry."""
    kubectl.apply(
        manual(
            "etl",
            {"name": "extract", "bash": "true"},
            LONG,
            TIDY,
            parameters=[{"name": "day", "default": "monday"}, {"name": "size", "type": "Integer", "default": 1}],
        )
    )
    said = sluice("run", "etl", "-p", "size=4", "--name", "first")
    print(said)
    print(sluice("run", "etl", "-p", "size=4", "--name", "first"))
    print(sluice("run", "etl", "-p", "size=x", "-p", "dya=1"))
    eventually(lambda: kubectl.task("first", "load").get("phase") == "Running", "load runs")
    for args in (
        ("ls",),
        ("ls", "-o", "wide"),
        ("ls", "-o", "name"),
        ("stop", "etl", "--dry-run"),
        ("suspend", "etl"),
        ("resume", "etl"),
        ("stop", "etl"),
        ("stop", "elt"),
    ):
        found = sluice(*args)
        print(args, found.code)
        print(found.text)
        print(found.errors)
    print(sluice("ls", in_terminal=True).text)
    kubectl.finished("first")
    for args in (("ls",), ("stop", "etl"), ("retry", "etl", "--dry-run"), ("retry", "etl", "--name", "second")):
        found = sluice(*args)
        print(args, found.code)
        print(found.text)
        print(found.errors)
    eventually(lambda: kubectl.task("second", "load").get("phase") == "Running", "load runs")
    print(sluice("ls").text)
    raise AssertionError
