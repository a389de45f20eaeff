"""`sluice run`: the values of -p, and what of a file is run."""

import subprocess
import sys

import pytest

from sluice.cli.run.arguments import BadArguments, typed
from sluice.cli.run.command import is_file
from sluice.cli.run.file import BadFile, Manifest, own_run, read, to_run
from sluice.client.resources import RUNS, WORKFLOWS
from sluice.core.base.naming import change_of, graph_of

PARAMETERS = [
    {"name": "day"},
    {"name": "size", "type": "Integer", "default": 1},
    {"name": "fast", "type": "Boolean", "default": False},
    {"name": "list", "type": "Json", "default": []},
    {"name": "where", "enum": ["north", "south"], "default": "north"},
]
WORKFLOW = {"metadata": {"name": "etl"}, "spec": {"parameters": PARAMETERS, "tasks": []}}


def test_values_have_the_types_of_their_parameters():
    written = ["day=a=b", "size=4", "fast=true", 'list=[1, "2"]', "where=south"]
    assert typed(written, WORKFLOW) == {"day": "a=b", "size": 4, "fast": True, "list": [1, "2"], "where": "south"}
    assert typed(["day="], WORKFLOW) == {"day": ""}


@pytest.mark.parametrize(
    ("imports", "light"),
    [
        ("sluice.cli.run.arguments", ("sluice.api.task", "sluice.core.validation", "sluice.core.cel")),
        ("sluice.cli.ls.command", ("pydantic", "dateutil", "kubernetes.aio.client.api_client")),
        ("sluice.api.task", ("requests", "kubernetes.client", "kubernetes.stream")),  # not by the client's own package
    ],
)
def test_first_words_wait_for_nothing_that_they_do_not_need(imports, light):
    code = f"import sys, sluice.client.api, {imports}; print(*(name for name in {light!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ([], "-p: 'day' has no default in the Workflow; give it a value here"),
        (["day=x", "size=big"], "-p size: must be a whole number such as 42"),
        (["day=x", "whree=north"], "-p whree: the Workflow has no parameter called 'whree'; did you mean 'where'?"),
        (["day=x", "where=nort"], "-p where: must be one of north, south; did you mean 'north'?"),
        (["day"], "-p day: write -p NAME=VALUE"),
    ],
)
def test_wrong_values_are_named(written, words):
    with pytest.raises(BadArguments) as error:
        typed(written, WORKFLOW)
    assert str(error.value) == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [("etl", False), ("etl.yaml", True), ("etl.py", True), ("a/etl.json", True), ("-", True), ("workflow/etl", False)],
)
def test_a_file_is_told_from_a_workflow(text, expected):
    assert is_file(text) is expected


def test_a_python_file_is_rendered(tmp_path):
    path = tmp_path / "author.py"
    path.write_text("from sluice import bash, workflow\n@workflow\ndef etl():\n    bash('a', 'true')\n")
    (found,) = read(str(path), chart_has_image=False)
    assert (found.resource.kind, found.name) == ("Workflow", "etl")
    path.write_text("from sluice import bash, workflow\n@workflow\ndef etl():\n    bash('A', 'true')\n")
    with pytest.raises(BadFile, match=r"author.py:4: task 'A', name: "):
        read(str(path), chart_has_image=False)


def test_all_faults_of_a_file_have_their_lines(tmp_path):
    file = tmp_path / "etl.yaml"
    file.write_text(
        "apiVersion: sluice.dev/v1alpha1\nkind: Workflow\nmetadata: {name: etl}\nspec:\n  tasks:\n  - name: a\n"
    )
    with pytest.raises(BadFile, match=f"{file}:6: spec.tasks"):
        read(str(file), chart_has_image=False)
    assert [each.name for each in read(str(file), chart_has_image=True)] == ["etl"]


def workflow(name, *called):
    tasks = [{"name": "t", "image": "a"}, *({"name": c, "workflow": {"name": c}} for c in called)]
    return Manifest(WORKFLOWS, {"metadata": {"name": name}, "spec": {"tasks": tasks}})


RUN = Manifest(RUNS, {"metadata": {"name": "first"}, "spec": {"workflow": "a"}})


@pytest.mark.parametrize(
    ("manifests", "name"),
    [
        ([workflow("a")], "a"),
        ([workflow("a", "b"), workflow("b")], "a"),
        ([workflow("a"), workflow("b"), RUN], "first"),
    ],
)
def test_what_no_other_calls_is_run(manifests, name):
    assert to_run(manifests, "f").name == name


def test_of_several_workflows_none_is_guessed():
    with pytest.raises(BadFile, match=r"f: which one is to be run\? \(a, b\)"):
        to_run([workflow("a"), workflow("b")], "f")


def applied(**spec):
    whole = {"tasks": [{"name": "a", "image": "b"}], **spec}
    return {"metadata": {"name": "etl", "uid": "u", "generation": 3}, "spec": whole}


@pytest.mark.parametrize(
    ("spec", "change", "own"),
    [
        ({}, "", True),
        ({}, "another", True),
        ({}, change_of(graph_of(applied()["spec"])), False),
        ({"trigger": "Manual"}, "", False),
        ({"schedule": {"cron": "@daily"}}, "", False),
        ({"after": [{"workflow": "x"}]}, "", False),
    ],
)
def test_a_workflow_that_runs_on_change_starts_its_run_itself(spec, change, own):
    before = {"status": {"lastRun": {"change": change}}} if change else None
    found = own_run(before, applied(**spec))
    assert (found is not None) is own
    assert found is None or found.startswith("etl-g3-")
