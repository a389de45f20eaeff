"""Who may start: a run needs a place under its Workflow's `concurrency`, and the slots that it holds as a whole run.

The answers are those of the operator's own queue and limits. A run takes both in one step, or waits and has neither.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sluice.core import Instant
from sluice.core.quota.pool import RunClaim
from sluice.core.quota.run_concurrency import Admission, Admitted, Concurrency, Queued, Replaced, TurnedAway
from sluice.core.quota.run_queue import RunQueue, UnfinishedRun
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.quota.waiters import Request
from sluice.core.spec.identity import PoolClaim, RunIdentity
from sluice.core.whatif.course import UnderWay


@dataclass(frozen=True, slots=True)
class Entrant:
    """A run that has not started: what it asks for, and how it starts once it has that. `slots` is None if it asks for
    none.
    """

    run: RunIdentity
    asks: UnfinishedRun
    slots: Request | None
    start: Callable[[Instant], UnderWay]
    within: bool = False
    """Was it made by a run of the same Workflow, perhaps through others? That one would wait for it forever."""
    shares_place: bool = False
    """Does such a run stand in the same line? Then they have one place."""


class Door:
    """`rules` are the Workflows of which a run may have to wait, by name."""

    def __init__(self, shared: SharedLimits, rules: Mapping[str, Concurrency]) -> None:
        self._shared = shared
        self._rules = rules
        self._queues = {workflow: RunQueue(workflow, rule) for workflow, rule in rules.items()}
        self._answers: dict[str, Admission] = {}
        """Of those that wait, by name."""
        self._for_good: dict[str, TurnedAway | Replaced] = {}
        self._waiting: dict[str, Entrant] = {}

    def goes(self, run: RunIdentity, asks: UnfinishedRun, slots: PoolClaim = ()) -> None:
        """It is under way, and holds these slots until its end."""
        self._put(run, replace(asks, going=True))
        if slots:
            self._shared.observe_run(RunClaim(run.ref, slots))

    def wait(self, entrant: Entrant) -> None:
        self._waiting[entrant.run.name] = entrant
        if not entrant.within:
            self._put(entrant.run, entrant.asks)

    def gone(self, name: str) -> None:
        """It does not wait any more."""
        entrant = self._waiting.pop(name, None)
        if entrant is not None:
            self.left(entrant.run)

    def left(self, run: RunIdentity) -> None:
        """It has ended."""
        if run.workflow in self._queues:
            self._queues[run.workflow].remove(run.name)
        self._shared.run_ended(run.ref)

    def let_in(self) -> Entrant | None:
        """One that starts now; None if nobody may."""
        for queue in self._queues.values():
            answers = queue.changed_answers()
            self._answers |= answers
            self._for_good |= {name: each for name, each in answers.items() if isinstance(each, TurnedAway | Replaced)}
        for entrant in self._waiting.values():
            if not self._held_by_rule(entrant) and self._takes_slots(entrant):
                del self._waiting[entrant.run.name]
                if not entrant.shares_place:
                    self._put(entrant.run, replace(entrant.asks, going=True))
                return entrant
        return None

    def answers_for_good(self) -> dict[str, TurnedAway | Replaced]:
        """By name, of those that never start, or are to end for others, since this was last asked."""
        answers, self._for_good = self._for_good, {}
        return answers

    def turns_away(self, entrant: Entrant) -> bool:
        """Will it never start?"""
        return isinstance(self._answers.get(entrant.run.name), TurnedAway)

    def held_up_by(self, entrant: Entrant) -> str:
        """In the words of `run.time_accounting`."""
        if entrant.slots is None or self._held_by_rule(entrant):
            return "concurrency"
        return "pool/" + "+".join(pool.name for pool, _ in entrant.slots.pools())

    def why(self, entrant: Entrant) -> str:
        """Why it does not start."""
        answer = self._answers.get(entrant.run.name)
        if isinstance(answer, Queued | TurnedAway) or entrant.slots is None:
            return answer.words if isinstance(answer, Queued | TurnedAway) else ""
        return self._shared.wait_reason(entrant.run.uid, entrant.slots.wait_key, first=True)

    def _put(self, run: RunIdentity, asks: UnfinishedRun) -> None:
        rule = self._rules.get(run.workflow)
        if rule is not None and rule.holds(own=asks.own):
            self._queues[run.workflow].put(asks)

    def _held_by_rule(self, entrant: Entrant) -> bool:
        return not isinstance(self._answers.get(entrant.run.name, Admitted()), Admitted)

    def _takes_slots(self, entrant: Entrant) -> bool:
        return entrant.slots is None or self._shared.grant_run(entrant.slots, entrant.asks.created_at) is not None
