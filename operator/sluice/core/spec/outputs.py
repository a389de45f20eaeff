"""A task's outputs: how they are read, and how large they may be.

A task writes one JSON object or lines to `$SLUICE_OUTPUTS`, which is its container's termination message file. A line
is `key=value`, or `key<<EOF` before the lines of a value and `EOF` after them, as in GitHub's workflows. Values of
lines are strings. What is no declared key, or is there twice, fails the task: nothing that was written is dropped.

Kubernetes keeps min(4096, 12288 / number of containers) bytes of it and truncates the rest silently, at either
end. A truncated JSON object does not parse. Truncated lines may, so lines that fill the whole file count as truncated.
https://github.com/kubernetes/kubernetes/blob/v1.35.4/pkg/kubelet/status/status_manager.go (normalizeStatus)

With outputsFrom: Stdout the file holds a copy of standard output, which as a whole is the value of the one key.

Larger outputs go to the log, as its last line `::outputs::{...}`. Only the end of the log is read. The kubelet counts
each 16 KiB of a line as a line, so a line of 256 KiB counts as 17. A file that has nothing but `::outputs:: N` says
that the outputs are in the log, and how many bytes follow the mark there: a longer line may be damaged on its way.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
"""

import re
from collections.abc import Iterator, Sequence
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
WHOLE_LOG_BYTES = TASK_MAX_BYTES + 1
"""How much of a log is read that is an output as a whole: enough to see that it is too large."""
_LINE_MAX_BYTES = 256 * 1024
MARK = "::outputs::"
"""What begins a line of a log that is outputs."""
_IN_LOG = re.compile(rf"\s*{MARK} ([0-9]{{1,9}})\s*")

_IN_STATUS_MAX, _IN_STATUS_MAX_OF_ALL = 4096, 100_000

_LINE = re.compile(r"(?P<key>[A-Za-z_][-A-Za-z0-9_]*)(?:=(?P<value>.*)|<<(?P<end>\S+))", re.DOTALL)
_NAMES_SHOWN = 5
_NOT_UTF_8 = "\N{REPLACEMENT CHARACTER}"  # what the kubelet and we read for each byte that is not
_OTHER_WAYS = "set outputsFrom: Log, which takes 96 KiB, or write a file to a volume and hand on its name"
_UNDECLARED = "is not among the task's `outputs`; declare it, or do not write it"
_SEVERAL_LINES = "a value of several lines is written as JSON, or between the lines key<<EOF and EOF"


@dataclass(frozen=True, slots=True)
class OutputsFile:
    """What Kubernetes kept of a container's outputs file: at most `room` bytes."""

    text: str
    room: int


_NOTHING = OutputsFile("", 1)
NO_DEFAULTS: Json = {}


@dataclass(frozen=True, slots=True)
class InvalidOutputs:
    """Why there are no outputs."""

    message: str


def parse_outputs(
    written: OutputsFile | None,
    declared: Sequence[str],
    taken: int,
    of_task: int = 0,
    defaults: Json = NO_DEFAULTS,
) -> Json | InvalidOutputs:
    """The declared outputs, from what a container that ended with 0 left in its file. `taken` are the bytes that the
    run's other outputs have, `of_task` those of the same fan-out's other items. `defaults` stand in for what is not
    there.
    """
    written = written or _NOTHING
    size = len(written.text.encode())
    is_object = written.text.lstrip().startswith("{")
    found = _object(written.text, declared) if is_object else _lines(written.text, declared)
    if size >= written.room and (isinstance(found, InvalidOutputs) or not is_object):
        return InvalidOutputs(
            f"outputs too large: Kubernetes has cut $SLUICE_OUTPUTS at {size} bytes; set outputsFrom: Log"
        )
    where = f"{size} bytes in $SLUICE_OUTPUTS"
    if isinstance(found, InvalidOutputs):
        return InvalidOutputs(f"cannot read its outputs, {where}: {found.message}")
    return select_declared(found, declared, where, taken, of_task, defaults)


def bytes_in_log(written: OutputsFile | None) -> int | None:
    """How long the outputs are that the file says are in the log; None if it does not say so."""
    found = _IN_LOG.fullmatch(written.text) if written is not None else None
    return None if found is None else int(found[1])


def parse_log_outputs(
    line: str, declared: Sequence[str], taken: int, of_task: int = 0, defaults: Json = NO_DEFAULTS
) -> Json | InvalidOutputs:
    """The same, from the line that `outputs_line` found."""
    size = len(line.encode())
    if not line and not defaults.keys() >= set(declared):
        words = f"none of the log's last {LOG_LINES} lines starts with {MARK}"
        return InvalidOutputs(f"the declared outputs {_names(declared)} are missing: {words}")
    if size > _LINE_MAX_BYTES:
        return InvalidOutputs(f"outputs too large: a line of {size} bytes in the log; {_LINE_MAX_BYTES} fit")
    where = f"{size} bytes in the log"
    found = _object(line.removeprefix(MARK), declared) if line else {}
    if isinstance(found, InvalidOutputs):
        return InvalidOutputs(f"cannot read its outputs, {where}: {found.message}")
    return select_declared(found, declared, where, taken, of_task, defaults)


def parse_stdout(written: OutputsFile | None, key: str, taken: int, of_task: int = 0) -> Json | InvalidOutputs:
    """The one output, from the copy of standard output that the launcher left in the file."""
    written = written or _NOTHING
    size = len(written.text.encode())
    if size >= written.room:
        return InvalidOutputs(f"outputs too large: standard output has {written.room} bytes or more; {_OTHER_WAYS}")
    return _as_text(written.text, key, "standard output", taken, of_task)


def parse_log_text(log: str, key: str, taken: int, of_task: int = 0) -> Json | InvalidOutputs:
    """The one output, from the log of a program without a launcher."""
    if len(log.encode()) > TASK_MAX_BYTES:
        words = f"the log has over {TASK_MAX_BYTES} bytes"
        return InvalidOutputs(
            f"outputs too large: {words}; set outputsFrom: Log, or write the outputs to $SLUICE_OUTPUTS"
        )
    return _as_text(log, key, "the log", taken, of_task)


def _as_text(text: str, key: str, where: str, taken: int, of_task: int) -> Json | InvalidOutputs:
    if _NOT_UTF_8 in text:
        words = "is not UTF-8, or has U+FFFD, which stands for what is not; encode it, for example by base64"
        return InvalidOutputs(f"cannot read its outputs: {where} {words}")
    return select_declared({key: text.removesuffix("\n")}, [key], f"in {where}", taken, of_task)


def outputs_line(log: str, size: int | None = None) -> str:
    """The last line with outputs (of `size` bytes, if given) among the last of a log, empty if there is none."""
    lines = (line for line in reversed(log.split("\n")) if line.startswith(MARK))
    return next((line for line in lines if size in (None, len(line.encode()) - len(MARK))), "")


def select_declared(
    found: Json, declared: Sequence[str], where: str, taken: int, of_task: int, defaults: Json = NO_DEFAULTS
) -> Json | InvalidOutputs:
    """The declared ones of the outputs that were found, `where` in words."""
    missing = [key for key in declared if key not in found and key not in defaults]
    if missing:
        there = f"with {_names(found)}" if found else "with no output"
        return InvalidOutputs(f"the declared outputs {_names(missing)} are missing: there are {where}, {there}")
    outputs = {key: found[key] if key in found else defaults[key] for key in declared}
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


def _object(text: str, declared: Sequence[str]) -> Json | InvalidOutputs:
    try:
        found: Any = foreign.parse(text)
    except ValueError as error:
        return InvalidOutputs(f"no JSON object: {error}")
    if not isinstance(found, dict):
        return InvalidOutputs("no JSON object")
    undeclared = [key for key in found if key not in declared]
    return InvalidOutputs(f"{_names(undeclared)} {_UNDECLARED}") if undeclared else found


def _lines(text: str, declared: Sequence[str]) -> Json | InvalidOutputs:
    found: Json = {}
    lines = enumerate((line.removesuffix("\r") for line in text.split("\n")), start=1)
    for number, line in lines:
        if not line.strip():
            continue
        start = _LINE.fullmatch(line)
        if start is None:
            return InvalidOutputs(f"line {number} is no key=value; {_SEVERAL_LINES}")
        key, value, end = start["key"], start["value"], start["end"]
        if key not in declared:
            return InvalidOutputs(f"line {number}: {key[:40]!r} {_UNDECLARED}; {_SEVERAL_LINES}")
        if key in found:
            return InvalidOutputs(f"line {number}: {key!r} is there already; write it once")
        if end is not None:
            value = _up_to(end, lines)
        if value is None:
            return InvalidOutputs(f"line {number}: the value of {key!r} has no end; write a line {end} after it")
        found[key] = value
    return found


def _up_to(end: str, lines: Iterator[tuple[int, str]]) -> str | None:
    """The lines before the next one that is `end`; None if there is none."""
    value: list[str] = []
    for _, line in lines:
        if line == end:
            return "\n".join(value)
        value.append(line)
    return None


def outputs_size(outputs: Json) -> int:
    """Bytes as JSON."""
    return len(as_json(outputs).encode())


def inline_outputs_budget(tasks: int) -> int:
    """How many bytes the outputs of each task may have to stand in the run's status, where so many tasks have some. All
    larger ones stand in a ConfigMap of the run.
    """
    return min(_IN_STATUS_MAX, _IN_STATUS_MAX_OF_ALL // max(1, tasks))
