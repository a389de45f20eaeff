"""Loops: `withItems`, `withParam` and `withSequence`, and those over what another loop has handed on."""

# a case reads best in one line

import json
import os
import subprocess
import sys

import pytest

from sluice.importers.report import WITH_LOSSES
from tests.importers.argo.documents import call, dag, imported, lost, order, steps, tasks, workflow


@pytest.mark.parametrize(
    ("loop", "for_each"),
    [
        ("withItems: [a, 5, {k: v}]", {"items": ["a", 5, {"k": "v"}]}),
        ("withItems: [[1, 2]]", {"items": ["[1, 2]"]}),
        ("withParam: '[1, 2]'", {"items": [1, 2]}),
        ("withParam: '{{workflow.parameters.list}}'", {"from": "$(params.list)"}),
        ("withSequence: {count: 3}", {"range": {"end": 3}}),
        ("withSequence: {count: 0}", {"range": {"end": 0}}),
        ("withSequence: {start: 1, end: 3}", {"range": {"start": 1, "end": 4}}),
        ("withSequence: {start: 3, end: 1}", {"items": [3, 2, 1]}),
        ("withSequence: {start: 9, count: 2, format: 'u%02X'}", {"items": ["u09", "u0A"]}),
        ("withSequence: {count: '{{workflow.parameters.n}}'}", {"range": {"end": "$(params.n)"}}),
        ("withSequence: {start: 5, count: '{{workflow.parameters.n}}'}", {"range": {"end": "$(params.n)"}}),  # unread
    ],
)
def test_loop(loop, for_each):
    text = f"- name: main\n  dag: {{tasks: [{{name: a, template: echo, {loop}}}]}}\n"
    found = tasks(workflow(text, arguments="{parameters: [{name: list, value: '[]'}, {name: n, value: 2}]}"))
    assert found["a"]["forEach"] == for_each


@pytest.mark.parametrize(
    ("loop", "for_each", "loss"),
    [
        (
            "withSequence: {start: 1, end: '{{workflow.parameters.n}}'}",
            {"range": {"start": 1, "end": 3}},
            "a sequence that parameters decide",
        ),
        ("withSequence: {count: 100000}", {"items": ["FILL_IN"]}, "its loop"),
        ("withParam: nonsense", {"items": ["FILL_IN"]}, "its loop"),
        ("withParam: '{{=toJson(1)}}'", {"items": ["FILL_IN"]}, "its loop"),
    ],
)
def test_a_loop_that_is_lost_is_told(loop, for_each, loss):
    text = f"- name: main\n  dag: {{tasks: [{{name: a, template: echo, {loop}}}]}}\n"
    result = imported(workflow(text, arguments="{parameters: [{name: n, value: 2}]}"))
    assert result.objects[-1].manifest["spec"]["tasks"][0]["forEach"] == for_each
    assert [what for _, what in lost(result)] == [loss]
    assert result.exit_code == WITH_LOSSES


def test_a_sequence_to_an_end_of_the_run_has_so_many_items_if_nobody_reads_them():
    end = {"start": "1", "end": "{{steps.flip.outputs.result}}"}
    read = {"parameters": [{"name": "message", "value": "{{item}}"}]}
    layer = [call("a", withSequence=end), call("b", withSequence=end, arguments=read)]
    result = imported(workflow(steps([call("flip", "flip")], layer)))
    found = {task["name"]: task.get("forEach") for task in result.objects[-1].manifest["spec"]["tasks"]}
    assert found["a"] == {"range": {"end": "$(tasks.flip.outputs.result)"}}
    assert found["b"] == {"items": ["FILL_IN"]}
    assert next(what for _, what in lost(result)) == "a sequence to an end that is known at run time"


NUMBERS = """
- name: number
  inputs: {parameters: [{name: "n"}]}
  container: {image: x, command: [sh, -c], args: ["echo {{inputs.parameters.n}} > /w/square"]}
  outputs: {parameters: [{name: square, valueFrom: {path: /w/square}}]}
"""
LEADER = call("a", "number", withItems=[1, 2], arguments={"parameters": [{"name": "n", "value": "{{item}}"}]})


def over(list_, item, **fields):
    """A call over a list, whose message is the item."""
    return call(
        "b", withParam=f"{{{{{list_}}}}}", arguments={"parameters": [{"name": "message", "value": item}]}, **fields
    )


@pytest.mark.parametrize(
    ("list_", "item", "for_each", "message"),
    [
        ("outputs.parameters", "{{item.square}}", {"sameAs": "a"}, "$(tasks.a.outputs.square)"),
        ("outputs.parameters.square", "{{item}}", {"from": "$(tasks.a.outputs.square)"}, "$(item)"),
    ],
)
def test_a_loop_over_what_a_loop_has_handed_on(list_, item, for_each, message):
    found = tasks(workflow(steps([LEADER], [over(f"steps.a.{list_}", item)]) + NUMBERS))["b"]
    assert (found["forEach"], found["args"]) == (for_each, [message])


def test_a_loop_by_the_items_of_another_waits_for_all_of_them():
    found = tasks(workflow(dag(LEADER, over("tasks.a.outputs.parameters", "{{item.square}}", depends="a")) + NUMBERS))
    assert order(found["join"]) == {"dependsOn": ["a"]}
    assert order(found["b"]) == {"dependsOn": ["join"], "forEach": {"sameAs": "a"}}
    assert list(found) == ["a", "join", "b"]


ASKED = workflow(steps([LEADER], [over("steps.a.outputs.parameters", "x", when="{{item.square}} == 4")]) + NUMBERS)


def test_for_a_condition_on_what_an_item_has_handed_on_there_is_a_list_of_maps():
    found = tasks(
        workflow(steps([LEADER], [over("steps.a.outputs.parameters", "x", when="{{item.square}} == 4")]) + NUMBERS)
    )
    each = {"from": "$(tasks.a.outputs.parameters)"}
    assert order(found["b"]) == {"dependsOn": ["a"], "when": "item.square == '4'", "forEach": each}
    assert found["a"]["outputs"] == ["square", "parameters"]


@pytest.mark.parametrize("text", ["4\n", 'a "b"\\c\n\td\n', "", "\n\n"])
def test_a_list_of_maps_has_the_texts_of_the_files(text, tmp_path):
    found = tasks(
        workflow(steps([LEADER], [over("steps.a.outputs.parameters", "x", when="{{item.square}} == 4")]) + NUMBERS)
    )
    file, outputs = tmp_path / "square", tmp_path / "outputs"
    file.write_text(text)
    script = found["a"]["bash"].partition("\n")[2].replace("/w/square", str(file))
    subprocess.run(["sh", "-ec", script], check=True, env={**os.environ, "SLUICE_OUTPUTS": str(outputs)})
    handed_on = json.loads(outputs.read_text())
    assert handed_on == {"square": text.removesuffix("\n"), "parameters": {"square": text.removesuffix("\n")}}


def test_a_loop_over_a_loop_with_gaps_goes_by_its_items():
    leader = call("a", "flip", withItems=[1, 2], when="{{item}} == 1")
    found = tasks(workflow(steps([leader], [over("steps.a.outputs.result", "{{item}}")])))
    assert order(found["join"]) == {"dependsOn": ["a"], "runIf": "NoneFailed"}
    assert (found["b"]["forEach"], found["b"]["args"]) == ({"sameAs": "a"}, ["$(tasks.a.outputs.result)"])


PRINTS = {
    "python": 'import json; log = 1; print(json.dumps({"size": 3}))',
    "sh": """echo '{"size":'; echo 3; printf '}'""",
}


@pytest.mark.parametrize("program", PRINTS)
def test_a_loop_over_maps_that_a_loop_prints(program, tmp_path):
    body = json.dumps({"name": "say", "script": {"image": "x", "command": [program], "source": PRINTS[program]}})
    leader = call("a", "say", withItems=[1, 2])
    found = tasks(workflow(steps([leader], [over("steps.a.outputs.result", "{{item.size}}")]) + f"- {body}\n"))
    assert (found["b"]["forEach"], found["b"]["args"]) == ({"from": "$(tasks.a.outputs.result)"}, ["$(item.size)"])
    assert (found["a"]["outputs"], "outputsFrom" in found["a"]) == (["result"], False)
    outputs = tmp_path / "outputs"
    shell = [sys.executable, "-c"] if program == "python" else ["sh", "-ec"]
    script = found["a"]["python" if program == "python" else "bash"]
    env = {**os.environ, "SLUICE_OUTPUTS": str(outputs)}
    done = subprocess.run([*shell, script], env=env, check=True, capture_output=True, text=True)
    assert (json.loads(outputs.read_text()), json.loads(done.stdout)) == ({"result": {"size": 3}}, {"size": 3})


def test_a_condition_on_an_item_of_a_loop_with_gaps_is_told():
    leader = call("a", "flip", withItems=[1, 2], when="{{item}} == 1")
    result = imported(workflow(steps([leader], [over("steps.a.outputs.result", "x", when="{{item}} == heads")])))
    assert "its loop" in {what for _, what in lost(result)}


def test_fields_of_what_a_loop_with_gaps_prints_are_told():
    leader = call("a", "flip", withItems=[1, 2], when="{{item}} == 1")
    result = imported(workflow(steps([leader], [over("steps.a.outputs.result", "{{item.size}}")])))
    assert {what for _, what in lost(result)} == {"its loop", "the value of 'message'"}


@pytest.mark.parametrize(
    ("source", "losses"),
    [("print(1)", []), ("import json; print(json.dumps([1]))", ["the list of what its items hand on"])],
)
def test_json_in_a_list_of_what_items_print_is_told_to_be_text(source, losses):
    script = f"- name: each\n  script: {{image: x, command: [python], source: '{source}'}}\n"
    given = {"parameters": [{"name": "message", "value": "{{steps.a.outputs.result}}"}]}
    text = steps([call("a", "each", withItems=[1, 2])], [call("b", arguments=given)]) + script
    assert [what for _, what in lost(imported(workflow(text)))] == losses
