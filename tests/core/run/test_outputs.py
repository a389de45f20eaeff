"""What tasks hand on: what the run makes of it, who reads it, and how it arrives."""

import json

import pytest

from sluice.core.base.naming import outputs_name
from sluice.core.cel.variables import TaskVariable
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.size import ANNOTATIONS_MAX_BYTES, oversize
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.outputs import lost_outputs, results_before
from tests.core.kubelet import RUN, accepted, exited, seen
from tests.core.world import run

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
