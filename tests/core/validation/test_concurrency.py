"""What cannot be asked of `spec.concurrency`."""

import pytest

from sluice.core.validation import workflow_faults


def faults(concurrency):
    tasks = [{"name": "a", "image": "busybox"}]
    parameters = [{"name": "env", "default": "test"}]
    spec = {"tasks": tasks, "parameters": parameters, "concurrency": concurrency}
    return [str(fault).removeprefix("spec.concurrency") for fault in workflow_faults({"spec": spec})]


@pytest.mark.parametrize(
    ("concurrency", "found"),
    [
        ({}, []),
        ({"policy": "Allow"}, []),
        ({"maxRuns": 3, "maxQueued": 0, "key": "$(params.env)"}, []),
        ({"policy": "Replace", "maxRuns": 3, "key": "on-$(params.env)"}, []),
        (
            {"policy": "Allow", "maxRuns": 3},
            [".maxRuns: policy Allow has no limit; remove this, or write policy: Queue"],
        ),
        (
            {"policy": "Allow", "key": "$(params.env)"},
            [".key: policy Allow has no limit; remove this, or write policy: Queue"],
        ),
        (
            {"policy": "Forbid", "maxQueued": 3},
            [".maxQueued: no run waits under policy Forbid; remove this, or write policy: Queue"],
        ),
        (
            {"policy": "Replace", "maxQueued": 3},
            [".maxQueued: no run waits under policy Replace; remove this, or write policy: Queue"],
        ),
        (
            {"key": "prod"},
            [".key: is the same for every run of this Workflow; write for example $(params.env), or remove it"],
        ),
        (
            {"key": "$(params.evn)"},
            [".key: $(params.evn) is no parameter of this Workflow; did you mean $(params.env)?"],
        ),
        ({"key": "$(run.name)"}, [".key: $(run.name) is no parameter of this Workflow"]),
        ({"maxRuns": 0}, [".maxRuns: input should be greater than or equal to 1"]),
        ({"maxRun": 1}, [".maxRun: there is no such field; did you mean 'maxRuns'?"]),
        ("one", [": must be a map"]),
    ],
)
def test_concurrency(concurrency, found):
    assert faults(concurrency) == found
