"""The limits of a run, from its Workflow's spec and its own."""

from dataclasses import dataclass

from sluice.api.base import seconds
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import FailFast, WorkflowSettings


@dataclass(frozen=True, slots=True)
class RunLimits:
    """They may change while the run goes on. None is no limit."""

    parallelism: int | None = None
    timeout_s: int | None = None
    fail_fast: FailFast = "None"
    leaf_failed: bool = False
    """`failWhen: LeafFailed`: only a failed task without dependents fails the run."""
    priority: int = 0

    @classmethod
    def of(cls, workflow: WorkflowSettings, run: WorkflowRunSpec) -> "RunLimits":
        return cls(
            parallelism=workflow.parallelism,
            timeout_s=None if workflow.timeout is None else seconds(workflow.timeout),
            fail_fast=workflow.fail_fast or "None",
            leaf_failed=workflow.fail_when == "LeafFailed",
            priority=run_priority(workflow, run),
        )


def run_priority(workflow: WorkflowSettings, run: WorkflowRunSpec) -> int:
    """The run's own priority, else its Workflow's, else 0."""
    return run.priority if run.priority is not None else workflow.priority or 0
