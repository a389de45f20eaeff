"""`depends` as `dependsOn`, `runIf` and `when`."""

import pytest

from sluice.importers.argo.expressions import depends
from sluice.importers.argo.expressions.depends import Dependency, Malformed, parse, rule
from tests.importers.argo.documents import call, dag, imported, order, spec, tasks, workflow

FIRST = {name: Dependency(name.lower()) for name in "AB"} | {
    "C": Dependency("c", may_fail_before=True),
    "S": Dependency("s", may_skip=True),
}


@pytest.mark.parametrize(
    ("text", "run_if", "when"),
    [
        ("A", "", ""),
        ("A && B", "", ""),
        ("A.Succeeded", "", ""),
        ("S", "NoneFailed", ""),
        ("S.Succeeded", "", ""),
        ("A && S", "NoneFailed", ""),
        ("A.Failed", "OneFailed", ""),
        ("A.Failed || A.Errored", "OneFailed", ""),
        ("A.Failed && B.Failed", "AllFailed", ""),
        ("A.Succeeded || A.Failed", "AllDone", ""),
        ("A || B", "AllDoneOneSucceeded", ""),
        ("C.Failed", "AllDone", "tasks.c.phase == 'Failed'"),  # it may not have run at all
        ("A.Failed || B.Failed", "AllDone", "tasks.a.phase == 'Failed' || tasks.b.phase == 'Failed'"),
        (
            "A && (B.Succeeded || B.Failed)",
            "AllDone",
            "tasks.a.phase == 'Succeeded' && tasks.b.phase in ['Succeeded', 'Failed']",
        ),
        (
            "A.Succeeded && (B.Failed || S.Skipped)",
            "AllDone",
            "tasks.a.phase == 'Succeeded' && (tasks.b.phase == 'Failed' || tasks.s.phase == 'Skipped')",
        ),
        ("!A.Failed", "AllDone", "!(tasks.a.phase == 'Failed')"),
        ("C.Omitted", "AllDone", "tasks.c.phase == 'UpstreamFailed'"),
        ("A.Daemoned", "AllDone", "false"),
        ("A || S", "AllDone", "tasks.a.phase == 'Succeeded' || tasks.s.phase in ['Succeeded', 'Skipped']"),
    ],
)
def test_rule(text, run_if, when):
    found = rule(parse(text), FIRST)
    assert (found.run_if, found.when) == (run_if, when)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A &&", "ends too early"),
        ("A B", "has 'B' where it should end"),
        ("A.Done", "asks for .Done; it may be"),
        ("(A", "lacks a ')'"),
        ("A & B", "has '& B', which is not understood"),
        ("(" * 40 + "A" + ")" * 40, "is nested deeper than 32 levels"),
        ("A" * 20_001, "has 20001 characters"),
    ],
)
def test_malformed(text, words):
    with pytest.raises(Malformed, match=r".*") as error:
        depends.parse(text)
    assert words in str(error.value)


def test_what_depends_on_a_task_whose_own_depends_is_not_met_does_not_run():
    found = tasks(
        workflow(
            dag(
                "{name: a, template: echo}",
                "{name: b, template: echo, depends: a.Failed}",
                "{name: c, template: echo, depends: b}",
            )
        )
    )
    assert order(found["b"]) == {"dependsOn": ["a"], "runIf": "OneFailed"}
    assert order(found["c"]) == {"dependsOn": ["b"]}  # b is Skipped, and so is c


def test_what_is_omitted_behind_what_is_omitted_is_skipped_as_well():
    found = tasks(
        workflow(
            dag(
                call("a"),
                call("c", depends="a.Failed"),
                call("e", depends="c"),
                call("f", depends="e.Omitted"),
                call("g", depends="e"),
                call("h", depends="g.Omitted"),
            )
        )
    )
    assert found["f"]["when"] == "tasks.e.phase in ['Skipped', 'UpstreamFailed']"
    assert found["h"]["when"] == "tasks.g.phase in ['Skipped', 'UpstreamFailed']"


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ("e.Omitted", {"runIf": "AllDone", "when": "tasks.e.phase in ['Skipped', 'UpstreamFailed']"}),
        ("e", {"runIf": "NoneFailed"}),
    ],
)
def test_what_is_skipped_for_two_reasons_is_told(asked, fields):
    text = dag(
        call("a"),
        call("c", depends="a.Failed"),
        call("e", depends="c", when="{{workflow.parameters.p}} == x"),
        call("f", depends=asked),
    )
    result = imported(workflow(text, arguments="{parameters: [{name: p, value: x}]}"))
    assert order(result.objects[-1].manifest["spec"]["tasks"][-1]) == {"dependsOn": ["e"], **fields}
    assert [(loss.task, loss.what) for loss in result.losses] == [
        ("f", "e is Skipped here by its `when` and where it would be Omitted")
    ]


@pytest.mark.parametrize(
    ("fields", "depends", "fail_fast", "fail_when"),
    [
        ({}, "a", "Drain", None),
        ({"failFast": "false"}, "a", None, None),
        ({}, "a.Failed", None, "LeafFailed"),  # as the failure is handled, and a DAG fails with its last tasks
    ],
)
def test_when_a_dag_fails(fields, depends, fail_fast, fail_when):
    found = spec(
        workflow(dag("{name: a, template: echo}", f"{{name: b, template: echo, depends: {depends}}}", **fields))
    )
    assert (found.get("failFast"), found.get("failWhen")) == (fail_fast, fail_when)


def test_dependencies_with_a_failure_that_is_let_pass():
    found = tasks(
        workflow(
            dag("{name: a, template: echo, continueOn: {failed: true}}", "{name: b, template: echo, dependencies: [a]}")
        )
    )
    assert found["a"]["allowFailure"] is True
    assert order(found["b"]) == {"dependsOn": ["a"]}


def test_only_what_the_target_needs():
    text = workflow(
        dag(
            "{name: a, template: echo}",
            "{name: b, template: echo, depends: a}",
            "{name: c, template: echo}",
            target="b",
        )
    )
    assert list(tasks(text)) == ["a", "b"]


def test_a_loop_of_which_any_success_counts_is_told_where_all_of_it_is_asked_for():
    text = dag(
        call("A", withItems=[1, 2]), call("B", depends="A.AnySucceeded"), call("C", depends="A"), call("D", depends="B")
    )
    result = imported(workflow(text))
    assert result.objects[-1].manifest["spec"]["tasks"][0]["forEach"] == {"items": [1, 2], "minSuccess": 1}
    assert [(loss.task, loss.what) for loss in result.losses] == [("c", "'A' as a whole")]
