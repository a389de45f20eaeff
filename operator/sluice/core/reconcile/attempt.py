"""The end of an attempt: the task has ended with it, or another attempt follows after a while."""

from dataclasses import replace
from hashlib import sha256

from sluice.core import Instant
from sluice.core.pod.create_errors import create_delay_s
from sluice.core.reconcile.propagate import End, end_late, end_task
from sluice.core.run.retries import PAID_BY_CLUSTER
from sluice.core.run.state import RunState
from sluice.core.run.time_limits import time_up
from sluice.core.spec.ending import Ending, Outcome


def attempt_ended(run: RunState, number: int, ended: Outcome, now: Instant) -> None:
    run.attempt_ended(number, ended)
    retry_creates_soon(run, now)
    _conclude(run, number, ended, now)


def call_ended(run: RunState, number: int, ended: Outcome, now: Instant) -> None:
    run.children.ended(number)
    _conclude(run, number, ended, now)


def _conclude(run: RunState, number: int, ended: Outcome, now: Instant) -> None:
    task = run.tasks[number]
    poll = task.definition.poll
    stopping = run.wind_down.why and not task.definition.final
    retry = None if ended.ending is Ending.SUCCESS else task.after(ended, _chance(run, number))
    last, at = ended, max(now, ended.finished_at or 0.0)  # the node's clock may be ahead
    over = time_up(task, at + retry.delay_s, ended) if retry else None
    if retry is None and ended.ending is Ending.TIMEOUT:
        over = time_up(task, at, ended)
    elif ended.ending is Ending.STOPPED and not run.wind_down.why:  # before a restart we may have stopped it for that
        over = time_up(task, ended.finished_at or at, replace(ended, ending=Ending.TIMEOUT))
    if over is not None:
        retry, last = None, over.outcome
    stopped = stopping and (retry or task.termination_cause is ended or ended.ending in PAID_BY_CLUSTER)
    if ended.ending is Ending.SUCCESS:
        end_task(run, End(number, "Succeeded", last))
    elif ended.ending is Ending.ERROR and ended.exit_code in task.definition.skip_exit_codes:
        end_task(run, End(number, "Skipped", ended, f"exit code {ended.exit_code} says that there is nothing to do"))
    elif stopped or (ended.ending is Ending.STOPPED and over is None):
        end_task(run, End(number, "Stopped", last))
    elif retry:
        run.time.add("polling" if poll is not None and poll.not_yet(ended) else "backoff", retry.delay_s)
        run.retry(number, last, retry, now + retry.delay_s)
    elif over:
        end_late(run, number, over)
    else:
        end_task(run, End(number, "Failed", last))


def _chance(run: RunState, number: int) -> float:
    """A number between 0 and 1 that is the same for the same attempt, to spread retries."""
    return int.from_bytes(sha256(run.tasks.pod_name(number).encode()).digest()[:4], "big") / 2**32


def retry_creates_soon(run: RunState, now: Instant) -> None:
    """A pod has ended or gone, so a quota may have room again: do not sit out a long backoff."""
    run.creates.try_by(now + create_delay_s(1))
