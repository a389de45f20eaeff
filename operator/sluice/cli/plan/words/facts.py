"""What else there is to say of a plan: time, pods, room, and what was guessed. One line each, with a label."""

from collections.abc import Iterator

from sluice.cli.durations import lasting
from sluice.cli.plan.planned import Planned
from sluice.cli.printable import printable
from sluice.cli.terminal import Terminal
from sluice.cli.words import counted, way
from sluice.core.base.times import span
from sluice.core.pod.needs import cpu, memory
from sluice.core.status.durations import BY_RUNS
from sluice.core.whatif.plan import Estimate, Narrow
from sluice.core.whatif.room import Shortage

_BARS = "▁▂▃▄▅▆▇█"
_GUESSES_SHOWN = 6


def facts_as_text(found: Planned, terminal: Terminal) -> list[str]:
    labelled = list(facts(found))
    width = max(len(label) for label, _ in labelled)
    return [terminal.fitted(f"  {label:{width}}  {printable(text)}") for label, text in labelled]


def facts(found: Planned) -> Iterator[tuple[str, str]]:
    """(label, words), in the order in which they are read."""
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
    if time is None and found.plan.trouble:
        return "unknown"
    if time is None:
        return "unknown: no kept run, no expectedDuration, no --durations"
    low, high = lasting(time.low_s), lasting(time.high_s)
    sources = [counted(found.kept_runs, "kept run") if source == BY_RUNS else source for source in time.sources]
    lasts = low if low == high else f"{low} to {high}"
    return f"{lasts} ({', '.join(sources)})" if sources else lasts


def _at_most(found: Planned) -> str:
    peak = found.plan.peak
    bars = "".join(_BARS[pods * (len(_BARS) - 1) // peak.pods] for pods in peak.profile) if peak.pods else ""
    rest = "" if found.plan.times_known or not peak.pods else "  (as if all tasks took equally long)"
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
    words = f"{lasting(narrow.held_up_s)} for {_limit(narrow)}"
    if narrow.slots is None or narrow.with_more_s is None:
        return words
    more = counted(narrow.slots + 1, "slot") if narrow.kind.startswith("pool/") else f"{narrow.slots + 1}"
    if time is None or lasting(narrow.with_more_s) == lasting(time.typical_s):
        return f"{words}; {more} would be no faster"
    return f"{words}; with {more} {lasting(narrow.with_more_s)} in all"


def _limit(narrow: Narrow) -> str:
    kind, _, pool = narrow.kind.partition("/")
    if pool:
        return f"pool {pool}" if narrow.slots is None else f"pool {pool} ({counted(narrow.slots, 'slot')})"
    if kind == "podLimit":
        return "the chart's cap on live pods"
    if kind == "concurrency":
        return "concurrency" if narrow.slots is None else f"maxRuns {narrow.slots}"
    return "the parallelism of fan-outs" if narrow.slots is None else f"parallelism {narrow.slots}"
