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


def about(seconds: float) -> str:
    """In one unit, for a guess: `4h`, `12m`, `3d`, `now`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"
