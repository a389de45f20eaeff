"""Trigger rules: may a task start, given how its direct dependencies ended?

A rule sees only counts, never the tasks, so one ended dependency costs O(1) whatever the fan-in. Names and meaning
follow Airflow's trigger rules; the README has the table.
https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html#trigger-rules
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sluice.api.run import TaskPhase
from sluice.api.task import RunIf


class Verdict(Enum):
    WAIT = "wait"
    RUN = "run"
    SKIP = "skip"
    UPSTREAM_FAILED = "upstream failed"


@dataclass(slots=True)
class Tally:
    """How many direct dependencies a task has, and how many of them have ended how. `failed` counts all that neither
    succeeded nor were skipped: Failed, UpstreamFailed, Stopped.
    """

    total: int
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, phase: TaskPhase, *, optional: bool = False) -> None:
        """`optional`: what it would have handed on is not needed, so a skip counts as a success."""
        if phase == "Succeeded" or (optional and phase == "Skipped"):
            self.succeeded += 1
        elif phase == "Skipped":
            self.skipped += 1
        else:
            self.failed += 1

    @property
    def all_ended(self) -> bool:
        return self.succeeded + self.failed + self.skipped == self.total


def all_succeeded(deps: Tally) -> Verdict:
    if deps.failed:
        return Verdict.UPSTREAM_FAILED  # at once: no need to see the rest
    if deps.skipped:
        return Verdict.SKIP
    return Verdict.RUN if deps.all_ended else Verdict.WAIT


def all_failed(deps: Tally) -> Verdict:
    if deps.succeeded or deps.skipped:
        return Verdict.SKIP
    return Verdict.RUN if deps.all_ended else Verdict.WAIT


def all_done(deps: Tally) -> Verdict:
    return Verdict.RUN if deps.all_ended else Verdict.WAIT


def all_done_one_succeeded(deps: Tally) -> Verdict:
    if not deps.all_ended:
        return Verdict.WAIT
    return Verdict.RUN if deps.succeeded else Verdict.UPSTREAM_FAILED


def all_skipped(deps: Tally) -> Verdict:
    if deps.succeeded or deps.failed:
        return Verdict.SKIP
    return Verdict.RUN if deps.all_ended else Verdict.WAIT


def one_succeeded(deps: Tally) -> Verdict:
    if deps.succeeded:
        return Verdict.RUN
    if not deps.all_ended:
        return Verdict.WAIT
    return Verdict.UPSTREAM_FAILED if deps.failed else Verdict.SKIP


def one_failed(deps: Tally) -> Verdict:
    if deps.failed:
        return Verdict.RUN
    return Verdict.SKIP if deps.all_ended else Verdict.WAIT


def one_done(deps: Tally) -> Verdict:
    if deps.succeeded or deps.failed:
        return Verdict.RUN
    return Verdict.SKIP if deps.all_ended else Verdict.WAIT


def none_failed(deps: Tally) -> Verdict:
    if deps.failed:
        return Verdict.UPSTREAM_FAILED
    return Verdict.RUN if deps.all_ended else Verdict.WAIT


def none_failed_one_succeeded(deps: Tally) -> Verdict:
    if deps.failed:
        return Verdict.UPSTREAM_FAILED
    if not deps.all_ended:
        return Verdict.WAIT
    return Verdict.RUN if deps.succeeded else Verdict.SKIP


def none_skipped(deps: Tally) -> Verdict:
    if deps.skipped:
        return Verdict.SKIP
    return Verdict.RUN if deps.all_ended else Verdict.WAIT


def always(deps: Tally) -> Verdict:  # noqa: ARG001  # all rules have one signature
    return Verdict.RUN


RULES: dict[RunIf, Callable[[Tally], Verdict]] = {
    "AllSucceeded": all_succeeded,
    "AllFailed": all_failed,
    "AllDone": all_done,
    "AllDoneOneSucceeded": all_done_one_succeeded,
    "AllSkipped": all_skipped,
    "OneSucceeded": one_succeeded,
    "OneFailed": one_failed,
    "OneDone": one_done,
    "NoneFailed": none_failed,
    "NoneFailedOneSucceeded": none_failed_one_succeeded,
    "NoneSkipped": none_skipped,
    "Always": always,
}
