"""The API server did not make a pod, or a child run: it is tried again later, unless that cannot help.

A quota or a busy server holds up the whole run, since its other pods would get the same answer; a quota that is too
small for one pod holds up that one only.
"""

from sluice.core import Instant
from sluice.core.pod.create_errors import GIVE_UP_AFTER_S, WHAT_TO_CUT, CreateError, above_quota, create_delay_s
from sluice.core.pod.deadlines import is_starting
from sluice.core.reconcile.actions import Delete
from sluice.core.reconcile.attempt import attempt_ended, call_ended
from sluice.core.run.create_window import CreateBackoff
from sluice.core.run.state import RunState
from sluice.core.run.task_state import CreateFailure, TaskState, TaskStep
from sluice.core.spec.ending import Ending, Outcome

_HOLDS_UP_THE_RUN = (CreateError.QUOTA, CreateError.BUSY, CreateError.NAMESPACE_GONE)


def create_failed(run: RunState, number: int, error: CreateError, message: str, now: Instant) -> None:
    """Of the pod of a unit whose creation is under way."""
    failure = _failure(run.tasks[number], error, message, now)
    if outcome := _hopeless(run.tasks[number], failure, now):
        run.pods.given_up(number, failure)
        attempt_ended(run, number, outcome, now)
        return
    run.pods.refused(number, failure)
    if error is CreateError.POD_SECURITY and not run.pods.hardened:
        run.pods.harden()
        run.make_ready(number)
    elif error in _HOLDS_UP_THE_RUN:
        tries = run.creates.backoff.refused.tries + 1 if run.creates.backoff else 1
        run.make_ready(number)
        run.pods.pause_creates(CreateBackoff(CreateFailure(error, message, now, tries), now + create_delay_s(tries)))
    else:
        run.schedule_retry(number, now + create_delay_s(failure.tries))


def child_create_failed(run: RunState, number: int, error: CreateError, message: str, now: Instant) -> None:
    """Of the child run of a unit whose creation is under way."""
    failure = _failure(run.tasks[number], error, message, now)
    if outcome := _hopeless(run.tasks[number], failure, now):
        run.children.given_up(number, failure)
        call_ended(run, number, outcome, now)
    else:
        run.children.refused(number, failure)
        run.schedule_retry(number, now + create_delay_s(failure.tries))


def files_refused(
    run: RunState, number: int, attempt: int, error: CreateError, message: str, now: Instant
) -> Delete | None:
    """The pod of this attempt may wait for a ConfigMap of its files, which was not made again. It goes on waiting, and
    says so, unless that cannot help.
    """
    task = run.tasks[number]
    waits = task.step is TaskStep.LIVE and task.attempt == attempt and not task.termination_cause
    if not waits or task.pod is None or task.pod.mounted or not is_starting(task.pod):
        return None
    failure = CreateFailure(error, message, now, tries=1)
    run.warned(number, attempt, f"{error}: {message}")
    if (outcome := _hopeless(task, failure, now)) is None:
        return None
    run.terminate(number, outcome)
    return Delete(task.pod.name, task.pod.uid)


def _failure(task: TaskState, error: CreateError, message: str, now: Instant) -> CreateFailure:
    before = task.refused
    if error is CreateError.QUOTA_TOO_SMALL:
        message = f"{above_quota(message)}: {message}"
    if before is not None and before.refusal is error:
        return CreateFailure(error, message, before.since, before.tries + 1)
    return CreateFailure(error, message, now, 1)


def _hopeless(task: TaskState, failure: CreateFailure, now: Instant) -> Outcome | None:
    """How the task ends if trying again cannot help."""
    limit_s = GIVE_UP_AFTER_S.get(failure.refusal)
    if limit_s:
        limit_s = task.definition.pending_timeout_s or limit_s
    if limit_s is None or now - failure.since < limit_s:
        return None
    hint = WHAT_TO_CUT if failure.refusal is CreateError.TOO_LARGE else ""
    return Outcome(Ending.GAVE_UP, f"{failure.refusal}: {failure.message}{hint}")
