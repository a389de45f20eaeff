"""Nothing is lost in silence: fields that are not known are told, and those that change nothing are notes."""

import pytest

from sluice.importers.argo.translate import ArgoFile, translate
from tests.importers.argo.documents import call, imported, leaf, lost, steps, workflow

CRON = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: c}
spec:
  schedule: "@daily"
  surprise: 1
  workflowSpec: {entrypoint: a, templates: [{name: a, container: {image: x}}]}
"""
RUN = "container: {image: x, command: [a]}\n"


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        (workflow(leaf(RUN), podPriority=5), "the field 'podPriority'"),
        (workflow(leaf(RUN + "surprise: 1\n")), "the field 'surprise'"),
        (workflow(steps([call("a", onSuccess="b")])), "the field 'onSuccess'"),
        (workflow(steps([call("a", continueOn={"failed": True, "later": True})])), "the field 'later'"),
        (workflow(leaf(RUN + "retryStrategy: {limit: 1, backoff: {duration: 1, jitter: 2}}\n")), "the field 'jitter'"),
        (CRON, "the field 'surprise'"),
        (workflow(steps([call("a")]) + "  memoize: {key: x}\n"), "memoize"),
        (workflow(leaf(RUN + "memoize: {key: x}\n")), "memoize"),
        (
            workflow(
                leaf(RUN),
                arguments="{parameters: [{name: a, valueFrom: {default: x, configMapKeyRef: {name: c, key: k}}}]}",
            ),
            "the default of 'a'",
        ),
    ],
)
def test_what_is_lost_is_told(text, loss):
    assert [what for _, what in lost(imported(text))] == [loss]


def test_what_changes_nothing_of_what_runs_is_a_note():
    text = workflow(leaf(RUN + "metrics: {prometheus: []}\ndisplayName: x\n"), podGC="{strategy: OnPodSuccess}")
    result = translate([ArgoFile("a.yaml", text)])
    assert result.exit_code == 0
    assert sorted(note.message.partition(":")[0] for note in result.notes) == ["displayName", "metrics", "podGC"]
