"""What tasks hand on: how it is read, where it arrives, and what follows where there is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.base.naming import outputs_name
from sluice.core.base.text import as_json, as_text
from sluice.core.cel.variables import TaskVariable
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.size import ANNOTATIONS_MAX_BYTES, oversize
from sluice.core.pod.view import pod_view
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.outputs import lost_outputs, results_before
from sluice.core.spec.ending import Ending
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
from tests.core.kubelet import RUN, START, accepted, exited, pod, running, seen
from tests.core.world import World, run

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


# What the run makes of it.

FILES = {"outputs": ["files"]}
READS = {"args": ["$(tasks.a.outputs.files)"]}


def test_outputs_stand_in_the_status_as_json():
    world = run("a", fields={"a": FILES})
    world.starts()
    world.ends("a", outputs='{"files": ["x", "ü"]}')
    assert world.decide().finished
    world.writes()
    assert world.stored["tasks"]["a"]["outputs"] == '{"files":["x","ü"]}'
    assert world.run.tasks[0].outputs == {"files": ["x", "ü"]}


def test_outputs_that_nobody_declared_are_nobodys():
    world = run("a")
    world.starts()
    world.ends("a", outputs="done, 7 rows")
    assert world.decide().finished
    assert (world.phases, world.run.tasks[0].outputs) == ({"a": "Succeeded"}, None)


def test_missing_outputs_are_the_programs_error_and_its_retries_pay():
    world = run("a >> b", fields={"a": FILES | {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a")
    world.decide()
    world.writes()
    entry = world.stored["tasks"]["a"]
    assert entry["reason"].startswith("Backoff: ")
    assert entry["reason"].endswith(", 1 of 1 retries used")
    assert (entry["exitCode"], entry["message"][:38]) == (0, "the declared outputs 'files' are missi")
    world.starts(after=1)
    world.ends("a", outputs="files=x")
    assert world.decided() == ["create b/1"]


def test_outputs_survive_a_restart():
    world = run("a >> b", fields={"a": FILES, "b": READS})
    world.starts()
    world.ends("a", outputs="files=x")
    world.decide()
    world.writes()
    again = restore(RUN, "etl-1", world.run.definition, status=world.stored, pods=[], now=0.0, orders=Orders())
    assert again.tasks[0].outputs == {"files": "x"}
    assert again.output_bytes == world.run.output_bytes == len('{"files":"x"}')


MANY = [f"t{number:02}" for number in range(30)]
LARGE = "files=" + "x" * 3980  # JSON's own signs are counted as well


def test_outputs_that_are_too_large_for_the_status_are_kept_apart():
    world = run(", ".join(MANY), fields=dict.fromkeys(MANY, FILES))
    world.starts()
    world.ends("t00", outputs=LARGE)
    world.ends("t01", outputs="files=x")
    world.decide()
    world.writes()
    assert world.stored["outputsConfigMap"] == outputs_name(RUN.name, RUN.uid)
    assert world.stored["tasks"]["t00"]["outputsIn"] == "ConfigMap"
    assert "outputs" not in world.stored["tasks"]["t00"]
    assert world.stored["tasks"]["t01"]["outputs"] == '{"files":"x"}'
    assert world.config_map == {"t00": f'{{"files":"{"x" * 3980}"}}'}


def test_status_of_2000_tasks_with_outputs_fits_1_mib():
    names = [f"{number:04}-".ljust(63, "t") for number in range(2000)]
    world = run(", ".join(names), fields=dict.fromkeys(names, FILES))
    world.starts()
    for name in names:
        world.ends(name, outputs="files=<" + "x" * 20)
    world.decide()
    world.writes()
    assert len(json.dumps(world.stored)) < 2**20


def test_outputs_that_are_kept_apart_survive_a_restart():
    world, again = restarted_with(lambda data: data)
    assert again.tasks[0].outputs == world.run.tasks[0].outputs
    assert lost_outputs(again, again.tasks[-1]) == ""


@pytest.mark.parametrize("change", [lambda _: {}, lambda data: dict.fromkeys(data, "cut {")], ids=["gone", "changed"])
def test_who_needs_outputs_that_a_person_has_removed_fails_with_these_words(change):
    _, again = restarted_with(change)
    assert again.tasks[0].outputs is None
    place = f"ConfigMap {outputs_name(RUN.name, RUN.uid)} was deleted or changed"
    assert lost_outputs(again, again.tasks[-1]) == f"the outputs of t00 are gone: {place}"
    assert lost_outputs(again, again.tasks[1]) == ""


def restarted_with(change):
    fields = dict.fromkeys(MANY, FILES) | {"last": {"dependsOn": ["t00"], "bash": "true"}}
    world = run(", ".join(MANY) + "; last", fields=fields)
    world.starts()
    world.ends("t00", outputs=LARGE)
    world.decide()
    world.writes()
    kept = change(world.config_map)
    return world, restore(
        RUN, "etl-1", world.run.definition, status=world.stored, pods=[], outputs=kept, now=0.0, orders=Orders()
    )


def test_attempt_with_unusable_outputs_is_paid_again_after_a_restart():
    world = run("a", fields={"a": FILES | {"retries": {"limit": 3}}})
    task = world.task("a").definition
    pods = [seen(exited(0), task, 1), seen(accepted(), task, 2)]
    status = {"tasks": {"a": {"phase": "Running", "attempt": 1}}}
    assert (
        restore(RUN, "etl-1", world.run.definition, status=status, pods=pods, now=0.0, orders=Orders())
        .tasks[0]
        .used.limit
        == 1
    )


# By the log.

BY_LOG = FILES | {"outputsFrom": "Log"}


def ended_with_outputs_in_its_log(**fields):
    world = run("a >> b", fields={"a": BY_LOG | fields})
    world.starts()
    world.ends("a")
    assert world.decided() == ["read a/1"]
    assert world.decided() == []
    return world


def test_task_has_not_ended_before_its_log_was_read():
    world = ended_with_outputs_in_its_log()
    assert world.reasons["a"] == "ReadingLog: its outputs are there"
    assert world.stored["tasks"]["a"]["phase"] == "Running"
    world.logs("a", '::outputs::{"files": 7}')
    assert world.decided() == ["create b/1"]
    world.writes()
    assert world.stored["tasks"]["a"]["outputs"] == '{"files":7}'


def test_log_that_cannot_be_read_says_why():
    world = ended_with_outputs_in_its_log()
    world.run.log_unread(0, 1, "502: no route to node-1")
    world.writes()
    assert world.stored["tasks"]["a"]["message"] == "502: no route to node-1"


@pytest.mark.parametrize("stopped_first", [True, False])
def test_a_stop_ends_a_task_whose_log_cannot_be_read(stopped_first):
    world = ended_with_outputs_in_its_log()
    if stopped_first:
        world.run.set_state("Stopped")
        assert world.decided() == []
    world.run.log_unread(0, 1, "502: no route to node-1")
    world.run.set_state("Stopped")
    assert world.decide().finished
    assert world.phases == {"a": "Stopped", "b": "Stopped"}


def test_the_timeout_ends_a_task_whose_log_cannot_be_read():
    world = ended_with_outputs_in_its_log(timeout="2m")
    world.run.log_unread(0, 1, "502: no route to node-1")
    wake_at = world.decide().wake_at
    assert wake_at is not None
    assert world.decide(wake_at - world.now).finished
    assert (world.phases["a"], world.reasons["a"]) == ("Failed", "Timeout")
    assert not world.run.wants_log(0, 1)


def test_log_without_outputs_is_the_programs_error():
    world = ended_with_outputs_in_its_log()
    world.logs("a", "done")
    world.decide()
    assert (world.phases["a"], world.reasons["a"]) == ("Failed", "Error")


def test_pod_that_goes_before_its_log_was_read_is_paid_by_the_cluster():
    world = ended_with_outputs_in_its_log(retries={"limit": 0, "infrastructure": 1})
    world.loses("a", exited(0))
    world.decide()
    assert world.task("a").used.infrastructure == 1
    world.logs("a", '::outputs::{"files": 7}')  # too late
    assert world.starts(after=1) == ["a"]
    world.ends("a")
    assert world.decided() == ["read a/2"]


def test_log_is_asked_for_again_after_a_restart():
    world = ended_with_outputs_in_its_log()
    world.writes()
    pods = [world.pod("a", exited(0))]
    again = World(
        restore(RUN, "etl-1", world.run.definition, status=world.stored, pods=pods, now=0.0, orders=Orders()),
        stored=world.stored,
    )
    assert again.decided() == ["read a/1"]


def test_stopped_run_still_reads_the_log_of_what_has_ended():
    world = ended_with_outputs_in_its_log()
    world.run.set_state("Stopped")
    assert world.decided() == []
    world.logs("a", '::outputs::{"files": 7}')
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded", "b": "Stopped"}


def test_log_is_read_for_declared_outputs_of_a_success_only():
    world = run("a, b", fields={"a": BY_LOG})
    world.starts()
    world.ends("a", 1)
    world.ends("b")
    assert world.decided() == []
    assert world.phases == {"a": "Failed", "b": "Succeeded"}


# Who reads it.


def test_reference_implies_the_dependency():
    world = run("a; b; c", fields={"a": FILES, "b": READS})
    assert world.decided() == ["create a/1", "create c/1"]
    assert world.reasons["b"] == "WaitingFor: a"


@pytest.mark.parametrize(
    ("run_if", "code", "reason"),
    [
        ("AllSucceeded", 1, "UpstreamFailed: a"),
        ("AllDone", 1, "UpstreamFailed: a"),
        ("OneFailed", 1, "UpstreamFailed: a"),
        ("AllFailed", 0, "Skipped: runIf AllFailed does not hold"),
    ],
)
def test_who_reads_what_a_failed_task_did_not_hand_on(run_if, code, reason):
    world = run("a; b", fields={"a": FILES, "b": READS | {"runIf": run_if}})
    world.starts()
    world.ends("a", code, outputs="files=x")
    assert world.decide().finished
    assert world.reasons["b"] == reason


@pytest.mark.parametrize("run_if", ["AllSucceeded", "AllDone", "NoneFailed", "AllSkipped"])
def test_who_reads_the_outputs_of_a_skipped_task_is_skipped(run_if):
    world = run("a; b", fields={"a": FILES, "b": READS | {"runIf": run_if}}, a="Skipped")
    assert (world.phases["b"], world.reasons["b"]) == ("Skipped", "Skipped: so was a")


def test_task_that_may_fail_hands_on_nothing_when_it_does():
    world = run("a; b; c", fields={"a": FILES | {"allowFailure": True}, "b": READS, "c": {"dependsOn": ["a"]}})
    world.starts()
    world.ends("a", 1)
    assert world.decided() == ["create c/1"]
    assert world.reasons["b"] == "UpstreamFailed: a"


def test_who_would_start_with_the_first_success_still_waits_for_what_it_reads():
    world = run("x; a; b", fields={"a": FILES, "b": READS | {"dependsOn": ["x"], "runIf": "OneSucceeded"}})
    world.starts()
    world.ends("x")
    assert world.decided() == []
    world.ends("a", outputs="files=x")
    assert world.decided() == ["create b/1"]


def test_cleanup_reads_the_outputs_of_what_it_cleans_up():
    fields = {"a": FILES, "b": READS | {"finally": True}}
    world = run("a; x; b", fields=fields)
    world.starts()
    world.ends("a", outputs="files=x")
    assert world.decided() == []
    world.ends("x", 1)
    assert world.decided() == ["create b/1"]


def test_cleanup_of_what_was_never_made_is_not_run():
    world = run("a; b", fields={"a": FILES, "b": READS | {"finally": True}})
    world.starts()
    world.ends("a", 1)
    assert world.decide().finished
    assert world.reasons["b"] == "UpstreamFailed: a"


# How it arrives.


def built(outputs, **fields):
    world = run("a; b; c", fields={"a": {"outputs": list(outputs)}, "b": {"dependsOn": ["a", "c"]} | fields})
    world.starts()
    world.ends("a", outputs=json.dumps(outputs))
    world.ends("c", outputs="rows=1")
    assert world.decided() == ["create b/1"]
    return build_pod(RUN, world.task("b").definition, 1, before=results_before(world.run, world.task("b")))


def test_values_stand_in_every_string_but_the_scripts():
    made = built(
        {"files": ["x", "$y"], "tag": "v1"},
        image="etl:$(tasks.a.outputs.tag)",
        args=["$(tasks.a.outputs.files)"],
        podTemplate={"spec": {"hostname": "h-$(tasks.a.outputs.tag)"}},
    )
    (main,) = made["spec"]["containers"]
    assert main["image"] == "etl:v1"
    assert main["args"] == ['["x","$$y"]']
    assert made["spec"]["hostname"] == "h-v1"


def test_scripts_read_the_outputs_of_their_dependencies_from_a_file():
    made = built({"files": ["x", 1]}, bash="cat /sluice/inputs.json")
    inputs = json.loads(made["metadata"]["annotations"]["sluice.dev/inputs"])
    assert inputs["tasks"]["a"]["outputs"] == {"files": ["x", 1]}


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({}, {}),
        ({"env": [{"name": "TAG", "value": "$(tasks.a.outputs.tag)"}]}, {"tag": "v1"}),
        ({"args": ["$(tasks.a.outputs.files)"]}, {"files": ["x", "y"]}),
    ],
)
def test_an_item_has_of_other_outputs_only_those_that_its_task_refers_to(fields, read):
    fan = {"forEach": {"from": "$(tasks.a.outputs.files)"}, "bash": "cat /sluice/inputs.json"} | fields
    world = run("a; b", fields={"a": {"outputs": ["files", "tag"]}, "b": fan})
    made = build_pod(
        RUN,
        world.task("b").definition,
        1,
        item=Item(0, "x"),
        before={"a": TaskVariable("Succeeded", 0, {"files": ["x", "y"], "tag": "v1"})},
    )
    inputs = json.loads(made["metadata"]["annotations"]["sluice.dev/inputs"])
    assert (inputs["item"], inputs["tasks"]) == ("x", {"a": {"phase": "Succeeded", "exitCode": 0, "outputs": read}})


def test_question_of_an_approval_names_them():
    world = run("a; b", fields={"a": FILES, "b": {"approval": {"message": "Load $(tasks.a.outputs.files)?"}}})
    world.starts()
    world.ends("a", outputs="files=x")
    world.decide()
    world.writes()
    assert world.stored["tasks"]["b"]["message"] == "Load x?"


def test_inputs_that_do_not_fit_say_so_in_bytes():
    large = {f"t{number}": TaskVariable("Succeeded", 0, {"k": "x" * 90 * 1024}) for number in range(3)}
    task = run("a", fields={"a": {"bash": "true"}}).task("a").definition
    made = build_pod(RUN, task, 1, before=large)
    size = sum(len(name + value) for name, value in made["metadata"]["annotations"].items())
    assert size > ANNOTATIONS_MAX_BYTES
    assert oversize(made) == f"the script and its inputs (parameters, outputs) have {size} bytes; 262144 fit"
    assert oversize(build_pod(RUN, task, 1, before={"t1": large["t1"]})) == ""


# By standard output.

STDOUT = {"outputs": ["k"], "outputsFrom": "Stdout", "bash": "date"}
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


def test_a_launcher_hands_on_standard_output_by_the_file():
    world = run("a >> b", fields={"a": STDOUT})
    world.starts()
    world.ends("a", outputs="Thursday\n")
    assert world.decided() == ["create b/1"]
    world.writes()
    assert world.stored["tasks"]["a"]["outputs"] == '{"k":"Thursday"}'


@pytest.mark.parametrize("program", [{"command": ["date"]}, {"bash": "date", "shell": ["zsh"]}])
def test_a_program_without_a_launcher_hands_on_its_whole_log(program):
    fields = {name: value for name, value in STDOUT.items() if name != "bash"}
    world = run("a >> b", fields={"a": fields | program})
    world.starts()
    world.ends("a")
    assert [read.whole for read in world.decide().read] == [True]
    world.logs("a", "Thursday\n")
    assert world.decided() == ["create b/1"]
    world.writes()
    assert world.stored["tasks"]["a"]["outputs"] == '{"k":"Thursday"}'


AFTER_A_MINUTE = ([], ["delete a/1"], ["delete a/1"])
LATE = [{"timeout": "60s"}, {"deadline": "60s"}, {"poll": {"every": "10s", "timeout": "60s"}}]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("limit", LATE, ids=str)
def test_a_success_that_is_seen_late_is_one_once_its_log_is_read(limit, restarted):
    world = run("a", fields={"a": BY_LOG | limit})
    world.starts()
    world.sees("a", running())
    world.decide(after=3)
    world.writes()
    world.now = START + 300
    world.sees("a", exited(ended=30))  # the operator, or its watch, was away
    if restarted:
        world = world.restarted()
    assert world.decided() == ["read a/1"]
    assert world.decided(after=30) == []
    world.logs("a", '::outputs::{"files": 1}')
    world.decide()
    assert (world.task("a").phase, world.task("a").outputs) == ("Succeeded", {"files": 1})


@pytest.mark.parametrize(("limit", "then"), list(zip(LATE, AFTER_A_MINUTE, strict=True)), ids=str)
def test_a_log_that_cannot_be_read_is_not_waited_for_longer_than_a_minute(limit, then):
    world = run("a", fields={"a": BY_LOG | limit})
    world.starts()
    world.sees("a", running())
    world.decide(after=3)
    world.now = START + 300
    world.sees("a", exited(ended=30))
    world.decide()
    assert world.decide().wake_at == START + 360
    assert world.decided(after=60) == then
    assert (world.task("a").last or world.task("a").termination_cause).ending is Ending.TIMEOUT
