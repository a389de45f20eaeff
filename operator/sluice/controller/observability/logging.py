"""The log: one line per event, as JSON where programs read it.

What is about an object says so in fields of its own: `namespace`, and `workflow`, `run`, `task`, `pod` or `pool`.
kopf's lines about an object get the same ones. Nothing that goes well is worth a line for each pod.
"""

import logging
from datetime import UTC, datetime
from typing import Literal

import orjson

from sluice.core.base.naming import unit_name
from sluice.core.run.state import RunState

LogFormat = Literal["json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]

_NOT_OURS = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "settings", "k8s_skip", "k8s_ref"}
"""What logging and kopf hang on a record."""

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_kopf_s(record),
            **{field: value for field, value in vars(record).items() if field not in _NOT_OURS},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def _kopf_s(record: logging.LogRecord) -> dict[str, str]:
    of = getattr(record, "k8s_ref", {})
    return {"namespace": of["namespace"], field_of(of["kind"]): of["name"]} if of.get("kind") else {}


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
    to = logging.StreamHandler()
    to.setFormatter(JsonLines() if log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=level.upper(), handlers=[to])
    for chatty in ("kopf", "aiohttp.access"):  # kopf has a line for each event
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
