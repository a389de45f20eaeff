"""Steps as layers, DAGs, templates within templates, and those that stand apart."""

# ruff: noqa: E501  # a case reads best in one line

import pytest

from tests.importers.argo.documents import call, dag, imported, lost, order, spec, steps, tasks, workflow


def test_each_layer_waits_for_all_of_the_one_before():
    found = tasks(workflow(steps([call("a"), call("b")], [call("c")], [call("d"), call("e")])))
    assert {name: task.get("dependsOn") for name, task in found.items()} == {
        "a": None,
        "b": None,
        "c": ["a", "b"],
        "d": ["c"],
        "e": ["c"],
    }


def test_a_step_after_one_that_may_be_skipped_runs_all_the_same():
    flip = "{{steps.flip.outputs.result}} == heads"
    found = tasks(workflow(steps([call("flip", "flip")], [call("a", when=flip)], [call("b")])))
    assert order(found["a"]) == {"dependsOn": ["flip"], "when": "tasks.flip.outputs.result == 'heads'"}
    assert order(found["b"]) == {"dependsOn": ["a"], "runIf": "NoneFailed"}
    assert (found["flip"]["outputs"], found["flip"]["outputsFrom"]) == (["result"], "Stdout")


def test_names_are_kept_where_kubernetes_takes_them():
    found = tasks(workflow(dag(call("A"), call("Load_Orders", depends="A"), call("a", depends="A"))))
    assert {name: task.get("dependsOn") for name, task in found.items()} == {
        "a": None,
        "load-orders": ["a"],
        "a-2": ["a"],
    }


def test_a_template_within_a_template_is_inlined_by_the_name_of_its_call():
    inner = steps([call("one"), call("two")], [call("three")], name="inner")
    found = tasks(workflow(dag(call("A", "inner"), call("B", depends="A")) + inner))
    assert {name: task.get("dependsOn") for name, task in found.items()} == {
        "a-one": None,
        "a-two": None,
        "a-three": ["a-one", "a-two"],
        "b": ["a-three"],
    }


def test_a_condition_of_a_template_skips_all_its_tasks():
    inner = steps([call("one", when="{{workflow.name}} == x")], [call("two")], name="inner")
    found = tasks(workflow(steps([call("a", "inner", when="{{workflow.name}} == y")]) + inner))
    assert found["a-one"]["when"] == "(run.name == 'y') && (run.name == 'x')"
    assert order(found["a-two"]) == {"dependsOn": ["a-one"], "runIf": "NoneFailed", "when": "run.name == 'y'"}


@pytest.mark.parametrize(
    ("text", "sub"),
    [
        (steps([call("a", "inner", withItems=["x"])]) + steps([call("one")], name="inner"), {}),
        (steps([call("a", "inner")]) + steps([call("one")], name="inner") + "  parallelism: 3\n", {"parallelism": 3}),
        (steps([call("a", "inner")]) + steps([call("one")], name="inner") + "  retryStrategy: {limit: 2}\n", {}),
        (steps([call("a", "inner", continueOn={"failed": True})]) + steps([call("one")], name="inner"), {}),
        (
            steps([call("a", "inner"), call("b")]) + dag(call("x"), call("y", depends="x"), call("z"), name="inner"),
            {"failFast": "Drain"},
        ),
        (dag(call("a", "inner"), call("b", depends="a.Failed")) + steps([call("one")], name="inner"), {}),
    ],
)
def test_a_template_that_cannot_stand_in_the_graph_is_a_workflow_of_its_own(text, sub):
    result = imported(workflow(text))
    apart, main = (each.manifest for each in result.objects)
    assert main["spec"]["tasks"][0]["workflow"] == {"name": "w-inner"}
    assert apart["metadata"]["name"] == "w-inner"
    assert apart["spec"] == apart["spec"] | sub | {"trigger": "Manual"}
    assert result.exit_code == 0


def test_values_reach_and_leave_a_workflow_of_its_own():
    inner = """\
- name: inner
  inputs: {parameters: [{name: who}]}
  steps: [[{name: one, template: flip}, {name: two, template: echo, arguments: {parameters: [{name: message, value: "{{inputs.parameters.who}} {{workflow.parameters.day}}"}]}}]]
  outputs: {parameters: [{name: side, valueFrom: {parameter: "{{steps.one.outputs.result}}"}}]}
"""
    arguments = {"parameters": [{"name": "who", "value": "{{item}}"}]}
    text = steps(
        [call("a", "inner", withItems=["x", "y"], arguments=arguments)],
        [call("b", arguments={"parameters": [{"name": "message", "value": "{{steps.a.outputs.parameters.side}}"}]})],
    )
    result = imported(workflow(text + inner, arguments="{parameters: [{name: day, value: monday}]}"))
    apart, main = (each.manifest["spec"] for each in result.objects)
    assert main["tasks"][0] == {
        "name": "a",
        "forEach": {"items": ["x", "y"]},
        "workflow": {"name": "w-inner", "arguments": {"who": "$(item)", "day": "$(params.day)"}},
        "outputs": ["side"],
    }
    assert main["tasks"][1]["args"] == ["$(tasks.a.outputs.side)"]
    assert apart["parameters"] == [{"name": "who"}, {"name": "day"}]
    assert apart["tasks"][1]["args"] == ["$(params.who) $(params.day)"]
    assert apart["outputs"] == {"side": "$(tasks.one.outputs.result)"}


def test_a_template_that_calls_itself_is_a_run_of_its_own_each_time():
    again = call("again", "main", when="{{steps.flip.outputs.result}} == tails")
    result = imported(workflow(steps([call("flip", "flip")], [again])))
    (made,) = result.objects
    assert made.manifest["spec"]["tasks"][1]["workflow"] == {"name": "w"}
    assert lost(result) == [(10, "'main' calls itself")]


def test_templates_that_call_each_other_are_told():
    text = steps([call("a", "one")]) + steps([call("b", "two")], name="one")
    text += steps([call("c", "one", when="{{workflow.name}} == x")], name="two")
    result = imported(workflow(text))
    assert [each.name for each in result.objects] == ["w-two", "w-one", "w"]
    assert [what for _, what in lost(result)] == ["'one' calls itself"]


GLOBAL = """\
- name: p
  inputs: {artifacts: [{name: i, path: /i, optional: true}]}
  outputs:
    parameters: [{name: o, valueFrom: {path: /o}, globalName: glob}]
    artifacts: [{name: f, path: /f, globalName: file}]
  script: {image: x, command: [sh], source: "make {{workflow.outputs.parameters.glob}}"}
- {name: show, container: {image: x, command: [echo, "{{workflow.outputs.parameters.glob}}"]}}
"""
FILE = {"artifacts": [{"name": "i", "from": "{{workflow.outputs.artifacts.file}}"}]}


@pytest.mark.parametrize(
    "body",
    [
        dag(
            call("a", "p"), call("z", "p", depends="a"), call("d", "show", depends="a"), call("e", "show", depends="z")
        ),
        dag(
            call("e", "show", depends="z"), call("d", "show", depends="a"), call("z", "p", depends="a"), call("a", "p")
        ),
        steps([call("a", "p")], [call("z", "p"), call("d", "show")], [call("e", "show")]),
        steps([call("a", "p")], [call("z", "in"), call("d", "show")], [call("e", "show")])
        + steps([call("z", "p")], name="in"),
    ],
)
def test_a_global_output_is_that_of_a_task_before(body):
    found = spec(workflow(body + GLOBAL))
    by_name = {task["name"].removeprefix("z-"): task for task in found["tasks"]}
    assert by_name["d"]["command"][1] == "$(tasks.a.outputs.o)"
    last = next(name for name in ("z", "z-z") if name in [task["name"] for task in found["tasks"]])
    assert by_name["e"]["command"][1] == f"$(tasks.{last}.outputs.o)"
    assert by_name["z"]["env"][0]["value"] == "$(tasks.a.outputs.o)"
    assert found["outputs"]["glob"] == f"$(tasks.{last}.outputs.o)"


def test_a_global_artifact_is_that_of_a_task_before():
    body = dag(call("a", "p"), call("z", "p", depends="a"), call("d", "p", depends="a", arguments=FILE))
    found = tasks(workflow(body + GLOBAL))["d"]
    assert "cp -r /artifacts/a/f" in found["bash"]


def test_a_global_output_that_no_task_before_makes_is_left_to_somebody():
    result = imported(workflow(dag(call("z", "p"), call("d", "show")) + GLOBAL))
    assert {loss.task for loss in result.losses if loss.left} == {"z", "d"}


def asks(name, what, of="steps", **fields):
    return call(name, arguments={"parameters": [{"name": "message", "value": f"{{{{{of}.{what}}}}}"}]}, **fields)


NEVER = "{{workflow.name}} == x"


@pytest.mark.parametrize(
    ("body", "run_if", "answer"),
    [
        (steps([call("a")], [asks("b", "a.exitCode")]), None, "0"),
        (steps([call("a")], [asks("b", "a.status")]), None, "Succeeded"),
        (steps([call("a")], [call("c")], [asks("b", "a.status")]), None, "Succeeded"),
        (steps([call("a", continueOn={"failed": True})], [asks("b", "a.exitCode")]), None, "$(tasks.a.exitCode)"),
        (steps([call("a", when=NEVER)], [asks("b", "a.status")]), "NoneFailed", "$(tasks.a.phase)"),
        (steps([call("a", when=NEVER)], [call("c")], [asks("b", "a.status")]), "NoneFailed", "$(tasks.a.phase)"),
        (
            steps([call("a", when=NEVER), call("c"), call("d")], [asks("b", "a.status"), call("e"), call("f")]),
            "NoneFailed",
            "$(tasks.a.phase)",
        ),
        (dag(call("a"), asks("b", "a.exitCode", "tasks", depends="a")), None, "0"),
        (dag(call("a", when=NEVER), asks("b", "a.status", "tasks", depends="a.Succeeded")), None, "Succeeded"),
        (dag(call("a"), asks("b", "a.status", "tasks", depends="a.Failed")), "OneFailed", "$(tasks.a.phase)"),
        (dag(call("a"), call("c", depends="a.Failed"), asks("b", "a.status", "tasks", depends="c")), None, "FILL_IN"),
    ],
)
def test_how_a_task_has_ended_is_asked_where_there_is_more_than_one_answer(body, run_if, answer):
    result = imported(workflow(body))
    found = {task["name"]: task for task in result.objects[-1].manifest["spec"]["tasks"]}["b"]
    assert (found.get("runIf"), found["args"]) == (run_if, [answer])
    assert [loss.left for loss in result.losses] == [True] * (answer == "FILL_IN")


@pytest.mark.parametrize(
    ("body", "run_if", "losses"),
    [
        (
            steps([call("a", when=NEVER)], [call("c")], [call("b", when="{{steps.a.status}} == Skipped")]),
            "NoneFailed",
            0,
        ),
        (steps([call("a")], [call("c")], [call("b", when="{{steps.a.status}} == Succeeded")]), None, 0),
        (
            dag(
                call("a-1"),
                call("c", depends="a-1.Failed"),
                call("b", depends="c", when="{{tasks.a-1.status}} == Failed"),
            ),
            None,
            1,
        ),
    ],
)
def test_a_condition_does_not_skip_a_task_by_what_it_asks(body, run_if, losses):
    result = imported(workflow(body))
    found = {task["name"]: task for task in result.objects[-1].manifest["spec"]["tasks"]}["b"]
    assert (found.get("runIf"), len(result.losses)) == (run_if, losses)


def test_what_has_no_exit_code_is_asked_for_none():
    rest = "- {name: rest, suspend: {}}\n"
    result = imported(workflow(steps([call("a", "rest")], [asks("b", "a.exitCode")]) + rest))
    assert (result.refused, [loss.left for loss in result.losses]) == ([], [True])


def test_a_suspend_is_an_approval_or_a_wait():
    text = (
        steps([call("ask", "ask")], [call("rest", "rest")])
        + "- {name: ask, suspend: {}}\n- {name: rest, suspend: {duration: 90}}\n"
    )
    found = tasks(workflow(text))
    assert (found["ask"]["approval"], found["rest"]["wait"]) == ({}, {"for": "1m30s"})


@pytest.mark.parametrize(
    ("suspend", "pause", "losses"),
    [("{}", {"approval": {}}, ["a suspend in a loop"]), ("{duration: 2m}", {"wait": {"for": "2m"}}, [])],
)
def test_a_suspend_in_a_loop_is_one_for_all_items(suspend, pause, losses):
    text = steps([call("rest", "rest", withItems=[1, 2])], [call("a")]) + f"- {{name: rest, suspend: {suspend}}}\n"
    result = imported(workflow(text))
    assert result.objects[-1].manifest["spec"]["tasks"][0] == {"name": "rest", **pause}
    assert [what for _, what in lost(result)] == losses


def test_a_pause_cannot_fail_so_nothing_goes_on_after_its_failure():
    text = steps([call("rest", "rest", continueOn={"failed": True})]) + "- {name: rest, suspend: {duration: 2m}}\n"
    assert tasks(workflow(text))["rest"] == {"name": "rest", "wait": {"for": "2m"}}


def test_a_pause_that_a_parameter_decides_is_its_default():
    text = steps([call("rest", "rest")]) + "- {name: rest, suspend: {duration: '{{workflow.parameters.pause}}'}}\n"
    result = imported(workflow(text, arguments="{parameters: [{name: pause, value: 2m}]}"))
    assert result.objects[-1].manifest["spec"]["tasks"][0]["wait"] == {"for": "2m"}
    assert [what for _, what in lost(result)] == ["suspend.duration"]


def test_before_its_end_a_workflow_is_running():
    told = {"parameters": [{"name": "message", "value": "{{workflow.status}}"}]}
    text = workflow(steps([call("a", arguments=told)]) + steps([call("b", arguments=told)], name="bye"), onExit="bye")
    found = tasks(text)
    assert (found["a"]["args"], found["b"]["args"]) == (["Running"], ["$(run.phase)"])


def test_what_ends_a_task_runs_before_those_after_it():
    found = tasks(workflow(steps([call("a", hooks={"exit": {"template": "echo"}})], [call("b")])))
    assert order(found["a-exit"]) == {"dependsOn": ["a"], "runIf": "AllDone"}
    assert order(found["b"]) == {"dependsOn": ["a", "a-exit"]}


@pytest.mark.parametrize(
    ("text", "fail_fast"),
    [
        (steps([call("a", withItems=["x", "y"])]) + "  failFast: true\n", "Drain"),
        (steps([call("a"), call("b")]), None),
        (dag(call("a"), call("b")), "Drain"),
        (dag(call("a"), call("b"), failFast="false"), None),
    ],
)
def test_after_a_failure_nothing_begins_if_the_template_says_so(text, fail_fast):
    assert spec(workflow(text)).get("failFast") == fail_fast


def test_the_exit_handler_runs_at_the_end():
    text = workflow(
        steps([call("a")]) + steps([call("cry", when="{{workflow.status}} != Succeeded")], name="bye"), onExit="bye"
    )
    assert order(tasks(text)["cry"]) == {"when": "run.phase != 'Succeeded'", "finally": True}


def test_the_first_that_exists_is_the_output():
    flip = "{{steps.flip.outputs.result}}"
    chosen = "steps.flip.outputs.result == 'heads' ? steps.a.outputs.result : steps.b.outputs.result"
    text = steps(
        [call("flip", "flip")], [call("a", "flip", when=f"{flip} == heads"), call("b", "flip", when=f"{flip} == tails")]
    )
    found = spec(
        workflow(text + f'  outputs: {{parameters: [{{name: side, valueFrom: {{expression: "{chosen}"}}}}]}}\n')
    )
    assert found["outputs"] == {"side": "$(tasks.a.outputs.result ?? tasks.b.outputs.result)"}


@pytest.mark.parametrize("kind", ["resource: {}", "http: {}", "plugin: {}", "data: {}", "daemon: true"])
def test_refused_by_name(kind):
    body = f"- name: main\n  {kind}\n"
    (refused,) = imported(workflow(body)).refused
    assert (refused.line, refused.message) == (
        7,
        f"the template 'main' is a {kind.partition(':')[0]} template, which has no equal here",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (dag(call("a", depends="b"), call("b", depends="a")), "the tasks a, b wait for each other in a circle"),
        (dag(call("a", depends="b")), "'a' depends on 'b', which is no task of the template"),
        (steps([call("a", "none")]), "'a' calls the template 'none', which is not among the files"),
        (
            steps(['{"name": "a", "templateRef": {"name": "lib", "template": "t"}}']),
            "'a' calls the WorkflowTemplate 'lib', which is not among the files",
        ),
    ],
)
def test_refused(text, words):
    result = imported(workflow(text))
    assert [refused.message for refused in result.refused] == [words]
    assert result.exit_code == 1


def test_many_after_many_go_through_a_join():
    found = tasks(workflow(steps([call("a"), call("b"), call("c")], [call("d"), call("e"), call("f")])))
    assert found["join"] == {"name": "join", "dependsOn": ["a", "b", "c"], "join": {}}
    assert [found[name]["dependsOn"] for name in "def"] == [["join"]] * 3
