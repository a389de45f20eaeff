"""Spans of time for people."""


def lasting(seconds: float | None) -> str:
    """`7s`, `3m07s`, `2h05m`; empty if unknown."""
    if seconds is None:
        return ""
    minutes, s = divmod(int(seconds), 60)
    hours, m = divmod(minutes, 60)
    if hours:
        return f"{hours}h{m:02}m"
    return f"{m}m{s:02}s" if m else f"{s}s"
