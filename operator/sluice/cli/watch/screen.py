"""One frame of the live display: never more lines than the terminal has.

    header        the run: state, progress, elapsed time
    tasks         laid out by `plan`, if all fit
    or sections   counts by state, then the tasks worth seeing: failed, running, held back, next

Time and terminal size are arguments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from sluice.cli.bar import bar
from sluice.cli.durations import lasting
from sluice.cli.states import FAILED, PENDING, RUNNING, SKIPPED, STOPPED, SUCCEEDED, UPSTREAM_FAILED, WAITING
from sluice.cli.watch.view import RunView, TaskView
from sluice.core import Instant

_SECTIONS = (FAILED, RUNNING, PENDING, WAITING)
_COUNTED = (SUCCEEDED, *_SECTIONS, UPSTREAM_FAILED, SKIPPED, STOPPED)
_NOTES_MAX = 3
_GAP = "  "
_BAR = 10
_DIM = "bright_black"
_ASCII = str.maketrans("✔✖●◌○⊘»■…├└─│·", "+x>~.-=#~|`-|,")


@dataclass(frozen=True, slots=True)
class _Row:
    """A task's line before the column widths are known. `prefix` is the plan's."""

    prefix: str
    task: TaskView

    @property
    def label(self) -> str:
        return f"{self.prefix}{self.task.state.sign} {self.task.name}"

    @property
    def attempt(self) -> str:
        return f"attempt {self.task.attempt}" if self.task.attempt > 1 else ""


@dataclass(frozen=True, slots=True)
class _Rest:
    """A line for the tasks of a section that do not fit."""

    words: str


def frame(
    view: RunView, trouble: str, now: Instant, width: int, height: int, *, ascii_only: bool = False
) -> list[Text]:
    """At most `height` lines of `width` columns. `trouble` says why the view may be stale; empty if it is not."""
    head = [_header(view, now), *_notes(view, trouble)]
    rows: Sequence[_Row | _Rest] = [_Row(place.prefix, view.tasks[place.number]) for place in view.plan.places]
    if len(head) + len(rows) > height:
        head.append(_counts(view))
        rows = list(_sections(view, max(0, height - len(head))))
    lines = [*head, *_table(rows, now, width)][:height]
    for line in lines:
        if ascii_only:
            line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
        line.truncate(width, overflow="ellipsis" if not ascii_only else "crop")
    return lines


def _header(view: RunView, now: Instant) -> Text:
    left_s = view.left(now)
    elapsed = lasting(view.elapsed(now))
    parts = (
        (view.name, "bold"),
        (f"{view.state.sign} {view.state.word}", view.state.colour),
        (view.progress, ""),
        (elapsed if left_s is None else f"{elapsed}, about {lasting(left_s)} left", _DIM),
        (view.spent, _DIM),
    )
    return Text(_GAP).join(Text(words, style) for words, style in parts if words)


def _notes(view: RunView, trouble: str) -> Iterator[Text]:
    yield from (Text(note, view.state.colour if view.ended else "yellow") for note in view.notes[:_NOTES_MAX])
    if len(view.notes) > _NOTES_MAX:
        yield Text(f"… and {len(view.notes) - _NOTES_MAX} more", _DIM)
    if trouble:
        yield Text(trouble, "yellow")


def _counts(view: RunView) -> Text:
    counts = view.counts()
    in_order = [state for state in _COUNTED if counts[state]]
    in_order += [state for state in counts if state not in in_order]
    return Text(" · ", _DIM).join(
        Text(f"{state.sign} {counts[state]} {state.word}", state.colour) for state in in_order
    )


def _sections(view: RunView, lines: int) -> Iterator[_Row | _Rest]:
    """The tasks worth seeing, by state, in manifest order within each."""
    groups = [(state, [task for task in view.tasks if task.state is state]) for state in _SECTIONS]
    shares = share([len(tasks) for _, tasks in groups], lines)
    for (state, tasks), room in zip(groups, shares, strict=True):
        shown = len(tasks) if room == len(tasks) else max(0, room - 1)
        yield from (_Row("", task) for task in tasks[:shown])
        if room > shown:
            rest = len(tasks) - shown
            yield _Rest(f"and {rest} more {state.word}" if shown else f"{rest} {state.word}")


def share(wanted: Sequence[int], lines: int) -> list[int]:
    """Divides `lines` evenly among lists that want `wanted` each; what one does not need goes to the others."""
    shares = [0] * len(wanted)
    while lines and (hungry := [index for index, count in enumerate(wanted) if shares[index] < count]):
        for index in hungry[:lines]:
            shares[index] += 1
        lines -= len(hungry[:lines])
    return shares


def _table(rows: Sequence[_Row | _Rest], now: Instant, width: int) -> Iterator[Text]:
    tasks = [row for row in rows if isinstance(row, _Row)]
    progress = max((len(row.task.progress) for row in tasks), default=0)
    label = min(max((len(row.label) for row in tasks), default=0), width // 2)
    state = max((len(row.task.state.word) for row in tasks), default=0)
    attempt = max((len(row.attempt) for row in tasks), default=0)
    time = max((len(lasting(row.task.lasted(now))) for row in tasks), default=0)
    for row in rows:
        if isinstance(row, _Rest):
            yield Text(f"… {row.words}", _DIM)
            continue
        colour = row.task.state.colour
        name = Text(row.label)
        name.stylize(_DIM, 0, len(row.prefix))
        name.stylize(colour, len(row.prefix), len(row.prefix) + 1)
        name.truncate(label, overflow="ellipsis", pad=True)
        cells = [
            name,
            Text(row.task.state.word.ljust(state), colour),
            Text(row.attempt.ljust(attempt)),
            Text(lasting(row.task.lasted(now)).rjust(time), _DIM),
            Text(_progress(row.task, progress)),
            Text(row.task.words),
        ]
        line = Text(_GAP).join(cell for cell in cells if cell.plain)
        line.rstrip()
        yield line


def _progress(task: TaskView, width: int) -> str:
    """Of a fan-out: how many of its items have ended, with a bar while it runs."""
    drawn = bar(task.progress, _BAR) if task.state is RUNNING else ""
    return f"{task.progress:{width}} {drawn}".rstrip() if task.progress else ""
