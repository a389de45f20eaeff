"""Which units of a run have changed, and who has to look at them.

A transition marks the units that it changes; the reader takes the marks. So work is in proportion to what changed.
"""

from enum import Enum


class Topic(Enum):
    POD = "its pod or child run changed: for `observe`"
    APPROVAL = "a person may have decided: for `apply_approvals`"
    WAIT = "its wait has begun, or may be over: for `end_waits`"
    RECORDED_ITEMS = "a fan-out's items are in the run's status: for `decide`"
    RECORDED_ATTEMPT = "an attempt is in the run's status, so its pod may be made: for `dispatch`"
    STATUS = "its entry in the status may not be what was last written: for `run_status`"
    WORDING = "its entry says the same in other words, which can wait: for `run_status`"
    STOP = "it became ready or got a pod since the last stop looked: for `stop_tasks`"


class DirtyUnits:
    """The numbers of the units that changed, by topic. Those of a topic are taken in ascending order."""

    __slots__ = ("_units",)

    def __init__(self) -> None:
        self._units: dict[Topic, set[int]] = {topic: set() for topic in Topic}

    def mark(self, topic: Topic, *units: int) -> None:
        self._units[topic].update(units)

    def take(self, topic: Topic) -> list[int]:
        """Returns the units of a topic, and forgets them."""
        units, self._units[topic] = sorted(self._units[topic]), set()
        return units

    def peek(self, topic: Topic) -> frozenset[int]:
        return frozenset(self._units[topic])

    def any(self, topic: Topic) -> bool:
        return bool(self._units[topic])
