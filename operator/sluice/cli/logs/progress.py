"""What is said between the lines of a log: why a task has none yet, how an attempt ended, what became of a task."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from sluice.cli.durations import lasting
from sluice.cli.logs.selection import has_failed
from sluice.cli.logs.shown import label
from sluice.cli.states import FAILED, PENDING, RUNNING, WAITING
from sluice.cli.watch.view import RunView, TaskView
from sluice.core import Instant
from sluice.core.pod.view import PodView

Note = tuple[str, str, str]
"""Whose it is, a sign, and the words."""

_LISTED_MAX = 3


def of_tasks(before: RunView | None, after: RunView, has_task: Callable[[str], bool], now: Instant) -> Iterator[Note]:
    """What has changed, and at first why tasks have not started. What many have in common is one line."""
    known = {task.name: _what(task) for task in before.tasks} if before else {}
    alike: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for task in after.tasks:
        if not has_task(task.name) or known.get(task.name) == _what(task) or task.state is RUNNING:
            continue
        if task.state is WAITING and before is not None:
            continue
        alike[task.state.sign, _words(task, now)].append(task.name)
    for (sign, words), names in alike.items():
        for name in names if len(names) <= _LISTED_MAX else [f"{len(names)} tasks"]:
            yield name, sign, words


def _what(task: TaskView) -> tuple[str, int, str]:
    return task.state.word, task.attempt, task.kind if task.state is PENDING else ""


def _words(task: TaskView, now: Instant) -> str:
    if task.state is WAITING:
        return f"waits {task.words}".strip()
    if task.state is PENDING:
        return task.words or "has not started"
    words = (lasting(task.lasted(now)), task.progress, task.words)
    return "  ".join(filter(None, words)) or task.state.word


def of_pod(pod: PodView) -> Note | None:
    """How an attempt ended, if it did not go well."""
    if pod.attempt_of is None or not has_failed(pod):
        return None
    main = pod.container
    took = None if main.started_at is None or main.finished_at is None else main.finished_at - main.started_at
    code = "" if main.exit_code is None else f"exit {main.exit_code}"
    reason = main.reason if main.reason not in ("", "Error") else ("" if code else pod.reason)
    words = " ".join(filter(None, (code, f"({reason})" if reason and code else reason)))
    return label(pod.attempt_of), FAILED.sign, (words or "failed") + (f" after {lasting(took)}" if took else "")
