"""How long a run takes if each of its pods starts the moment it is made and ends well after a known time.

The decisions are those of the operator; only the clock and the pods are made up. What nobody can know beforehand is
left out: outputs, the answers of people, child runs, and pods that fail. A run that needs any of that is Unforeseen.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sluice.core import Instant
from sluice.core.base.errors import SluiceError
from sluice.core.base.ownership import AttemptRef
from sluice.core.pod.view import ContainerState, PodView
from sluice.core.reconcile.decide import decide
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.status.reasons import reason
from sluice.core.status.run_phase import expected_phase, run_message
from sluice.core.status.run_status import compose

_BEGIN: Instant = 1.0  # 0 would be no time at all to those who ask whether a run has started


class Unforeseen(SluiceError):
    """The run would fail, or wait for what is not simulated."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One pod of the unit `number`. Times are seconds since the start of the run."""

    number: int
    started_s: float
    ended_s: float


def simulate(run: RunState, durations_s: Sequence[float]) -> list[Attempt]:
    """The attempts of a run that has not started yet, in the order of their ends.

    `durations_s` are those of the named tasks; each item of a fan-out takes as long as its task's. Raises Unforeseen.
    """
    now = _BEGIN
    ends: list[tuple[Instant, int]] = []
    pods: dict[int, PodView] = {}
    attempts: list[Attempt] = []
    while not (decision := decide(run, now)).finished:
        for create in decision.create:
            number = create.number
            pods[number] = running_pod(run, number, now)
            see(run, pods[number])
            heapq.heappush(ends, (now + durations_s[run.tasks.named_task_of(number)], number))
        if run.creates.recording:
            compose(run, {}, 1, now).commit()
            continue
        if not ends:
            raise Unforeseen(stuck(run))
        now = ends[0][0]
        while ends and ends[0][0] == now:
            _, number = heapq.heappop(ends)
            pod = pods.pop(number)
            attempts.append(Attempt(number, pod.created_at - _BEGIN, now - _BEGIN))
            see(run, _ended(pod, now))
    if expected_phase(run) != "Succeeded":
        raise Unforeseen(run_message(run))
    return attempts


def see(run: RunState, pod: PodView) -> None:
    run.shared.observe_pod(pod)
    run.pods.observe(pod)


def running_pod(run: RunState, number: int, now: Instant) -> PodView:
    task, identity = run.tasks[number], run.identity
    name = run.tasks.pod_name(number)
    return PodView(
        name=name,
        namespace=identity.namespace,
        uid=name,
        version=1,
        attempt_of=AttemptRef(
            identity.ref, task.definition.name, None if task.group is None else task.index, task.attempt
        ),
        phase="Running",
        created_at=now,
        scheduled_at=now,
        container=ContainerState(started_at=now),
        pools=task.definition.pools,
    )


def _ended(pod: PodView, now: Instant) -> PodView:
    container = replace(pod.container, finished_at=now, exit_code=0)
    return replace(pod, version=2, phase="Succeeded", container=container)


def stuck(run: RunState) -> str:
    """The first task that others wait for, and what it waits for itself."""
    first = next(n for n, task in enumerate(run.tasks.named) if task.step not in (TaskStep.WAITING, TaskStep.ENDED))
    return f"task {run.tasks.named[first].definition.name} would never end: {reason(run, first).text}"
