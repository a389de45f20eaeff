"""The log, a JSON object a line."""

from __future__ import annotations

import json
import logging
from typing import Any

import kopf
import pytest

from sluice.controller.observability.logging import JsonLines, about
from tests.core.world import run


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """The lines that were logged."""
    with caplog.at_level(logging.DEBUG, logger="of-the-test"):
        yield lambda: [json.loads(JsonLines().format(record)) for record in caplog.records]


log = logging.getLogger("of-the-test")


def test_a_line_has_time_level_logger_and_message(lines):
    log.warning("%d are left", 3)
    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "warning", "logger": "of-the-test", "message": "3 are left"}


def test_a_line_about_a_task_says_which_and_of_which_run(lines):
    world = run("a", fields={"a": {"forEach": {"range": {"end": 2}}}})
    world.decide()
    world.writes()
    world.decide()
    log.info("it runs", extra=about(world.run, world.number("a[1]")))
    (line,) = lines()
    fields = {"namespace": "team", "workflow": "etl", "run": "etl-g1-4f7a9", "task": "a[1]", "attempt": 1}
    assert line.items() >= fields.items()


def test_an_exception_is_part_of_its_line(lines):
    try:
        {}["lost"]
    except KeyError:
        log.exception("a bug of ours")
    (line,) = lines()
    assert line["exception"].endswith("KeyError: 'lost'")


def test_kopf_s_lines_say_what_they_are_about(lines):
    ref = {"apiVersion": "sluice.dev/v1alpha1", "kind": "WorkflowRun", "name": "today", "uid": "u", "namespace": "team"}
    log.debug("Handler succeeded.", extra={"k8s_skip": False, "k8s_ref": ref, "settings": kopf.OperatorSettings()})
    (line,) = lines()
    assert {field: line[field] for field in line if field not in ("time", "level", "logger")} == {
        "message": "Handler succeeded.",
        "namespace": "team",
        "run": "today",
    }
