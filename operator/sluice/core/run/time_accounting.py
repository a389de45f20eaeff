"""Where a run's time went: `{running: 31m, pool/warehouse: 44m, unschedulable: 12m, operator: 0.4s}`.

The times of all tasks add up: ten tasks that wait a minute for a pool have waited ten minutes. Waiting for other
tasks is not counted: those tasks account for it. Once an attempt has ended, its times come from its pod, in whole
seconds. The time before a pod exists is booked to what held the task up: a pool, the parallelism, or what the API
server refused it for. `operator` is the time from the decision to create a pod until it exists.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.core import Instant
from sluice.core.base import foreign
from sluice.core.pod.view import ContainerState, PodView

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([hms])")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_EXACT_BELOW_S = 10.0
_LEAST_S, _MOST_S = 0.05, 1e11  # 3,000 years: somebody may have written the status by hand
KINDS_MAX = 64


@dataclass(slots=True)
class TimeAccounting:
    """Seconds by what they went into."""

    spent_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _held_up: Mapping[str, int] = field(default_factory=dict)
    """How many tasks are ready and held up, by what holds them."""
    _since: Instant = 0.0
    _known: dict[str, float] = field(default_factory=dict)
    """What `spent_s` was when `news` was last asked for."""
    _ended: list[tuple[str, float | None]] = field(default_factory=list)

    @classmethod
    def of(cls, told: Any) -> "TimeAccounting":
        """As it stands in a run's status."""
        spent = {kind: _seconds(foreign.string(text)) for kind, text in foreign.mapping(told).items()}
        return cls(defaultdict(float, spent), _known=spent)

    def add(self, kind: str, seconds: float) -> None:
        if kind in self.spent_s or len(self.spent_s) < KINDS_MAX:
            self.spent_s[kind] += max(0.0, seconds)

    def held_up(self, by: Counter[str], now: Instant) -> None:
        """From now on, this many tasks are held up, `by` what holds them."""
        for kind, tasks in self._held_up.items():
            self.add(kind, tasks * (now - self._since))
        self._held_up, self._since = by, now

    @property
    def waiting(self) -> Mapping[str, int]:
        """How many tasks are held up, by what holds them, since the last decision."""
        return self._held_up

    def attempt_ended(self, ending: str, pod: PodView | None, *, was_unschedulable: bool) -> None:
        """The times of an attempt, if its pod was ever seen."""
        container = ContainerState() if pod is None else pod.container
        if container.started_at is None or container.finished_at is None:
            self._ended.append((ending, None))
        else:
            self._ended.append((ending, container.finished_at - container.started_at))
        if pod is None or pod.scheduled_at is None:
            return
        self.add("unschedulable" if was_unschedulable else "scheduling", pod.scheduled_at - pod.created_at)
        if container.started_at is not None:
            self.add("starting", container.started_at - pod.scheduled_at)
            self.add("running", (container.finished_at or container.started_at) - container.started_at)

    def unreported(self) -> Iterator[tuple[str, float]]:
        """The seconds added since the last call, by what they went into; none from before a restart."""
        for kind, spent_s in self.spent_s.items():
            if (added_s := spent_s - self._known.get(kind, 0.0)) > 0:
                self._known[kind] = spent_s
                yield kind, added_s

    def attempts_ended(self) -> list[tuple[str, float | None]]:
        """How each attempt ended since the last call, and how many seconds its program ran; None if it never did."""
        ended, self._ended = self._ended, []
        return ended

    def as_status(self) -> dict[str, str]:
        """As the status has it: for people, and for the operator after a restart."""
        return {kind: _text(spent) for kind, spent in sorted(self.spent_s.items()) if spent >= _LEAST_S}


def _text(seconds: float) -> str:
    if seconds < _EXACT_BELOW_S:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count)


def _seconds(text: str) -> float:
    return min(_MOST_S, sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(text)))
