"""A plan in words, for a terminal: which tasks change, and what becomes of them; then the facts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sluice.cli.durations import about, lasting
from sluice.cli.plan.planned import Planned
from sluice.cli.plan.words.facts import facts_as_text
from sluice.cli.printable import printable
from sluice.cli.terminal import Terminal
from sluice.cli.words import counted
from sluice.core import Instant
from sluice.core.base.text import one_line
from sluice.core.spec.changes import CHANGED, GONE, NEW, SAME, Change
from sluice.core.whatif.plan import REUSED, RUNS, SKIPPED, Fate
from sluice.core.whatif.start import MORE

_ROWS_AT_LEAST, _OTHER_ROWS = 8, 12
_NAME_WIDTH, _WORDS_WIDTH, _WORDS_AT_LEAST, _DOES_WIDTH = 30, 46, 12, 34
_COLOURS = {SAME: "default", CHANGED: "yellow", NEW: "green", GONE: "red"}


def as_text(found: Planned, namespace: str, now: Instant, terminal: Terminal) -> list[str]:
    lines = [printable(headline(found, namespace)), ""]
    lines += [
        terminal.painted(terminal.fitted(printable(text)), colour) for text, colour in _fates(found, now, terminal)
    ]
    return [*lines, "", *facts_as_text(found, terminal)]


def headline(found: Planned, namespace: str) -> str:
    where = f" in {namespace}" if namespace else ""
    plan = found.plan
    reused = sum(fate.does == REUSED or bool(fate.reused_items) for fate in plan.fates)
    tasks = counted(len(plan.fates), "task") + (f", {reused} of them reused" if reused else "")
    lasts = f", in about {lasting(plan.time.typical_s)}" if plan.time else ""
    if found.start.now:
        met = f", {found.meets}" if found.meets else ""
        return f"{found.name}{where}: would start 1 run of {tasks}{lasts}{met}{_more(found.start.more)}."
    return f"{found.name}{where}: would start nothing: {found.start.why}. A run of it: {tasks}{lasts}."


def _more(due: int) -> str:
    if not due:
        return ""
    return f"; then {due}{' or more' if due == MORE else ''} others, for times of its schedule that are due"


def _fates(found: Planned, now: Instant, terminal: Terminal) -> Iterator[tuple[str, str]]:
    """The lines of tasks, and their colours. On a terminal what becomes of a task has its room first."""
    at_most = None if terminal.rows is None else max(_ROWS_AT_LEAST, terminal.rows - _OTHER_ROWS)
    shown, left_out = folded(list(rows(found, now)), at_most)
    name = min(max((len(change.name) for change, _ in shown), default=0), _NAME_WIDTH)
    words = min(max((len(change.words) for change, _ in shown), default=0), _WORDS_WIDTH)
    if terminal.columns is not None:
        does_width = min(max((len(text) for _, text in shown), default=0), _DOES_WIDTH)
        words = min(words, max(_WORDS_AT_LEAST, terminal.columns - name - does_width - len("    =    ")))
    for change, text in shown:
        told = change.words if terminal.columns is None else one_line(change.words, words)
        yield f"  {change.name:{name}}  {change.sign}  {told:{words}}  {text}".rstrip(), _COLOURS[change.sign]
    if left_out:
        yield f"  {left_out}", "default"


def rows(found: Planned, now: Instant) -> Iterator[tuple[Change, str]]:
    """What changes, and what becomes of it."""
    fates = {fate.task: fate for fate in found.plan.fates}
    for change in found.changes:
        yield _with_age(change, found, now), does(fates.get(change.name), starts=found.start.now)
    for change in found.settings:
        yield change, "starts nothing by itself"


def _with_age(change: Change, found: Planned, now: Instant) -> Change:
    at = found.succeeded_at.get(change.name)
    if change.sign != SAME or at is None:
        return change
    return replace(change, words=f"{change.words}, succeeded {about(now - at)} ago")


def folded(told: Sequence[tuple[Change, str]], at_most: int | None) -> tuple[list[tuple[Change, str]], str]:
    """The rows that are shown, and a word on the others. What has changed comes before what has not."""
    chosen = sorted(range(len(told)), key=lambda number: (told[number][0].sign == SAME, number))[:at_most]
    left_out = len(told) - len(chosen)
    words = f"and {counted(left_out, 'more task')}: -o json has them all" if left_out else ""
    return [told[number] for number in sorted(chosen)], words


def does(fate: Fate | None, *, starts: bool = True) -> str:
    """What becomes of a task; '' of one that is gone."""
    if fate is None:
        return ""
    items = counted(fate.items, "item") if fate.items is not None else ""
    if fate.does == REUSED:
        return f"reused, {items}" if items else "reused"
    if fate.does == SKIPPED:
        return f"skipped: {fate.why}"
    if fate.does != RUNS:
        return f"{fate.does}: {fate.why}"
    word = fate.why or ("runs" if starts else "would run")
    if fate.reused_items and fate.items is not None:
        return f"{word}, {fate.items - fate.reused_items} of {items}, the others reused"
    return f"{word}, {items}" if items else word
