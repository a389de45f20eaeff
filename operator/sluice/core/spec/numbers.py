"""Numbers and durations that may be one whole placeholder, such as `parallelism: $(params.width)`.

They are known once the placeholder's value is: those of a Workflow before its run starts, those of a task when it is
about to start.
"""

from collections.abc import Callable

from sluice.api.base import Bounds, bounded_seconds
from sluice.core import Json
from sluice.core.base.errors import SluiceError
from sluice.core.spec.parameter import BadValue, typed

Fill = Callable[[Json], Json]
"""Replaces the placeholders in fields."""

_SHOWN = 40


class BadNumber(SluiceError):
    """The value of a placeholder is none that can stand there. Who needs it fails with this message."""


def is_late(said: int | str | None) -> bool:
    """Is it a placeholder?"""
    return isinstance(said, str) and said.startswith("$(")


def whole_number(field: str, said: int | str, bounds: Bounds, fill: Fill) -> int:
    """Raises BadNumber. `field` is for its message."""
    if isinstance(said, int):
        return said
    text = fill({"said": said})["said"]
    try:
        found = typed("Integer", text)
    except BadValue:
        found = None
    if found is None or not bounds.low <= found <= bounds.high:
        raise BadNumber(f"{field} is {said}, which is {_shown(text)}, and must be {bounds}")
    return int(found)


def duration_s(field: str, said: str, fill: Fill) -> int:
    """Seconds, at least one. Raises BadNumber."""
    text = fill({"said": said})["said"]
    try:
        found = bounded_seconds(text)
    except ValueError:
        found = 0
    if not found:
        raise BadNumber(f"{field} is {said}, which is {_shown(text)}, and must be a duration such as 90s or 1h30m")
    return found


def _shown(text: str) -> str:
    short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return f"'{short}'" if short else "empty"
