"""Pods that nobody needs once their end is recorded: tries that said "not yet", with more to follow."""

from sluice.core.pod.outcome import pod_outcome
from sluice.core.pod.view import PodView
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep


def is_spent(run: RunState, pod: PodView) -> bool:
    number = run.tasks.unit_of(pod)
    if number is None or (poll := run.tasks[number].definition.poll) is None:
        return False
    task = run.tasks[number]
    is_last = task.step is TaskStep.ENDED and pod.attempt == task.attempt
    return not is_last and poll.not_yet(pod_outcome(pod))
