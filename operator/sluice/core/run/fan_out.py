"""A fan-out under way: its items, how many have ended and how."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.api.run import TaskPhase
from sluice.core import Instant, Json
from sluice.core.base.intervals import Spans
from sluice.core.cel.cost import Sizes
from sluice.core.spec.ending import Outcome

_FAILURES_SHOWN = 5
_FAILURE_MAX = 256


@dataclass(frozen=True, slots=True)
class ReadByAll:
    """Of the outputs that all items of a fan-out read what is not there.

    `missing` are the phases of the tasks that should have handed them on. `choices` has outputs of which one would do:
    the names of those of the item that each item follows, with the phases of the other tasks.
    """

    missing: frozenset[str]
    choices: tuple[tuple[frozenset[str], frozenset[str]], ...]


@dataclass(slots=True)
class FanOut:
    """A fan-out whose items are counted. Item i is the unit `first + i` of the run."""

    first: int
    items: list[Any]
    needed: Callable[[int], int]
    """How many of that many items must succeed."""
    parallelism: int | None = None
    recorded: bool = False
    """Are the items in the run's status? Until they are, no pod is made: after a restart it would belong to no item."""
    live: int = 0
    """Items that hold a slot of the run."""
    output_bytes: int = 0
    """The size of its items' outputs, as JSON."""
    reads_ended: int = 0
    """Of the tasks that its items read so many, the first ones, were seen to have ended."""
    read: ReadByAll | None = None
    """What all items read alike, once it is known. Many items may read much."""
    values: dict[str, str] | None = None
    """The placeholders of the same, once it is known."""
    fields_needed: Mapping[str, tuple[str, ...]] | None = None
    """See `outputs.fields_needed`. Set when that is first asked."""
    lost: list[str] | None = None
    """The tasks whose outputs all items need, and which are gone. Set when that is first asked."""
    known: Json | None = None
    """The variables of its condition, without the item. Set when the first item is evaluated."""
    sizes: Sizes = field(default_factory=Sizes)
    """Of the same."""
    counts: dict[TaskPhase, int] = field(default_factory=dict)
    """Ended items by phase."""
    which: dict[TaskPhase, Spans] = field(default_factory=dict)
    """The same, by index."""
    failures: list[Json] = field(default_factory=list)
    """The first few that failed: index and message."""
    started_at: Instant | None = None
    """When the first container started."""
    finished_at: Instant | None = None
    """When the last one so far ended."""

    @property
    def units(self) -> range:
        return range(self.first, self.first + len(self.items))

    @property
    def full(self) -> bool:
        return self.parallelism is not None and self.live >= self.parallelism

    @property
    def failing(self) -> bool:
        """Is it certain that too few will succeed?"""
        bad = sum(self.counts.get(phase, 0) for phase in ("Failed", "UpstreamFailed"))
        return bad > self._counting - self.needed(self._counting)

    @property
    def fails(self) -> bool:
        """Will the task be Failed, since items failed themselves and not only what they depend on?"""
        return bool(self.counts.get("Failed")) and self.failing

    @property
    def _counting(self) -> int:
        """How many items count: the skipped ones do not."""
        return len(self.items) - self.counts.get("Skipped", 0)

    def ended(self, index: int, phase: TaskPhase, last: Outcome | None) -> None:
        """An item has ended; `last` is how its last attempt did."""
        self.counts[phase] = self.counts.get(phase, 0) + 1
        self.which.setdefault(phase, Spans()).add(index)
        if last is not None and last.finished_at is not None:
            self.finished_at = max(last.finished_at, self.finished_at or 0.0)
        if phase == "Failed" and len(self.failures) < _FAILURES_SHOWN:
            message = last.message if last is not None else ""
            self.failures.append({"index": index, "message": message[:_FAILURE_MAX]})

    def phase(self) -> TaskPhase | None:
        """How the fan-out has ended, None while it has not."""
        if sum(self.counts.values()) < len(self.items):
            return None
        if self.items and not self._counting:
            return "Skipped"
        if self.counts.get("Succeeded", 0) >= self.needed(self._counting):
            return "Succeeded"
        if self.counts.get("Stopped") and not self.failing:
            return "Stopped"
        return "Failed" if self.counts.get("Failed") else "UpstreamFailed"

    def message(self) -> str:
        """Why it has failed."""
        failed = self.counts.get("Failed", 0)
        if not failed:
            return ""
        first = self.failures[0] if self.failures else {"index": "?", "message": "somebody has deleted what was said"}
        return f"{failed} of {len(self.items)} items failed; item {first['index']}: {first['message']}"

    def restore(self, failures: Iterable[Json], started_at: Instant | None, finished_at: Instant | None) -> None:
        """Takes from the status what it says besides the items."""
        self.failures, self.started_at, self.finished_at = list(failures), started_at, finished_at

    def started(self, at: Instant) -> None:
        """The container of an item started then."""
        self.started_at = min(at, self.started_at or at)

    def learn(self, known: Json) -> None:
        """`known` are the variables of its condition, without the item."""
        self.known = known
