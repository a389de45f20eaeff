"""Sluice runs task graphs on Kubernetes: each ready task is started as its own pod.

What authors import, `from sluice import task, workflow`, is `sluice.sdk`, and loaded only then: the operator has no use
for it.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sluice.sdk import (
        Pool,
        Run,
        Step,
        Task,
        Workflow,
        WorkflowFault,
        approval,
        bash,
        branch,
        chain,
        container,
        group,
        join,
        run,
        sub,
        task,
        wait,
        workflow,
    )

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

if not TYPE_CHECKING:  # else a type checker takes any name for one of ours

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'sluice' has no attribute '{name}'")
        from sluice import sdk  # noqa: PLC0415

        return getattr(sdk, name)
