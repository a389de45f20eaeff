"""Instants as Kubernetes writes them: RFC 3339, UTC, whole seconds."""

from datetime import UTC, datetime

from sluice.core import Instant


def instant(text: str | None) -> Instant | None:
    return datetime.fromisoformat(text).timestamp() if text else None


def rfc3339(when: Instant) -> str:
    return datetime.fromtimestamp(int(when), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(when: Instant) -> str:
    """The time of day in UTC, for a sentence: `12:03:07Z`."""
    return datetime.fromtimestamp(int(when), UTC).strftime("%H:%M:%SZ")


def span(seconds: float) -> str:
    """A length of time for a sentence: `90s`, `12m`, `24h`."""
    whole = int(seconds)
    for size, unit in ((3600, "h"), (60, "m")):
        if whole >= 2 * size and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"
