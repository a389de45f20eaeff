"""The unfinished runs of a Workflow, and what each of them may do: `run_concurrency` says by which rules.

A run that comes, changes or ends costs what it changes, however many wait. Answers follow from the runs that are there,
not from the order in which they were seen. Two are final, and whoever has one is looked at no more: TurnedAway, and
Replaced, which lets a run that goes still count until it has ended.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple, TypeVar

from sluice.core import Instant
from sluice.core.base.text import first_names
from sluice.core.quota.run_concurrency import Admission, Admitted, Concurrency, Queued, Replaced, TurnedAway

_T = TypeVar("_T", bound=tuple[object, ...])

_NAMES_SHOWN = 3
_COUNTED_EXACTLY = 10
_KEY_SHOWN = 63


class Arrival(NamedTuple):
    """First come, first served."""

    created_at: Instant
    generation: int
    name: str


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run that has not ended."""

    name: str
    created_at: Instant = 0.0
    own: bool = False
    """Did the Workflow make it? Else a person did."""
    generation: int = 0
    """The Workflow's, of a run that it made."""
    revision: str = ""
    """Its graph."""
    priority: int = 0
    key: str = ""
    going: bool = False
    """Is it active: admitted, and not ended?"""
    begun: bool = False
    """Has any of its containers started? Only looked at where no policy is given."""
    leaving: bool = False
    """Is it being stopped already?"""
    called: bool = False
    """Did another run make it? Then that one waits for it."""

    @property
    def arrival(self) -> Arrival:
        return Arrival(self.created_at, self.generation, self.name)

    @property
    def place(self) -> "_Place":
        return _Place(not self.called, -self.priority, self.arrival)


class _Place(NamedTuple):
    """The position in the queue: called runs first, then by priority, then first come, first served."""

    nobody_called: bool
    priority: int
    """Negated."""
    arrival: Arrival


class RunQueue:
    """`workflow` is its name, for people."""

    def __init__(self, workflow: str, concurrency: Concurrency) -> None:
        self._workflow, self._concurrency = workflow, concurrency
        self._keys: dict[str, str] = {}
        """By the run's name."""
        self._queues: dict[str, _Queue] = {}
        """By key."""
        self._moved: dict[str, None] = {}
        """The keys of which runs came, changed or went since somebody asked."""

    def put(self, run: UnfinishedRun) -> None:
        """It is there, or is another than it was."""
        self.remove(run.name)
        self._keys[run.name] = run.key
        if run.key not in self._queues:
            self._queues[run.key] = _Queue(self._workflow, run.key, self._concurrency)
        self._queues[run.key].put(run)
        self._moved[run.key] = None

    def remove(self, name: str) -> None:
        """It has ended, or counts no more."""
        key = self._keys.pop(name, None)
        if key is not None and key in self._queues:
            self._queues[key].remove(name)
            self._moved[key] = None

    def changed_answers(self) -> dict[str, Admission]:
        """The answers, by name, of all runs for which there may be another one than when this was last asked."""
        answers: dict[str, Admission] = {}
        for key in self._moved:
            queue = self._queues[key]
            answers |= queue.changed_answers()
            if not queue:
                del self._queues[key]
        self._moved.clear()
        return answers


@dataclass(slots=True)
class _Waiting:
    """Runs that do not go, in two orders: by place, and first come, first served."""

    places: list[_Place] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    own: list[Arrival] = field(default_factory=list)
    """Of those that the Workflow made."""

    def add(self, run: UnfinishedRun) -> None:
        place = run.place
        insort(self.places, place)
        insort(self.arrivals, place.arrival)
        if run.own:
            insort(self.own, place.arrival)

    def discard(self, run: UnfinishedRun) -> None:
        place = run.place
        _discard(self.places, place)
        _discard(self.arrivals, place.arrival)
        if run.own:
            _discard(self.own, place.arrival)


class _Queue:
    """The runs of one key."""

    def __init__(self, workflow: str, key: str, concurrency: Concurrency) -> None:
        self._of = f"{workflow}{f' with key {key[:_KEY_SHOWN]}' if key else ''}"
        self._concurrency = concurrency
        self._runs: dict[str, UnfinishedRun] = {}
        self._going: list[Arrival] = []
        """Those that give way as well, until they have ended."""
        self._offered: list[_Place] = []
        """Runs that may start, and have not yet: as many as there is room for."""
        self._held = _Waiting()
        # Of the runs that newer ones may replace, and that are not being stopped.
        self._staying: list[Arrival] = []
        self._yielding: list[Arrival] = []
        """Those that give way to a newer one."""
        self._answers: dict[str, Admission] = {}
        """To be given out by `changed_answers`."""
        self._fresh: dict[str, None] = {}
        """The runs that are held since the last answers."""
        self._shifts = 0
        """How many came to the held runs, or left them, since then."""
        self._words = ""
        """How many go, in the words that the held runs know."""
        self._words_far_back: dict[int, Queued] = {}
        """What they are told from the tenth on, by the number of runs that is said to be before them."""

    def __bool__(self) -> bool:
        return bool(self._runs)

    def put(self, run: UnfinishedRun) -> None:
        self._runs[run.name] = run
        if run.going:
            insort(self._going, run.arrival)
            self._answers[run.name] = Admitted()
        else:
            self._hold(run)
        if self._replaceable(run):
            insort(self._staying, run.arrival)
            if self._yields(run):
                insort(self._yielding, run.arrival)

    def remove(self, name: str) -> None:
        """Unless it had its final answer."""
        run = self._runs.pop(name, None)
        if run is None:
            return
        self._answers.pop(name, None)
        if run.going:
            _discard(self._going, run.arrival)
        elif not _discard(self._offered, run.place):
            self._let_go(run)
        _discard(self._staying, run.arrival)
        _discard(self._yielding, run.arrival)

    def changed_answers(self) -> dict[str, Admission]:
        self._replace()
        self._offer()
        self._turn_away()
        self._queue_up()
        answers, self._answers = self._answers, {}
        return answers

    def _replace(self) -> None:
        keep = self._concurrency.max_runs if self._concurrency.policy == "Replace" else 1
        if len(self._staying) < keep:
            return
        oldest_kept, newest = self._staying[-keep], self._staying[-1]
        while self._yielding and self._yielding[0] < oldest_kept:
            self._answer_for_good(self._yielding[0], Replaced(newest.name))
        if self._concurrency.policy is None and self._concurrency.scheduled:
            graph = self._runs[newest.name].revision
            going = (self._runs[arrival.name] for arrival in self._going if arrival < newest)
            for run in [run for run in going if not (run.begun or run.leaving) and run.revision != graph]:
                self._answer_for_good(run.arrival, Replaced(newest.name))

    def _offer(self) -> None:
        """To the first of those that wait, as far as there is room. Who comes before one with an offer gets it."""
        self._withdraw_offers()
        held, offered = self._held.places, self._offered
        while held and (self._room > 0 or (offered and held[0] < offered[-1])):
            run = self._runs[held[0].arrival.name]
            self._let_go(run)
            insort(offered, run.place)
            self._answers[run.name] = Admitted()
            self._withdraw_offers()

    def _withdraw_offers(self) -> None:
        """What was offered to more runs than there is room for."""
        while self._offered and self._room < 0:
            self._hold(self._runs[self._offered.pop().arrival.name])

    @property
    def _room(self) -> float:
        """For so many more. Negative if too many have a place."""
        return inf if self._concurrency.policy == "Allow" else self._concurrency.max_runs - self._active

    @property
    def _active(self) -> int:
        return len(self._going) + len(self._offered)

    def _turn_away(self) -> None:
        """The held runs that may not wait."""
        held, most = self._held, self._concurrency.max_queued
        if self._concurrency.policy == "Forbid":
            words = f"Forbid: {self._how_many_go}{self._names}"
            for arrival in list(held.arrivals):
                self._answer_for_good(arrival, TurnedAway(words))
        elif most is not None:
            words = f"QueueFull: {self._how_many_go}, and as many wait as maxQueued allows, {most}"
            while len(held.arrivals) > most:
                newer = held.arrivals[most]
                leaves = held.own[0] if self._runs[newer.name].own else newer
                self._answer_for_good(leaves, TurnedAway(words) if leaves == newer else Replaced(newer.name))

    def _answer_for_good(self, arrival: Arrival, answer: TurnedAway | Replaced) -> None:
        run = self._runs[arrival.name]
        self.remove(run.name)
        if run.going:
            self.put(replace(run, leaving=True))
        self._answers[run.name] = answer

    def _queue_up(self) -> None:
        """Tells the held runs how many are before them."""
        places, how_many_go = self._held.places, self._how_many_go
        if how_many_go != self._words:
            self._words, self._shifts = how_many_go, len(places)
            self._words_far_back.clear()
        names = self._names if places else ""
        for number in _numbers_with_new_words(len(places), self._shifts):
            self._answers[places[number].arrival.name] = self._queued(number, names)
        for run in map(self._runs.get, self._fresh):
            number = len(places) if run is None else bisect_left(places, run.place)
            if run is not None and places[number : number + 1] == [run.place]:
                self._answers[run.name] = self._queued(number, names)
        self._shifts = 0
        self._fresh.clear()

    def _queued(self, before: int, names: str) -> Queued:
        """The answer for the held run with so many before it."""
        if before < _COUNTED_EXACTLY:
            ahead = f", {before} before this one" if before else ""
            return Queued(f"Queued: {self._words}{names}{ahead}")
        rounded = before // _size(before) * _size(before)
        if rounded not in self._words_far_back:
            self._words_far_back[rounded] = Queued(f"Queued: {self._words}, {rounded} or more before this one")
        return self._words_far_back[rounded]

    @property
    def _how_many_go(self) -> str:
        return f"{self._active}/{self._concurrency.max_runs} runs of {self._of} are going"

    @property
    def _names(self) -> str:
        first = [arrival.name for arrival in self._going[:_NAMES_SHOWN]]
        first += [place.arrival.name for place in self._offered[:_NAMES_SHOWN]]
        return f" ({first_names(first, self._active, _NAMES_SHOWN)})"

    def _hold(self, run: UnfinishedRun) -> None:
        self._held.add(run)
        self._fresh[run.name] = None
        self._shifts += 1

    def _let_go(self, run: UnfinishedRun) -> None:
        self._held.discard(run)
        self._shifts += 1

    def _replaceable(self, run: UnfinishedRun) -> bool:
        """May a newer one replace it, or may it replace older ones?"""
        rule = self._concurrency
        return not run.leaving and (rule.policy in (None, "Replace") or (rule.only_newest_waits and run.own))

    def _yields(self, run: UnfinishedRun) -> bool:
        rule = self._concurrency
        return rule.policy == "Replace" or not (run.going if rule.scheduled else run.begun)


def _discard(those: list[_T], one: _T) -> bool:
    """From a sorted list. Returns whether it was there."""
    number = bisect_left(those, one)
    found = those[number : number + 1] == [one]
    if found:
        del those[number]
    return found


def _numbers_with_new_words(length: int, shifts: int) -> Iterator[int]:
    """The numbers of those of a queue that are told something else after so many came or left. Far back the number of
    those before a run is rounded, or each run that ends would change the status of all that wait.
    """
    done = _COUNTED_EXACTLY + shifts
    yield from range(min(done, length))
    edge = 2 * _COUNTED_EXACTLY
    while edge - shifts < length:
        yield from range(max(done, edge - shifts), min(edge + shifts, length))
        done = edge + shifts
        edge += _size(edge)


def _size(number: int) -> int:
    """The power of ten below: rounded, a number keeps its first digit."""
    return int(10 ** (len(str(number)) - 1))
