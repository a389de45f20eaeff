"""Faults of running after others, each with its place and the next step."""

import pytest

from sluice.core.validation import workflow_faults


def faults(*names, **spec):
    after = [{"workflow": name} for name in names]
    spec = {"after": after, "tasks": [{"name": "hello", "image": "busybox", "bash": "echo hello"}]} | spec
    return [str(fault) for fault in workflow_faults({"metadata": {"name": "report"}, "spec": spec})]


@pytest.mark.parametrize(
    ("names", "spec", "path", "words"),
    [
        (["ingest", "report"], {}, "spec.after[1].workflow", "is this Workflow itself"),
        (["ingest", "ingest"], {}, "spec.after[1].workflow", "'ingest' is there twice; remove one"),
        ([], {}, "spec.after", "must not be empty"),
        (["ingest"], {"trigger": "Manual"}, "spec.trigger", "with `after` it runs when others have succeeded"),
        (["ingest"], {"schedule": {"cron": "@daily"}}, "spec.schedule", "remove one of the two"),
        (["ingest"], {"onChange": {"reuse": "Unchanged"}}, "spec.onChange", "remove one of the two"),
        (["ingest"], {"parameters": [{"name": "day"}]}, "spec.parameters[0]", "give one, or take spec.after away"),
        (["ingest"], {"after": ["ingest"]}, "spec.after[0]", "must be a map"),
    ],
)
def test_fault(names, spec, path, words):
    (found,) = faults(*names, **spec)
    assert found.startswith(f"{path}: ")
    assert words in found


def test_others_need_not_be_there():
    assert faults("ingest", "clean") == []
