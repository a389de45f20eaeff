"""The progress of a run or a fan-out, in a few words."""

from collections.abc import Mapping

from sluice.api.run import TaskPhase

_ENDED_WITHOUT_SUCCESS: dict[TaskPhase, str] = {
    "Failed": "failed",
    "UpstreamFailed": "not run",
    "Skipped": "skipped",
    "Stopped": "stopped",
}


def progress_text(counts: Mapping[TaskPhase, int], total: int) -> str:
    """How many succeeded, and how many ended otherwise: `9/12, 1 failed, 2 not run`."""
    words = [f"{counts.get('Succeeded', 0)}/{total}"]
    words += [f"{counts[phase]} {word}" for phase, word in _ENDED_WITHOUT_SUCCESS.items() if counts.get(phase)]
    return ", ".join(words)
