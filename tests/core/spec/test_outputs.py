"""What tasks hand on: how it is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.base.text import as_json, as_text
from sluice.core.pod.view import pod_view
from sluice.core.spec.outputs import (
    TASK_MAX_BYTES,
    InvalidOutputs,
    OutputsFile,
    inline_outputs_budget,
    outputs_line,
    parse_log_outputs,
    parse_log_text,
    parse_outputs,
    parse_stdout,
)
from tests.core.kubelet import accepted, exited, pod, seen

ROOM = 4096

# Reading what was written.


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ('{"files": ["a", "b"], "rows": 7}', {"files": ["a", "b"], "rows": 7}),
        ('\n {"files": null, "rows": {"a": 1.5}}\n', {"files": None, "rows": {"a": 1.5}}),
        ("files=a b\nrows=7\n", {"files": "a b", "rows": "7"}),  # values of lines are strings
        ("files=\n\nrows=x=y, ünï\r\n", {"files": "", "rows": "x=y, ünï"}),
        ("files= a \nrows= ", {"files": " a ", "rows": " "}),  # nothing is cut
        ("files<<EOF\na=1\n\nb<<c\nEOF\nrows=7", {"files": "a=1\n\nb<<c", "rows": "7"}),
        ("files<<_\r\na\r\n_\r\nrows<<x\nx", {"files": "a", "rows": ""}),
        ("files=<<EOF\nrows=EOF", {"files": "<<EOF", "rows": "EOF"}),
    ],
)
def test_json_object_or_lines(text, outputs):
    assert parse_outputs(OutputsFile(text, ROOM), ["files", "rows"], 0) == outputs


IN_FILE = "bytes in $SLUICE_OUTPUTS"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", f"the declared outputs 'files' are missing: there are 0 {IN_FILE}, with no output"),
        (
            "file=x",
            f"cannot read its outputs, 6 {IN_FILE}: line 1: 'file' is not among the task's `outputs`; declare it",
        ),
        ('{"file": 1}', f"cannot read its outputs, 11 {IN_FILE}: 'file' is not among the task's `outputs`; declare it"),
        ("files=x\ny=1", f"cannot read its outputs, 11 {IN_FILE}: line 2: 'y' is not among"),  # a value of two lines
        (
            "done",
            f"cannot read its outputs, 4 {IN_FILE}: line 1 is no key=value; a value of several lines is written as",
        ),
        ("files=x\nfiles=y", f"cannot read its outputs, 15 {IN_FILE}: line 2: 'files' is there already; write it once"),
        (
            '{"files": 1, "files": 2}',
            f"cannot read its outputs, 24 {IN_FILE}: no JSON object: the key 'files' is there twi",
        ),
        (
            "files<<EOF\nx",
            f"cannot read its outputs, 12 {IN_FILE}: line 1: the value of 'files' has no end; write a line E",
        ),
        ("files<<", f"cannot read its outputs, 7 {IN_FILE}: line 1 is no key=value"),
        ("files=x\n2 rows=7", f"cannot read its outputs, 16 {IN_FILE}: line 2 is no key=value"),
        ("files = x", f"cannot read its outputs, 9 {IN_FILE}: line 1 is no key=value"),  # as in a shell
        ("[1]", f"cannot read its outputs, 3 {IN_FILE}"),
        ('{"files": [1,]}', f"cannot read its outputs, 15 {IN_FILE}: no JSON object: "),
        ('{"files": 1}{}', f"cannot read its outputs, 14 {IN_FILE}: no JSON object: Extra data"),
        ('{"files": NaN}', f"cannot read its outputs, 14 {IN_FILE}: no JSON object: NaN is no number in JSON"),
        ('{"files": 1e999}', f"cannot read its outputs, 16 {IN_FILE}: no JSON object: 1e999 is too large"),
        ('{"files": "\\ud800"}', f"cannot read its outputs, 19 {IN_FILE}: no JSON object: 'utf-8' codec can't encode"),
        ('{"files": ' + "[" * 4000, f"cannot read its outputs, 4010 {IN_FILE}: no JSON object"),
    ],
)
def test_unusable(text, words):
    found = parse_outputs(OutputsFile(text, ROOM), ["files"], 0)
    assert isinstance(found, InvalidOutputs)
    assert found.message.startswith(words)


FULL = '{"files": "' + "x" * (ROOM - 13) + '"}'


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (FULL, True),  # not a byte was cut
        (FULL[:-1] + "x", False),
        (FULL[1:] + " ", False),
        ("files=" + "x" * (ROOM - 7), True),
        ("files=" + "x" * (ROOM - 6), False),  # there may have been more
    ],
)
def test_what_fills_all_the_room_may_have_been_cut(text, fits):
    found = parse_outputs(OutputsFile(text, ROOM), ["files"], 0)
    if fits:
        assert list(found) == ["files"]
    else:
        words = "outputs too large: Kubernetes has cut $SLUICE_OUTPUTS at 4096 bytes; set outputsFrom: Log"
        assert found == InvalidOutputs(words)


@pytest.mark.parametrize(
    ("size", "taken", "words"),
    [
        (98304, 0, ""),
        (98305, 0, "outputs too large: 98305 bytes as JSON; 98304 fit"),
        (1000, 261144, ""),
        (1000, 261145, "outputs too large: 1000 bytes as JSON; the run has 261145 already, and 262144 fit"),
    ],
)
def test_outputs_of_a_task_and_of_a_run_are_limited(size, taken, words):
    found = parse_outputs(OutputsFile('{"files": "' + "x" * (size - 12) + '"}', 10**6), ["files"], taken)
    assert found == InvalidOutputs(words) if words else list(found) == ["files"]


@pytest.mark.parametrize(("tasks", "room"), [(0, 4096), (1, 4096), (24, 4096), (100, 1000), (2000, 50)])
def test_the_more_tasks_have_outputs_the_less_room_has_each_in_the_status(tasks, room):
    assert inline_outputs_budget(tasks) == room


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda node: st.lists(node, max_size=3) | st.dictionaries(st.text(), node, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("log", "outputs"),
    [
        ('working\n::outputs::{"files": ["a"]}\n', {"files": ["a"]}),
        ('::outputs::{"files": 1}\n::outputs::{"files": 2}\nbye\n', {"files": 2}),  # the last one counts
        ('::outputs::{"files": "' + "x" * 90_000 + '"}', {"files": "x" * 90_000}),
        ('::outputs::{"files": "\u2028"}', {"files": "\u2028"}),  # no end of a line
    ],
)
def test_last_line_of_a_log_that_says_so(log, outputs):
    assert parse_log_outputs(outputs_line(log), ["files"], 0) == outputs


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", "the declared outputs 'files' are missing: none of the log's last 100 lines starts with ::outputs::"),
        ('so ::outputs::{"files": 1}', "the declared outputs 'files' are missing: none of the log's last 100 lines"),
        (
            '::outputs::{"file": 1}',
            "cannot read its outputs, 22 bytes in the log: 'file' is not among the task's `outputs`",
        ),
        ("::outputs::{}", "the declared outputs 'files' are missing: there are 13 bytes in the log, with no output"),
        ("::outputs::files=x", "cannot read its outputs, 18 bytes in the log: no JSON object: Expecting value"),
        ("::outputs::[1]", "cannot read its outputs, 14 bytes in the log: no JSON object"),
        ("::outputs::" + "x" * 262_144, "outputs too large: a line of 262155 bytes in the log; 262144 fit"),
    ],
)
def test_log_without_usable_outputs(log, words):
    found = parse_log_outputs(outputs_line(log), ["files"], 0)
    assert isinstance(found, InvalidOutputs)
    assert found.message.startswith(words)


@given(JSON)
def test_every_value_arrives_as_it_was_written(value):
    found = parse_outputs(OutputsFile(json.dumps({"k": value}), 10**6), ["k"], 0)
    assert found == {"k": value}
    assert json.loads(as_json(found)) == found


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode(errors="replace")))
def test_nothing_that_is_written_breaks_the_reader(text):
    found = parse_outputs(OutputsFile(text, ROOM), ["k"], 0)
    assert isinstance(found, InvalidOutputs) or list(found) == ["k"]


@pytest.mark.parametrize(
    ("value", "text"),
    [("a b", "a b"), ("", ""), (7, "7"), (True, "true"), (None, "null"), (["a", {"b": "ü"}], '["a",{"b":"ü"}]')],
)
def test_value_in_the_place_of_a_placeholder(value, text):
    assert as_text(value) == text


# What is seen of it.


@pytest.mark.parametrize(("more", "room"), [(0, 4096), (2, 4096), (3, 3072), (5, 2048)])
def test_room_is_shared_by_the_containers_of_a_pod(more, room):
    made = pod(exited(0, message="a=1\n"))
    made["spec"]["initContainers"] = [{"name": f"c{number}"} for number in range(more)]
    assert pod_view(made).container.written == OutputsFile("a=1\n", room)


@pytest.mark.parametrize("status", [exited(1, message="a=1"), exited(0), accepted()])
def test_only_a_container_that_ended_with_0_has_outputs(status):
    assert seen(status).container.written is None


# By standard output.

OTHER_WAYS = "set outputsFrom: Log, which takes 96 KiB, or write a file to a volume and hand on its name"
WRITE_IT = "set outputsFrom: Log, or write the outputs to $SLUICE_OUTPUTS"
NOT_UTF_8 = "is not UTF-8, or has U+FFFD, which stands for what is not; encode it, for example by base64"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a\n", "a"),
        ("a\nb\n\n", "a\nb\n"),
        ("a", "a"),
        ("k=1\n", "k=1"),
        ('{"k": 1}\n', '{"k": 1}'),
        ("\n", ""),
        ("", ""),
    ],
)
def test_standard_output_is_the_value_without_its_last_newline(text, value):
    assert parse_stdout(OutputsFile(text, ROOM), "k", 0) == {"k": value}
    assert parse_log_text(text, "k", 0) == {"k": value}


def test_a_program_that_writes_nothing_hands_on_an_empty_text():
    assert parse_stdout(None, "k", 0) == {"k": ""}


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            parse_stdout(OutputsFile("x" * 4096, 4096), "k", 0),
            f"outputs too large: standard output has 4096 bytes or more; {OTHER_WAYS}",
        ),
        (
            parse_log_text("x" * (TASK_MAX_BYTES + 1), "k", 0),
            f"outputs too large: the log has over {TASK_MAX_BYTES} bytes; {WRITE_IT}",
        ),
        (
            parse_stdout(OutputsFile("x\ufffd", 4096), "k", 0),
            f"cannot read its outputs: standard output {NOT_UTF_8}",
        ),
        (parse_log_text("x\ufffd", "k", 0), f"cannot read its outputs: the log {NOT_UTF_8}"),
        (
            parse_stdout(OutputsFile("x", 4096), "k", 0, of_task=TASK_MAX_BYTES),
            f"outputs too large: 9 bytes as JSON, and the task's other items have {TASK_MAX_BYTES}; 98304 fit",
        ),
    ],
)
def test_standard_output_that_cannot_be_handed_on(found, message):
    assert found == InvalidOutputs(message)
