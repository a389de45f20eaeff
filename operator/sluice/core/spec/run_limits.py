"""The limits of a run, from its Workflow's spec and its own."""

from dataclasses import dataclass
from functools import partial

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import PODS, FailFast, WorkflowSettings
from sluice.core.graph.placeholders import Values, fill
from sluice.core.spec.numbers import duration_s, whole_number


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
    def of(cls, workflow: WorkflowSettings, run: WorkflowRunSpec, values: Values) -> "RunLimits":
        """`values` are those of the run's parameters. Raises BadNumber."""
        cap, timeout, known = workflow.parallelism, workflow.timeout, partial(fill, values=values)
        return cls(
            parallelism=None if cap is None else whole_number("the Workflow's parallelism", cap, PODS, known),
            timeout_s=None if timeout is None else duration_s("the Workflow's timeout", timeout, known),
            fail_fast=workflow.fail_fast or "None",
            leaf_failed=workflow.fail_when == "LeafFailed",
            priority=run_priority(workflow, run),
        )


def run_priority(workflow: WorkflowSettings, run: WorkflowRunSpec) -> int:
    """The run's own priority, else its Workflow's, else 0."""
    return run.priority if run.priority is not None else workflow.priority or 0
