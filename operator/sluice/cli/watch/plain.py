"""Lines for logs and pipes: one for each change of a task, without control characters.

Routine waiting (for other tasks, for a free slot, for the scheduler) is not reported. A cause that holds back or ends
many tasks at once is one line.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from sluice.cli.durations import lasting
from sluice.cli.states import FAILED, PENDING, RUNNING, SKIPPED, STOPPED, UPSTREAM_FAILED, WAITING
from sluice.cli.watch.view import RunView, TaskView
from sluice.core import Instant

_ROUTINE = frozenset(
    {"", "Parallelism", "Starting", "Scheduling", "Suspended", "ContainerCreating", "PodInitializing", "Terminating"}
)
_LISTED_MAX = 3

_Signature = tuple[str, int, str]


def changes(before: RunView | None, after: RunView, now: Instant, zone: tzinfo | None = None) -> Iterator[str]:
    """The lines for what changed from one view to the next. `zone` defaults to the machine's time zone."""
    run, tasks = list(_run(before, after, now)), sorted(_tasks(before, after, now), key=lambda line: line[0])
    for when, text in [*tasks, *run] if after.ended else [*run, *tasks]:
        yield f"{datetime.fromtimestamp(when, zone):%H:%M:%S} {text}"


def _run(before: RunView | None, after: RunView, now: Instant) -> Iterator[tuple[Instant, str]]:
    when = (after.finished_at if after.ended else after.started_at if before is None else None) or now
    for note in after.notes:
        if before is None or note not in before.notes:
            yield when, f"{after.name}: {note}"
    if before is None or before.state != after.state:
        elapsed = lasting(after.elapsed(now)) if after.ended else ""
        yield when, " ".join(filter(None, (after.name, after.state.word, after.progress, elapsed)))


def _tasks(before: RunView | None, after: RunView, now: Instant) -> Iterator[tuple[Instant, str]]:
    previous = {task.name: _signature(task) for task in before.tasks} if before else {}
    by_cause: dict[tuple[str, str], list[str]] = {}
    for task in after.tasks:
        signature = _signature(task)
        if signature == previous.get(task.name, _UNREPORTED) or signature == _UNREPORTED:
            continue
        if task.state in (PENDING, UPSTREAM_FAILED, SKIPPED, STOPPED):
            by_cause.setdefault((task.state.word, task.words), []).append(task.name)
        else:
            yield _when(task, now), _line(task, now)
    for (state, words), names in by_cause.items():
        subjects = names if len(names) <= _LISTED_MAX else [f"{len(names)} tasks"]
        for subject in subjects:
            yield now, " ".join(filter(None, (subject, state, words)))


_UNREPORTED: _Signature = ("", 0, "")


def _signature(task: TaskView) -> _Signature:
    """A line is printed only when this changes."""
    if task.state is WAITING or (task.state is PENDING and task.kind in _ROUTINE):
        return _UNREPORTED
    return (task.state.word, task.attempt, task.kind if task.state is PENDING else "")


def _when(task: TaskView, now: Instant) -> Instant:
    return (task.started_at if task.state is RUNNING else task.finished_at) or now


def _line(task: TaskView, now: Instant) -> str:
    attempt = f"attempt {task.attempt}" if task.attempt > 1 else ""
    lasted = "" if task.state is RUNNING else lasting(task.lasted(now))
    words = task.words if task.state is FAILED else ""
    return " ".join(filter(None, (task.name, task.state.word, attempt, lasted, task.progress, words)))
