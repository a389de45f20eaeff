"""A plan in words, for a terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sluice.cli.durations import about, lasting
from sluice.cli.plan.planned import Planned
from sluice.cli.printable import printable
from sluice.cli.terminal import Terminal
from sluice.cli.words import counted, way
from sluice.core import Instant
from sluice.core.base.text import one_line
from sluice.core.base.times import span
from sluice.core.pod.needs import cpu, memory
from sluice.core.spec.changes import CHANGED, GONE, NEW, SAME, Change
from sluice.core.whatif.durations import BY_RUNS
from sluice.core.whatif.plan import REUSED, RUNS, SKIPPED, Estimate, Fate, Narrow
from sluice.core.whatif.room import Shortage

_BARS = "▁▂▃▄▅▆▇█"
_ROWS_AT_LEAST, _OTHER_ROWS = 8, 12
_NAME_WIDTH, _WORDS_WIDTH, _WORDS_AT_LEAST, _DOES_WIDTH = 30, 46, 12, 34
_GUESSES_SHOWN = 6
_COLOURS = {SAME: "default", CHANGED: "yellow", NEW: "green", GONE: "red"}


def as_text(found: Planned, namespace: str, now: Instant, terminal: Terminal) -> list[str]:
    lines = [printable(headline(found, namespace)), ""]
    lines += [
        terminal.painted(terminal.fitted(printable(text)), colour) for text, colour in _fates(found, now, terminal)
    ]
    return [*lines, "", *facts_as_text(found, terminal)]


def facts_as_text(found: Planned, terminal: Terminal) -> list[str]:
    labelled = list(facts(found))
    width = max(len(label) for label, _ in labelled)
    return [terminal.fitted(f"  {label:{width}}  {printable(text)}") for label, text in labelled]


def headline(found: Planned, namespace: str) -> str:
    where = f" in {namespace}" if namespace else ""
    plan = found.plan
    reused = sum(fate.does == REUSED or bool(fate.reused_items) for fate in plan.fates)
    tasks = counted(len(plan.fates), "task") + (f", {reused} of them reused" if reused else "")
    lasts = f", in {estimated(plan.time)}" if plan.time else ""
    if found.start.now:
        met = f", {found.meets}" if found.meets else ""
        return f"{found.name}{where}: would start 1 run of {tasks}{lasts}{met}."
    return f"{found.name}{where}: would start nothing: {found.start.why}. A run of it: {tasks}{lasts}."


def estimated(time: Estimate) -> str:
    return f"about {lasting(time.typical_s)}"


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


def facts(found: Planned) -> Iterator[tuple[str, str]]:
    """Lines with a label."""
    plan = found.plan
    if plan.trouble:
        yield "trouble", plan.trouble
    for late in plan.late:
        yield "timeout", f"{late.task} takes up to {lasting(late.takes_s)}, and may take {span(late.timeout_s)}"
    yield "time", _time(found)
    if plan.time and plan.longest:
        yield "longest", f"{way(plan.longest)}  {lasting(plan.longest_s)}"
    yield "at most", _at_most(found)
    if (fits := _fits(found)) is not None:
        yield "fits", fits
    for shortage in found.shortages:
        yield "quota", _short(shortage)
    if plan.narrow is not None:
        yield "waits", _waits(plan.narrow, plan.time)
    for number, guess in enumerate(found.guesses[:_GUESSES_SHOWN]):
        yield "guessed" if number == 0 else "", guess
    if len(found.guesses) > _GUESSES_SHOWN:
        yield "", f"and {len(found.guesses) - _GUESSES_SHOWN} more: -o json has them all"


def _time(found: Planned) -> str:
    time = found.plan.time
    if time is None:
        return "unknown: no kept run, no expectedDuration, no --durations"
    low, high = lasting(time.low_s), lasting(time.high_s)
    sources = [counted(found.kept_runs, "kept run") if source == BY_RUNS else source for source in time.sources]
    return f"{low if low == high else f'{low} to {high}'} ({', '.join(sources)})"


def _at_most(found: Planned) -> str:
    peak = found.plan.peak
    bars = "".join(_BARS[pods * (len(_BARS) - 1) // peak.pods] for pods in peak.profile) if peak.pods else ""
    rest = "" if found.plan.time else "  (as if all tasks took equally long)"
    return f"{', '.join([counted(peak.pods, 'pod'), *peak.needs.words()])}  {bars}{rest}".rstrip()


def _fits(found: Planned) -> str | None:
    fit, (task, largest) = found.fit, found.plan.peak.largest
    if fit is None:
        return None
    free = " and ".join(fit.free.words()) or "nothing"
    words = f"{'yes' if fit.fits else 'not at once'}: {free} free on {counted(fit.nodes, 'node')}"
    asks = ", ".join(largest.words())
    if asks:
        where = f"{fit.largest_fits_on} of them" if fit.largest_fits_on else "none of them"
        words += f"; {task} ({asks}) fits on {where}"
    return words


def _short(shortage: Shortage) -> str:
    left, asked = _amount(shortage.resource, shortage.left), _amount(shortage.resource, shortage.asked)
    return f"{shortage.quota} leaves {left} of {asked}: some pods wait for others to end"


def _amount(resource: str, size: int) -> str:
    if resource == "pods":
        return counted(size, "pod")
    return f"{cpu(size)} CPU" if resource == "cpu" else memory(size)


def _waits(narrow: Narrow, time: Estimate | None) -> str:
    kind, _, pool = narrow.kind.partition("/")
    what = f"pool {pool}" if pool else kind
    slots = "" if narrow.slots is None else f" ({counted(narrow.slots, 'slot')})" if pool else f" {narrow.slots}"
    words = f"{lasting(narrow.held_up_s)} for {what}{slots}"
    if narrow.slots is None or narrow.with_more_s is None:
        return words
    more = counted(narrow.slots + 1, "slot") if pool else f"{narrow.slots + 1}"
    if time is None or lasting(narrow.with_more_s) == lasting(time.typical_s):
        return f"{words}; {more} would be no faster"
    return f"{words}; with {more} {lasting(narrow.with_more_s)} in all"
