"""The log: one line per event, as JSON where programs read it.

A line about an object names it in fields: `namespace`, and `workflow`, `run`, `task`, `pod` or `pool`. kopf's lines
about an object get the same ones. What goes well is not worth a line for each pod.
"""

import logging
from datetime import UTC, datetime
from typing import Literal

import orjson

from sluice.core.base.naming import unit_name
from sluice.core.run.state import RunState

LogFormat = Literal["json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]

_COMMON = {
    *vars(logging.makeLogRecord({})),
    "message",
    "asctime",
    "taskName",
    "settings",
    "k8s_skip",
    "k8s_ref",
}
"""Attributes that logging and kopf set on each record."""

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_kopf_fields(record),
            **{field: value for field, value in vars(record).items() if field not in _COMMON},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def _kopf_fields(record: logging.LogRecord) -> dict[str, str]:
    ref = getattr(record, "k8s_ref", {})
    return {"namespace": ref["namespace"], field_of(ref["kind"]): ref["name"]} if ref.get("kind") else {}


def field_of(kind: str) -> str:
    """The field that names an object of one of our kinds."""
    return "run" if kind == "WorkflowRun" else kind.lower()


def about(run: RunState, number: int) -> dict[str, object]:
    """The fields of a line about a task of a run, or about an item of a fan-out."""
    task, of = run.tasks[number], run.identity
    return {
        "namespace": of.namespace,
        "workflow": of.workflow,
        "run": of.name,
        "task": unit_name(task.definition.name, None if task.group is None else task.index),
        "attempt": task.attempt,
    }


def set_up(log_format: LogFormat, level: LogLevel) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for chatty in ("kopf", "aiohttp.access"):  # kopf has a line for each event
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
