"""Graphs to draw: of Workflows, and of runs that stand somehow."""

from textwrap import dedent
from xml.etree import ElementTree as ET

from sluice.cli.graph.read import of_run
from sluice.cli.graph.term.text import as_text
from sluice.cli.terminal import Terminal
from sluice.core.explain.seen import RunSeen
from tests.core.world import graph

HOSTILE = 'a"]\x1b[31m<script>&amp;--> \\ #; end `x` %% \n'


def run(text, *, phase="Running", entries=(), **fields):
    """A run of this graph, 100 s after the epoch; `entries` are what its status says of tasks."""
    found = {
        "metadata": {"name": "etl-1"},
        "spec": {"workflow": "etl"},
        "status": {"phase": phase, "progress": "1/4", "startedAt": at(0), "tasks": dict(entries)},
    }
    return of_run(RunSeen(found, 100, graph=graph(text, **fields)))


def at(second):
    return f"1970-01-01T00:{second // 60:02}:{second % 60:02}Z"


def ended(begin, end, phase="Succeeded", **fields):
    return {"phase": phase, "startedAt": at(begin), "finishedAt": at(end), **fields}


ETL = {
    "extract": ended(0, 8),
    "clean": {
        "phase": "Running",
        "startedAt": at(8),
        "progress": "2/4",
        "items": {"total": 4, "succeeded": "0-1", "running": "2"},
    },
    "audit": ended(8, 10, "Failed", reason="Error"),
    "load": {"phase": "Pending", "reason": "WaitingFor: clean"},
}


GROUPED = {
    "clean": {"forEach": {"items": [1, 2, 3, 4]}, "group": "checks"},
    "audit": {"group": "checks"},
    "x": {"finally": True},
}
SVG = "{http://www.w3.org/2000/svg}"


def parsed(text):
    return ET.fromstring(text)  # noqa: S314  # we wrote it


def etl():
    return run("extract >> clean, audit >> load", entries=ETL.items(), clean={"forEach": {"items": [1, 2, 3, 4]}})


def drawn(subject, columns=None, rows=None):
    return "\n".join(line.rstrip() for line in as_text(subject, Terminal(columns, rows)))


def shows(subject, expected, **size):
    shows_text(drawn(subject, **size), expected)


def shows_text(found, expected):
    assert found == dedent(expected).strip(), found
