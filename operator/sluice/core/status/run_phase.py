"""The status of a run as a whole: its phase, the phase it will end in, its progress, and why it failed."""

from collections.abc import Iterator

from sluice.api.run import RunPhase
from sluice.core import Instant
from sluice.core.pod.builder import RunEnd
from sluice.core.run.orders import STOPPED_BY_HAND
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState
from sluice.core.status.progress import progress_text
from sluice.core.status.text_budget import truncate

_MESSAGE_MAX = 1024  # of a run; it stands in four conditions as well


def run_end(run: RunState, now: Instant) -> RunEnd:
    """What `finally` tasks are told about the run."""
    failed = tuple(task.definition.name for task in run.tasks.named if task.phase == "Failed")
    return RunEnd(expected_phase(run), failed, int(max(0.0, now - run.identity.started_at)))


def current_phase(run: RunState) -> RunPhase:
    if run.finished_at is None:
        return "Suspended" if run.state == "Suspended" else "Running"
    return expected_phase(run)


def expected_phase(run: RunState) -> RunPhase:
    """The phase in which the run ends if nothing else happens. Its `finally` tasks are told so."""
    if run.counts.by_phase.get("Stopped"):
        return "Stopped" if run.state == "Stopped" else "Failed"
    if run.limits.leaf_failed:
        return "Failed" if next(_failed_leaves(run), None) is not None else "Succeeded"
    return "Failed" if run.counts.failed else "Succeeded"


def _failed_leaves(run: RunState) -> Iterator[TaskState]:
    """The tasks that fail a run with `failWhen: LeafFailed`."""
    leaves = (run.tasks[number] for number in sorted(run.definition.leaves))
    return (t for t in leaves if t.phase in ("Failed", "UpstreamFailed") and not t.definition.allow_failure)


def run_progress(run: RunState) -> str:
    return progress_text(run.counts.by_phase, len(run.definition.tasks))


def run_message(run: RunState) -> str:
    """Why the run has failed, or will. A run that has succeeded has nothing to say, whatever happened on its way."""
    if current_phase(run) == "Succeeded":
        return ""
    if run.wind_down.why not in ("", STOPPED_BY_HAND) and not run.counts.failed:
        return run.wind_down.why
    if not run.counts.failed:
        return _without_failure(run)
    failed = [t for t in run.tasks.named if t.phase == "Failed" and not t.definition.allow_failure]
    first = failed[0]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    words = f"task {first.definition.name} failed{more}: {first.last.message if first.last else 'unknown'}"
    return truncate(words, _MESSAGE_MAX)


def _without_failure(run: RunState) -> str:
    """Of a run that fails although no task did, or none that may not."""
    if run.counts.by_phase.get("Stopped"):
        stopped = (t for t in run.tasks if t.phase == "Stopped") if run.state != "Stopped" else iter(())
        return next((f"task {task.definition.name} was stopped" for task in stopped), "")
    unreached = (
        _failed_leaves(run) if run.limits.leaf_failed and run.counts.by_phase.get("UpstreamFailed") else iter(())
    )
    return next((f"task {leaf.definition.name} was not reached (failWhen: LeafFailed)" for leaf in unreached), "")


def waiting_message(run: RunState) -> str:
    """What asks a person for something, or holds up most tasks that could run; empty if nothing does."""
    obstacle = None if run.finished_at is not None else run.waiting.main_obstacle
    if obstacle is None:
        return ""
    whose = run.tasks[obstacle.number].definition.name if obstacle.tasks == 1 else f"{obstacle.tasks} tasks"
    return truncate(f"{whose}: {obstacle.reason}", _MESSAGE_MAX)
