"""What a task hands on, and what becomes of one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.kubernetes import Json, Kubectl, workflow


def extract(bash: str, **fields: Any) -> Json:
    return {"name": "extract", "outputs": ["files"], "bash": bash, **fields}


@pytest.mark.parametrize(
    ("bash", "message"),
    [
        pytest.param(
            "echo file=x > $SLUICE_OUTPUTS",
            "the declared outputs 'files' are missing: there are 7 bytes in $SLUICE_OUTPUTS, with 'file'",
            id="a missing key",
        ),
        pytest.param(
            """awk 'BEGIN {printf "{\\"files\\": \\""; for (i = 0; i < 5000; i++) printf "x"; print "\\"}"}' """
            "> $SLUICE_OUTPUTS",
            "outputs too large: $SLUICE_OUTPUTS is full, 4096 bytes; Kubernetes cuts what is over that",
            id="too large",
        ),
    ],
)
def test_outputs_that_cannot_be_used_are_the_tasks_error(kubectl: Kubectl, bash: str, message: str) -> None:
    load = {"name": "load", "command": ["echo", "$(tasks.extract.outputs.files)"]}
    run = kubectl.run(workflow("etl", extract(bash, retries={"limit": 1, "backoff": {"initial": "1s"}}), load))
    task = run["status"]["tasks"]["extract"]
    assert (task["phase"], task["attempt"], task["exitCode"]) == ("Failed", 2, 0)
    assert (task["reason"], task["message"]) == ("Error: 1 of 1 retries used", message)
    assert run["status"]["message"] == f"task extract failed: {message}"
    assert run["status"]["tasks"]["load"]["reason"] == "UpstreamFailed: extract"
