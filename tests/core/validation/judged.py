"""Workflows of few tasks, and what is wrong with them."""

from sluice.core.validation import workflow_faults

A, B = {"name": "a", "image": "busybox"}, {"name": "b", "image": "busybox"}


def faults(*tasks, name="etl", **spec):
    """The faults of a Workflow with these tasks, as lint prints them."""
    tasks = {"tasks": list(tasks)} if tasks else {}
    return [str(fault) for fault in workflow_faults({"metadata": {"name": name}, "spec": tasks | spec})]
