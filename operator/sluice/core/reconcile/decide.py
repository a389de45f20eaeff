"""What follows from the state of a run: `decide(run, now) -> Decision`.

The phases, in order: observe pods and child runs, fire the timers that are due, apply people's approvals, stop or
dispatch tasks, finish the run. Deciding again without news asks for nothing again.
"""

from dataclasses import dataclass, field

from sluice.core import Instant
from sluice.core.reconcile.actions import Delete, LookIntoStart, ReadLog
from sluice.core.reconcile.approvals import apply_approvals, may_decide
from sluice.core.reconcile.dispatch import dispatch, waiting_counts
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.reconcile.observe import observe
from sluice.core.reconcile.propagate import end_task, evaluate
from sluice.core.reconcile.stop import stop_tasks
from sluice.core.reconcile.timers import fire_timers
from sluice.core.reconcile.waits import end_waits
from sluice.core.run.clock_set_back import heed_clock
from sluice.core.run.dirty import Topic
from sluice.core.run.state import RunState


@dataclass(frozen=True, slots=True)
class Decision:
    """`wake_at`: when to decide again if nothing happens before, None for never."""

    create: list[CreateIntent] = field(default_factory=list)
    delete: list[Delete] = field(default_factory=list)
    read: list[ReadLog] = field(default_factory=list)
    look: list[LookIntoStart] = field(default_factory=list)
    wake_at: Instant | None = None
    finished: bool = False


def decide(run: RunState, now: Instant) -> Decision:
    if run.finished_at is not None:
        return Decision(finished=True)
    delete: list[Delete] = []
    heed_clock(run, now)
    logs = list(observe(run, now))
    _open_fan_outs(run)
    fired = list(fire_timers(run, now))
    delete += [each for each in fired if isinstance(each, Delete)]
    look = [each for each in fired if isinstance(each, LookIntoStart)]
    _end_without_pods(run, now)
    if run.check_wind_down(now):
        delete += stop_tasks(run, now)
        _end_without_pods(run, now)  # of those at the end
    create = list(dispatch(run, now))
    run.time.held_up(waiting_counts(run), now)
    if run.counts.ended == len(run.definition.tasks):
        run.finish(now)
    finished = run.finished_at is not None
    return Decision(create, delete, logs, look, None if finished else _wake_at(run, now), finished)


def _end_without_pods(run: RunState, now: Instant) -> None:
    """Approvals and waits: the end of one may let another begin."""
    while run.dirty.any(Topic.WAIT) or may_decide(run):
        end_waits(run, now)
        apply_approvals(run, now)


def _open_fan_outs(run: RunState) -> None:
    """Their items are recorded, so pods may be made."""
    for number in run.dirty.take(Topic.RECORDED_ITEMS):
        for unit in run.tasks.fan_outs[number].units:
            for end in list(evaluate(run, unit)):
                end_task(run, end)


def _wake_at(run: RunState, now: Instant) -> Instant | None:
    times = [] if run.timers.next is None else [run.timers.next]
    if run.creates.backoff is not None and run.ready.pods and run.creates.backoff.until > now:
        times.append(run.creates.backoff.until)
    if run.ends_at is not None:
        times.append(run.ends_at)
    return min(times, default=None)
