"""Workflows written in Python: `from sluice import task, workflow`.

`load` runs an author's file, `workflow` calls its `@workflow` functions, and each call of a `task` in there adds a node
to the `graph`. Nothing here runs in a pod: there `sluice.stub` calls the file's functions.
"""

from sluice.sdk.faults import WorkflowFault
from sluice.sdk.local import Run
from sluice.sdk.pool import Pool
from sluice.sdk.reference import Step, chain
from sluice.sdk.run_values import run
from sluice.sdk.steps import approval, bash, branch, container, group, join, sub, wait
from sluice.sdk.task import Task, task
from sluice.sdk.workflow import Workflow, workflow

__all__ = [
    "Pool",
    "Run",
    "Step",
    "Task",
    "Workflow",
    "WorkflowFault",
    "approval",
    "bash",
    "branch",
    "chain",
    "container",
    "group",
    "join",
    "run",
    "sub",
    "task",
    "wait",
    "workflow",
]
