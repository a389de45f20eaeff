"""Spans of time for people."""

from sluice.core.base import times


def lasting(seconds: float | None) -> str:
    """`7s`, `3m07s`, `2h05m`; empty if unknown."""
    return "" if seconds is None else times.lasting(seconds)


def about(seconds: float) -> str:
    """In one unit, for a guess: `4h`, `12m`, `3d`, `now`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"
