"""What would not pass lint costs one field, and not the whole document."""

# a case reads best in one line

import pytest

from sluice.importers.argo.workflow.mending import mend
from tests.importers.argo.documents import call, imported, steps, workflow

OUTPUT = {"parameters": [{"name": "v", "value": "{{steps.a.outputs.result}}"}]}
ODD = """\
- name: odd
  inputs: {parameters: [{name: v}]}
  container: {image: x, command: [a]}
"""


def odd(fields):
    text = workflow(steps([call("a")], [call("b", "odd", arguments=OUTPUT)]) + ODD + f"  {fields}\n")
    result = imported(text)
    assert result.refused == []
    return result.objects[-1].manifest["spec"]["tasks"][1], [
        (loss.task, loss.what) for loss in result.losses if loss.left
    ]


@pytest.mark.parametrize(
    ("fields", "place", "made"),
    [
        ("serviceAccountName: '{{inputs.parameters.v}}'", "serviceAccountName", {"serviceAccountName": "FILL_IN"}),
        (
            "tolerations: [{key: a, operator: Exists}, 7]",
            "tolerations[1]",
            {"tolerations": [{"key": "a", "operator": "Exists"}]},
        ),
        (
            "retryStrategy: {limit: 1, backoff: {duration: 10000d}}",
            "retries.backoff.initial",
            {"retries": {"limit": 1, "backoff": {"factor": 1}}},
        ),
    ],
)
def test_a_field_that_lint_refuses_is_left_to_somebody(fields, place, made):
    task, left = odd(fields)
    assert task == {"name": "b", "dependsOn": ["a"], "image": "x", "command": ["a"]} | made
    assert left == [("b", place)]


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"when": "{{steps.a.status}} == x"}, {"when": "false"}),
        ({"withParam": "{{steps.a.status}}"}, {"forEach": {"items": ["FILL_IN"]}}),
    ],
)
def test_a_condition_or_a_loop_that_lint_refuses_is_left_to_somebody(fields, made):
    result = imported(workflow(steps([call("a")], [call("b", **fields)])))
    task = result.objects[-1].manifest["spec"]["tasks"][1]
    assert (task | made, [loss.left for loss in result.losses]) == (task, [True])


def test_what_a_workflow_cannot_be_without_stays_a_fault():
    spec = {"tasks": [{"name": "a", "image": "x", "dependsOn": ["a"]}]}
    manifest = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}, "spec": spec}
    told = []
    assert [fault.path for fault in mend(manifest, lambda *loss: told.append(loss))] == ["spec.tasks[0].dependsOn[0]"]
    assert told == []
