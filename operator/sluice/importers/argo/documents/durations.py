"""Argo's durations: seconds as a number, or Go's `1h30m`."""

import re

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def duration(text: str) -> str | None:
    """As `1h30m`, rounded up to whole seconds. None if it is none."""
    length = seconds(text)
    return None if length is None else spelled(length)


def seconds(text: str) -> int | None:
    """Rounded up. None if it is no duration."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        length = float(text)
    elif re.fullmatch(r"(\d+(\.\d+)?(ms|[dhms]))+", text):
        length = sum(float(count) * _UNITS[unit] for count, unit in re.findall(r"([\d.]+)(ms|[dhms])", text))
    else:
        return None
    return -int(-length // 1) if length < 10**9 else None


def spelled(seconds: int) -> str:
    """`90` as `1m30s`."""
    parts = [(seconds // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s")]
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
