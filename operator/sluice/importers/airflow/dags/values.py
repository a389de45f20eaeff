"""Values of the recording as the manifest writes them: durations, times, numbers."""

from datetime import datetime, timezone
from typing import Any

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_LONGEST_S = 3650 * 86400
_YEARS = range(1970, 2200)
UTC = timezone.utc  # noqa: UP017  # `datetime.UTC` is the same


def seconds_of(value: Any) -> int | None:
    """Of a timedelta or a number of seconds, at least 1 if it is above 0."""
    found = value.get("$seconds") if isinstance(value, dict) else value
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= _LONGEST_S:
        return None
    return max(1, round(found)) if found else 0


def duration(seconds: int) -> str:
    """As in 90s or 1h30m: the shortest that says it."""
    words, rest = "", seconds
    for unit, length in _UNITS:
        if rest >= length:
            words += f"{rest // length}{unit}"
            rest %= length
    return words or "0s"


def time_of(value: Any) -> datetime | None:
    """In UTC; None also for one that no schedule can begin or end with, such as `datetime.min`."""
    if not isinstance(value, dict) or not isinstance(value.get("$time"), str):
        return None
    try:
        found = datetime.fromisoformat(value["$time"]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year in _YEARS else None


def rfc3339(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def number(value: Any) -> int | None:
    """A whole one; also from a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) else None


def flag(value: Any) -> bool:
    return value is True
