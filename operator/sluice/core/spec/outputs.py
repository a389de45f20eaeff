"""A task's outputs: how they are read, and how large they may be.

A task writes one JSON object or `key=value` lines to `$SLUICE_OUTPUTS`, which is its container's termination message
file. Kubernetes keeps min(4096, 12288 / number of containers) bytes of it and truncates the rest silently, at either
end. A truncated JSON object does not parse. Truncated lines may, so lines that fill the whole file count as truncated.
https://github.com/kubernetes/kubernetes/blob/v1.35.4/pkg/kubelet/status/status_manager.go (normalizeStatus)

Larger outputs go to the log, as its last line `::outputs::{...}`. Only the end of the log is read. The kubelet counts
each 16 KiB of a line as a line, so a line of 256 KiB counts as 17.

Keys that the task does not declare are dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.text import as_json, first_names

TASK_MAX_BYTES = 96 * 1024
RUN_MAX_BYTES = 256 * 1024
RESULTS_MAX_BYTES = 4096
"""Of what a run hands on as a whole."""

LOG_LINES, LOG_MAX_BYTES = 100, 2 * 1024 * 1024
"""How much of the end of a log has to be read to find the outputs."""
_LINE_MAX_BYTES = 256 * 1024
_MARK = "::outputs::"

_IN_STATUS_MAX, _IN_STATUS_MAX_OF_ALL = 4096, 100_000

_KEY = re.compile(r"[A-Za-z_][-A-Za-z0-9_]*")
_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class OutputsFile:
    """What Kubernetes kept of a container's outputs file: at most `room` bytes."""

    text: str
    room: int


_NOTHING = OutputsFile("", 1)


@dataclass(frozen=True, slots=True)
class InvalidOutputs:
    """Why there are no outputs."""

    message: str


def parse_outputs(
    written: OutputsFile | None, declared: Sequence[str], taken: int, of_task: int = 0
) -> Json | InvalidOutputs:
    """The declared outputs, from what a container that ended with 0 left in its file. `taken` are the bytes that the
    run's other outputs have, `of_task` those of the same fan-out's other items.
    """
    written = written or _NOTHING
    size = len(written.text.encode())
    text = written.text.strip()
    is_object = text.startswith("{")
    found = _object(text) if is_object else _lines(text)
    if size >= written.room and (isinstance(found, InvalidOutputs) or not is_object):
        return InvalidOutputs(
            f"outputs too large: Kubernetes has cut $SLUICE_OUTPUTS at {size} bytes; set outputsFrom: Log"
        )
    where = f"{size} bytes in $SLUICE_OUTPUTS"
    if isinstance(found, InvalidOutputs):
        return InvalidOutputs(f"cannot read its outputs, {where}: {found.message}")
    return select_declared(found, declared, where, taken, of_task)


def parse_log_outputs(line: str, declared: Sequence[str], taken: int, of_task: int = 0) -> Json | InvalidOutputs:
    """The same, from the line that `outputs_line` found."""
    size = len(line.encode())
    if not line:
        words = f"none of the log's last {LOG_LINES} lines starts with {_MARK}"
        return InvalidOutputs(f"the declared outputs {_names(declared)} are missing: {words}")
    if size > _LINE_MAX_BYTES:
        return InvalidOutputs(f"outputs too large: a line of {size} bytes in the log; {_LINE_MAX_BYTES} fit")
    where = f"{size} bytes in the log"
    found = _object(line.removeprefix(_MARK))
    if isinstance(found, InvalidOutputs):
        return InvalidOutputs(f"cannot read its outputs, {where}: {found.message}")
    return select_declared(found, declared, where, taken, of_task)


def outputs_line(log: str) -> str:
    """The last line with outputs among the last of a log, empty if there is none."""
    return next((line for line in reversed(log.split("\n")) if line.startswith(_MARK)), "")


def select_declared(
    found: Json, declared: Sequence[str], where: str, taken: int, of_task: int
) -> Json | InvalidOutputs:
    """The declared ones of the outputs that were found, `where` in words."""
    missing = [key for key in declared if key not in found]
    if missing:
        there = f"with {_names(found)}" if found else "with no output"
        return InvalidOutputs(f"the declared outputs {_names(missing)} are missing: there are {where}, {there}")
    outputs = {key: found[key] for key in declared}
    try:
        size = outputs_size(outputs)
    except (ValueError, RecursionError) as error:
        return InvalidOutputs(f"cannot read its outputs, {where}: {error}")
    if of_task + size > TASK_MAX_BYTES:
        others = f", and the task's other items have {of_task}" if of_task else ""
        return InvalidOutputs(f"outputs too large: {size} bytes as JSON{others}; {TASK_MAX_BYTES} fit")
    if taken + size > RUN_MAX_BYTES:
        return InvalidOutputs(
            f"outputs too large: {size} bytes as JSON; the run has {taken} already, and {RUN_MAX_BYTES} fit"
        )
    return outputs


def _names(keys: Sequence[str] | Json) -> str:
    return first_names(map(repr, keys), len(keys), _NAMES_SHOWN)


def _object(text: str) -> Json | InvalidOutputs:
    try:
        found: Any = foreign.parse(text)
    except ValueError as error:
        return InvalidOutputs(f"no JSON object: {error}")
    return found if isinstance(found, dict) else InvalidOutputs("no JSON object")


def _lines(text: str) -> Json | InvalidOutputs:
    found: Json = {}
    for number, line in enumerate(text.split("\n"), start=1):
        key, equals, value = line.rstrip("\r").partition("=")
        if not line.strip():
            continue
        if not equals or not _KEY.fullmatch(key):
            return InvalidOutputs(f"line {number} is no key=value, nor is it all one JSON object")
        found[key] = value
    return found


def outputs_size(outputs: Json) -> int:
    """Bytes as JSON."""
    return len(as_json(outputs).encode())


def inline_outputs_budget(tasks: int) -> int:
    """How many bytes the outputs of each task may have to stand in the run's status, where so many tasks have some. All
    larger ones stand in a ConfigMap of the run.
    """
    return min(_IN_STATUS_MAX, _IN_STATUS_MAX_OF_ALL // max(1, tasks))
