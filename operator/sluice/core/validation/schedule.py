"""Faults of when a Workflow runs."""

from collections.abc import Iterator
from datetime import datetime

from sluice.api.base import seconds
from sluice.api.schedule import Schedule
from sluice.core import cron
from sluice.core.errors import Fault
from sluice.core.validation.manifest import Manifest
from sluice.core.validation.shape import did_you_mean, read

_WHERE = "spec.schedule"
_YEARS = range(1970, 2200)


def schedules(found: Manifest) -> Iterator[Fault]:
    raw = found.raw.get("schedule")
    if raw is None:
        return
    for field in ("trigger", "onChange"):
        if field in found.raw:
            yield Fault(f"spec.{field}", "with a schedule it runs on time, and not on change; remove one of the two")
    said = read(Schedule, raw, _WHERE, [])  # what is wrong with its shape is said with the rest of the spec
    if said is None:
        return
    if (said.cron is None) == (said.every is None):
        words = 'needs one of `cron` and `every`, for example cron: "0 2 * * *" or every: 15m'
        yield Fault(_WHERE, words)
    for path, expression in _crons(said):
        if words := cron.fault(expression):
            yield Fault(path, words)
    yield from _lengths(said)
    yield from _time_zone(said)
    yield from _bounds(said)


def _crons(said: Schedule) -> Iterator[tuple[str, str]]:
    if isinstance(said.cron, str):
        yield f"{_WHERE}.cron", said.cron
    for number, expression in enumerate(said.cron if isinstance(said.cron, list) else ()):
        yield f"{_WHERE}.cron[{number}]", expression


def _lengths(said: Schedule) -> Iterator[Fault]:
    if said.every is not None and seconds(said.every) < 60:  # noqa: PLR2004  # runs are named after the minute
        yield Fault(f"{_WHERE}.every", f"'{said.every}' is too often; the least is 1m")
    if said.starting_deadline is not None and seconds(said.starting_deadline) < 10:  # noqa: PLR2004
        words = f"'{said.starting_deadline}' leaves no time to start at all; the least is 10s"
        yield Fault(f"{_WHERE}.startingDeadline", words)


def _time_zone(said: Schedule) -> Iterator[Fault]:
    if said.time_zone is None:
        return
    if said.time_zone not in cron.zones():
        hint = did_you_mean(said.time_zone, cron.zones()) or "; write for example Europe/Berlin, or UTC"
        yield Fault(f"{_WHERE}.timeZone", f"there is no time zone '{said.time_zone}'{hint}")
    if said.every is not None and said.cron is None:
        yield Fault(f"{_WHERE}.timeZone", "`every` counts hours, not days on a calendar; remove this, or use `cron`")


def _bounds(said: Schedule) -> Iterator[Fault]:
    times: list[datetime] = []
    for field, text in (("startAt", said.start_at), ("endAt", said.end_at)):
        if text is None:
            continue
        time = _time(text)
        if time is None:
            yield Fault(f"{_WHERE}.{field}", f"'{text}' is no time; write for example 2026-03-01T02:00:00Z")
        elif time.year not in _YEARS:
            yield Fault(f"{_WHERE}.{field}", f"is in the year {time.year}; it has to be from 1970 to 2199")
        else:
            times.append(time)
    if len(times) == 2 and times[1] < times[0]:  # noqa: PLR2004
        yield Fault(f"{_WHERE}.endAt", "is before startAt, so no time is left")


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None
