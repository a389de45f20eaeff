"""The table of `sluice ls`: as wide and as high as the terminal; off one, all lines and columns as they are.

Time and time zone are arguments.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from sluice.cli.bar import bar
from sluice.cli.durations import about, lasting
from sluice.cli.ls.rows import Idle, Line
from sluice.cli.terminal import Terminal
from sluice.core import Instant
from sluice.core.base.times import rfc3339

_GAP = "  "
_NO_RUN = "\N{EN DASH}"
_BAR = 5
_PROMPT_ROWS = 2  # the heading, and the prompt that follows


def table(
    found: Sequence[Line], now: Instant, terminal: Terminal, *, namespaces: bool, wide: bool, zone: tzinfo | None = None
) -> Iterator[str]:
    """The lines to print. `zone` defaults to the machine's."""
    room = None if terminal.rows is None or wide else max(1, terminal.rows - _PROMPT_ROWS)
    shown = found if room is None or len(found) <= room else found[: room - 1]
    cells = [_heading(wide=wide), *(_cells(line, now, terminal, zone, wide=wide) for line in shown)]
    if namespaces:
        cells = [(first, place, *rest) for (first, *rest), place in zip(cells, _places(shown), strict=True)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        text = _GAP.join(cell.ljust(width) for cell, width in zip(row[1:], widths[1:], strict=True)).rstrip()
        text = f"{row[0]} {text}" if wide else terminal.fitted(f"{row[0]} {text}")
        yield text if number == 0 else terminal.painted(text[0], shown[number - 1].state.colour) + text[1:]
    if len(shown) < len(found):
        yield _rest(found[len(shown) :])


def _heading(*, wide: bool) -> tuple[str, ...]:
    return (" ", "WORKFLOW", "RUN", "STATE", "DONE", "TIME", "STARTED", *(("FINISHED",) if wide else ()), "WHY")


def _places(shown: Sequence[Line]) -> list[str]:
    return ["NAMESPACE", *(line.namespace for line in shown)]


def _cells(line: Line, now: Instant, terminal: Terminal, zone: tzinfo | None, *, wide: bool) -> tuple[str, ...]:
    if isinstance(line, Idle):
        return _of_workflow(line, now, zone, wide=wide)
    done = f"{line.done} {bar(line.done, _BAR)}" if terminal.live and not line.ended and line.done else line.done
    return (
        line.state.sign,
        line.workflow,
        line.name,
        line.state.word,
        done,
        lasting(line.lasted(now)),
        *((_exact(line.started_at), _exact(line.finished_at)) if wide else (when(line.started_at, now, zone),)),
        line.why if line.state.word != "Succeeded" else "",
    )


def _of_workflow(line: Idle, now: Instant, zone: tzinfo | None, *, wide: bool) -> tuple[str, ...]:
    state, why = line.state.word, line.why
    if line.next_at is not None and not why:
        state, why = f"next {when(line.next_at, now, zone)}", f"in {about(line.next_at - now)}"
    ends = "".join(end.sign for end in line.ends)
    times = ("", "") if wide else ("",)
    return (line.state.sign, line.name, _NO_RUN, state, f"kept {ends}" if ends else "", "", *times, why)


def _exact(instant: Instant | None) -> str:
    return "" if instant is None else rfc3339(instant)


def when(instant: Instant | None, now: Instant, zone: tzinfo | None = None) -> str:
    """`02:00` today, `yesterday`, `Mon 02:00` within a week, else `2026-03-01`. In future `tomorrow 02:00`."""
    if instant is None:
        return ""
    then, today = datetime.fromtimestamp(instant, zone), datetime.fromtimestamp(now, zone)
    days = (today.date() - then.date()).days
    if days == 0:
        return f"{then:%H:%M}"
    if days in (1, -1):
        return "yesterday" if days == 1 else f"tomorrow {then:%H:%M}"
    return f"{then:%a %H:%M}" if abs(days) < 7 else f"{then:%Y-%m-%d}"  # noqa: PLR2004  # days of a week


def _rest(folded: Sequence[Line]) -> str:
    counts = Counter(line.state.word for line in folded)
    words = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    runs = "more" if any(isinstance(line, Idle) for line in folded) else "more runs"
    return f"… {len(folded)} {runs}: {words}; -o wide shows them all"
