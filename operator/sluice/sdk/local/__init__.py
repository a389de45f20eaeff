"""Runs a workflow here: the operator's own decisions, with calls on this machine in place of pods.

Values go through JSON and back, as they would on a cluster. Scripts run by this machine's bash. Where nothing runs the
clock is moved to what comes next, so backoffs and waits take no time. A pool has as many slots as its largest request.

    results   how a run and its tasks ended
    programs  what a pod would do: a call in a thread, or a process, which can be killed
    cluster   the runs, whose decisions start programs and are told how these ended
"""

from sluice.sdk.local.cluster import LocalWorkflow, run_locally
from sluice.sdk.local.results import Run, TaskResult

__all__ = ["LocalWorkflow", "Run", "TaskResult", "run_locally"]
