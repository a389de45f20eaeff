"""Which units of a run have changed, and who has to look at them.

A transition marks the units that it changes; the reader takes the marks. So work is in proportion to what changed.
"""

from enum import Enum


class News(Enum):
    POD = "its pod or child run changed: for `observe`"
    APPROVAL = "a person may have decided: for `apply_approvals`"
    WAIT = "its wait has begun, or may be over: for `end_waits`"
    RECORDED_ITEMS = "a fan-out's items are in the run's status: for `decide`"
    RECORDED_ATTEMPT = "an attempt is in the run's status, so its pod may be made: for `dispatch`"
    STATUS = "its entry in the status may not be what was last written: for `run_status`"
    WORDING = "its entry says the same in other words, which can wait: for `run_status`"
    STOP = "it became ready or got a pod since the last stop looked: for `stop_tasks`"


class DirtyUnits:
    """The numbers of the units with news, by kind. Each kind is taken in ascending order."""

    __slots__ = ("_units",)

    def __init__(self) -> None:
        self._units: dict[News, set[int]] = {news: set() for news in News}

    def mark(self, news: News, *units: int) -> None:
        self._units[news].update(units)

    def take(self, news: News) -> list[int]:
        """Returns the units with this kind of news, and forgets them."""
        units, self._units[news] = sorted(self._units[news]), set()
        return units

    def peek(self, news: News) -> frozenset[int]:
        return frozenset(self._units[news])

    def any(self, news: News) -> bool:
        return bool(self._units[news])
