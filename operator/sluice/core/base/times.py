"""Instants as Kubernetes writes them, in RFC 3339, UTC and whole seconds; times and durations for messages."""

from datetime import UTC, datetime
from typing import Any

from sluice.core import Instant

_FIRST, _LAST = -62135596800, 253402300799  # the years 1 to 9999, all that Python can write


def instant(text: Any) -> Instant | None:
    """None if it is absent or no time in ISO 8601 that Python knows. Kubernetes takes more, as the year 0."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (TypeError, ValueError, OverflowError):
        return None


def rfc3339(when: Instant) -> str:
    """`2026-03-01T12:03:07Z`; fractions of a second are dropped. What is after the year 9999 is the end of it."""
    return _utc(when).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(when: Instant) -> str:
    """The time of day in UTC, for a message: `12:03:07Z`."""
    return _utc(when).strftime("%H:%M:%SZ")


def _utc(when: Instant) -> datetime:
    return datetime.fromtimestamp(int(min(max(when, _FIRST), _LAST)), UTC)


def span(seconds: float) -> str:
    """A duration for a message: `90s`, `12m`, `24h`. A unit is used if it is exact and there are at least two of it."""
    whole = int(seconds)
    for size, unit in ((3600, "h"), (60, "m")):
        if whole >= 2 * size and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def lasting(seconds: float) -> str:
    """A duration as it went by: `7s`, `3m07s`, `2h05m`."""
    minutes, s = divmod(int(max(seconds, 0)), 60)
    hours, m = divmod(minutes, 60)
    if hours:
        return f"{hours}h{m:02}m"
    return f"{m}m{s:02}s" if m else f"{s}s"
