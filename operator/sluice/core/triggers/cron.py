"""Cron expressions in a time zone, as instants.

The library gives times of day without a zone; here they become UTC, as in Vixie cron. An expression whose minute or
hour begins with `*` goes by elapsed time: whatever the clock shows counts each time, and what it skips does not. Others
are for fixed times: when clocks go forward, all times of day in the gap become one instant, the first after it; when
clocks go back, a time of day that comes twice counts the first time only. So a later time of day is never an
earlier instant.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from sluice.core import Instant

_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAY_S = 86400.0
_FAR_S, _CLOSE_S = 8 * _DAY_S, 4 * _DAY_S  # no clock is set by more than a day or so
_FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")
_RANGES = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L or LW",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 or SUN-SAT",
}


@cache
def zones() -> frozenset[str]:
    """The names of all time zones, such as Europe/Berlin."""
    return frozenset(available_timezones())


def after(cron: str, zone: ZoneInfo, when: Instant) -> Iterator[Instant]:
    """The instants after `when`, in order, each once. Raises CronSimError if it cannot be parsed."""
    if _by_elapsed_time(cron):
        yield from _shown(cron, zone, when)
        return
    last = when
    for time_of_day in CronSim(_NICKNAMES.get(cron, cron), datetime.fromtimestamp(when, zone).replace(tzinfo=None)):
        found = instant_of(time_of_day, zone)
        if found > last:
            yield found
            last = found


def before(cron: str, zone: ZoneInfo, when: Instant) -> Iterator[Instant]:
    """The instants before `when`, the latest first, each once. Raises as `after` does."""
    if _by_elapsed_time(cron):
        yield from _shown(cron, zone, when, back=True)
        return
    last, local = when, datetime.fromtimestamp(when, zone)
    back = (local.replace(fold=0).utcoffset() or timedelta()) - (local.utcoffset() or timedelta())
    shown = local.replace(tzinfo=None) + back  # the second time around, times up to there were shown before
    for time_of_day in CronSim(_NICKNAMES.get(cron, cron), shown, reverse=True):
        found = instant_of(time_of_day, zone)
        if found < last:
            yield found
            last = found


def _by_elapsed_time(cron: str) -> bool:
    return any(field.startswith("*") for field in _NICKNAMES.get(cron, cron).split()[:2])


def _shown(cron: str, zone: ZoneInfo, when: Instant, *, back: bool = False) -> Iterator[Instant]:
    """All instants after `when`, or before it, at which a clock in the zone shows a time that matches.

    Between two matches that are far apart a clock shows none, however it is set there. So the walk goes on from close
    to the second, and not from each change of the offset on the way, of which there may be dozens; but what a clock
    shows again just after the first counts again.
    """
    step = -1 if back else 1
    while True:
        offset_s = _offset_s(zone, when + step)
        times = CronSim(_NICKNAMES.get(cron, cron), _utc(when + offset_s), reverse=back)
        for time_of_day in times:
            found = time_of_day.replace(tzinfo=UTC).timestamp() - offset_s
            far = abs(found - when) > _FAR_S
            if (change := _offset_changes(zone, when + step, when + step * _CLOSE_S if far else found)) is not None:
                when = change
                break
            if far:
                when = found - step * _CLOSE_S
                break
            yield found
            when = found
            if _offset_s(zone, when + step) != offset_s:  # it was the last with this offset
                break
        else:
            return


def _offset_changes(zone: ZoneInfo, begin: Instant, end: Instant) -> Instant | None:
    """An instant from which a walk from `begin` to `end`, either way, has another offset from UTC; exclusive."""
    offset_s, back = _offset_s(zone, begin), end < begin
    at = begin
    while at != end:
        following = max(at - _DAY_S, end) if back else min(at + _DAY_S, end)
        if _offset_s(zone, following) != offset_s:
            low, high = sorted((int(at), int(following)))
            side = range(low, high + 1)
            first = side[bisect_left(side, True, key=lambda one: (_offset_s(zone, one) == offset_s) is back)]
            return float(first if back else first - 1)
        at = following
    return None


def _offset_s(zone: ZoneInfo, when: Instant) -> float:
    return (datetime.fromtimestamp(when, zone).utcoffset() or timedelta()).total_seconds()


def _utc(when: Instant) -> datetime:
    return datetime.fromtimestamp(when, UTC).replace(tzinfo=None)


def instant_of(time_of_day: datetime, zone: ZoneInfo) -> Instant:
    """The first instant at which a clock in the zone shows this time or, where it is skipped, a later one."""
    found = time_of_day.replace(tzinfo=zone).timestamp()  # the first of two
    if datetime.fromtimestamp(found, zone).replace(tzinfo=None) == time_of_day:
        return found
    ahead = int(time_of_day.replace(tzinfo=zone, fold=1).timestamp())  # PEP 495: of a gap, one lies on each side
    offset = datetime.fromtimestamp(ahead, zone).utcoffset()
    side = range(ahead, int(found) + 1)
    changed = bisect_left(side, True, key=lambda at: datetime.fromtimestamp(at, zone).utcoffset() != offset)
    return float(side[changed])


def fault(cron: str) -> str:
    """What is wrong with an expression; empty if nothing is."""
    if cron.startswith("@"):
        return "" if cron in _NICKNAMES else f"there is no {cron}; write one of {', '.join(_NICKNAMES)}"
    parts = cron.split()
    if len(parts) != len(_FIELDS):
        return f"has {len(parts)} fields, not the five of cron: {', '.join(_FIELDS)}"
    for place, name in enumerate(_FIELDS):
        alone = ["*"] * len(_FIELDS)
        alone[place] = parts[place]
        if not _can_be_read(" ".join(alone)):
            where = f"field {place + 1} ({name}) of '{cron}' is '{parts[place]}'"
            return f"{where}; it takes {_RANGES[name]}, *, lists (1,15), ranges (1-5) and steps (*/10)"
    if not _can_be_read(cron) or next(after(cron, ZoneInfo("UTC"), 0.0), None) is None:
        return f"'{cron}' never comes: no month that it names has such a day"
    return ""


def _can_be_read(cron: str) -> bool:
    try:
        CronSim(cron, datetime(1970, 1, 1))  # noqa: DTZ001  # times of day have no zone
    except CronSimError:
        return False
    return True
