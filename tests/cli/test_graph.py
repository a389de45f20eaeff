"""`sluice graph`: of files, and of what is on the cluster."""

import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp.web import json_response
from click.testing import CliRunner

from sluice.cli.graph.look import on_cluster
from sluice.cli.main import main
from sluice.client.errors import ClientError
from sluice.client.names import BadName, parse
from tests.cli.graphs import SVG, parsed
from tests.client.server import serving, status

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted(ROOT.glob("examples/*.yaml")) + sorted(ROOT.glob("examples/python/*.py"))
TABLE = {"kind": "Table", "columnDefinitions": [], "rows": [], "metadata": {}}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_can_be_drawn(example):
    answer = CliRunner().invoke(main, ["graph", str(example), "-o", "svg"])
    assert answer.exit_code == 0, answer.output
    assert parsed(answer.stdout).tag == f"{SVG}svg"


TWO = """
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: inner}
spec: {tasks: [{name: a, image: x}]}
---
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: outer}
spec: {tasks: [{name: call, workflow: {name: inner}}]}
"""


@pytest.mark.parametrize(
    ("arguments", "text", "code", "words"),
    [
        (["-"], TWO, 0, "outer  1 task"),  # the one that no other calls
        (["-"], TWO, 0, "This is outer; --workflow draws another one of the file: inner"),
        (["-", "--workflow", "inner"], TWO, 0, "inner  1 task"),
        (["-", "--workflow", "iner"], TWO, 2, "no Workflow of this file is called 'iner'; did you mean 'inner'?"),
        (
            ["-"],
            TWO.replace("name: call,", "name: call, dependsOn: [x],"),
            2,
            "<stdin>:10: spec.tasks[0].dependsOn[0]: ",
        ),
        (["-"], "kind: Pod", 2, "there is no Workflow in this file"),
        (["none.yaml"], "", 2, "none.yaml: No such file or directory"),
        (["etl", "--workflow", "inner"], "", 2, "--workflow goes with a FILE; write workflow/inner"),
    ],
)
def test_files(arguments, text, code, words):
    answer = CliRunner().invoke(main, ["graph", *arguments], input=text)
    assert answer.exit_code == code
    assert words in answer.output


def test_the_graph_of_a_file_needs_no_client():
    code = """
import sys
from sluice.cli.main import main
try:
    main(["graph", "examples/31-join.yaml", "-o", "json"])
finally:
    print(*({"aiohttp", "kubernetes", "orjson", "rich"} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


WORKFLOW = {
    "kind": "Workflow",
    "metadata": {"name": "etl", "namespace": "team"},
    "spec": {"tasks": [{"name": "a"}, {"name": "b", "dependsOn": ["a"]}]},
}
RUN = {"kind": "WorkflowRun", "metadata": {"name": "etl-1", "namespace": "team"}, "spec": {"workflow": "etl"}}


async def asked(name, folder):
    """What is drawn where there is a run without a graph, and a Workflow."""

    async def answer(request):
        path = request.path.rpartition("/v1alpha1/namespaces/team/")[2]
        if path in ("workflows/etl", "workflowruns/etl-1"):
            return json_response(WORKFLOW if path == "workflows/etl" else RUN)
        if path in ("workflows", "workflowruns"):
            return json_response(TABLE)
        return status(404, "NotFound", "gone", name=path.rpartition("/")[2])

    async with serving(answer, folder) as client:
        return await on_cluster(client, parse(name))


@pytest.mark.parametrize("name", ["workflow/etl", "etl"])
async def test_a_workflow_on_the_cluster(name, tmp_path):
    subject = await asked(name, tmp_path)
    assert [(task.name, task.depends_on) for task in subject.tasks] == [("a", ()), ("b", ("a",))]


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("etl-1", ClientError, "the graph of etl-1 cannot be read: .* sluice graph workflow/etl"),
        ("other", BadName, "no run or Workflow is called 'other'"),
        ("etl/load", BadName, "a graph is that of a run or a Workflow"),
        ("pool/x", BadName, "a graph is that of a run or a Workflow"),
    ],
)
async def test_what_cannot_be_drawn(name, error, words, tmp_path):
    with pytest.raises(error, match=words):
        await asked(name, tmp_path)
