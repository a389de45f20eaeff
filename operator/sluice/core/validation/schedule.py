"""Faults of `schedule`. Those of cron expressions and times are also used for Backfills."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sluice.api.base import seconds
from sluice.api.schedule import ScheduleSpec
from sluice.core.base.faults import Fault, Hint
from sluice.core.triggers import cron
from sluice.core.validation.manifest import ParsedManifest
from sluice.core.validation.shape import parse_model

_WHERE = "spec.schedule"
_YEARS = range(1970, 2200)


def schedules(found: ParsedManifest) -> Iterator[Fault]:
    raw = found.raw.get("schedule")
    if raw is None:
        return
    for field in ("trigger", "onChange"):
        if field in found.raw:
            yield Fault(f"spec.{field}", "with a schedule it runs on time, and not on change; remove one of the two")
    said = parse_model(ScheduleSpec, raw, _WHERE, [])  # what is wrong with its shape is said with the rest of the spec
    if said is None:
        return
    yield from one_way_to_say_times(said.cron, said.every, _WHERE)
    yield from wrong_times(list(_crons(said)), said.every, said.time_zone, _WHERE)
    if said.starting_deadline is not None and seconds(said.starting_deadline) < 10:  # noqa: PLR2004
        words = f"'{said.starting_deadline}' leaves no time to start at all; the least is 10s"
        yield Fault(f"{_WHERE}.startingDeadline", words)
    bounds = {"startAt": said.start_at, "endAt": said.end_at}
    yield from moments(bounds, _WHERE)
    begin, end = map(_moment, bounds.values())
    if begin is not None and end is not None and end < begin:
        yield Fault(f"{_WHERE}.endAt", "is before startAt, so no time is left")


def one_way_to_say_times(cron_said: object, every: object, where: str) -> Iterator[Fault]:
    if (cron_said is None) == (every is None):
        yield Fault(where, 'needs one of `cron` and `every`, for example cron: "0 2 * * *" or every: 15m')


def wrong_times(
    crons: Sequence[tuple[str, str]], every: str | None, time_zone: str | None, where: str
) -> Iterator[Fault]:
    """`crons` are (path, expression)."""
    for path, expression in crons:
        if words := cron.fault(expression):
            yield Fault(path, words)
    if every is not None and seconds(every) < 60:  # noqa: PLR2004  # runs are named after the minute
        yield Fault(f"{where}.every", f"'{every}' is too often; the least is 1m")
    if time_zone is None:
        return
    if time_zone not in cron.zones():
        hint = Hint(time_zone, cron.zones(), otherwise="; write for example Europe/Berlin, or UTC")
        yield Fault(f"{where}.timeZone", f"there is no time zone '{time_zone}'", hint)
    if every is not None and not crons:
        yield Fault(f"{where}.timeZone", "`every` counts hours, not days on a calendar; remove this, or use `cron`")


def moments(bounds: Mapping[str, str | None], where: str) -> Iterator[Fault]:
    """Faults of fields that are times. `bounds` maps each field to its text."""
    for field, text in bounds.items():
        if text is None:
            continue
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            yield Fault(f"{where}.{field}", f"'{text}' is no time; write for example 2026-03-01T02:00:00Z")
        elif time.year not in _YEARS:
            yield Fault(f"{where}.{field}", f"is in the year {time.year}; it has to be from 1970 to 2199")


def _moment(text: str | None) -> datetime | None:
    return None if text is None or list(moments({"": text}, "")) else datetime.fromisoformat(text)


def _crons(said: ScheduleSpec) -> Iterator[tuple[str, str]]:
    if isinstance(said.cron, str):
        yield f"{_WHERE}.cron", said.cron
    for number, expression in enumerate(said.cron if isinstance(said.cron, list) else ()):
        yield f"{_WHERE}.cron[{number}]", expression
