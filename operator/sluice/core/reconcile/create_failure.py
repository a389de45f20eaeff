"""The API server did not make a pod, or a child run: it is tried again, later, unless that cannot help.

A quota or a busy server holds up the whole run, since its other pods would hear the same.
"""

from sluice.core import Instant
from sluice.core.pod.create_errors import GIVE_UP_AFTER_S, WHAT_TO_CUT, CreateError, create_delay_s
from sluice.core.reconcile.actions import Create
from sluice.core.reconcile.attempt import attempt_ended, call_ended, schedule_retry
from sluice.core.run.execution import Execution
from sluice.core.run.state import Hold
from sluice.core.run.task_state import CreateFailure, TaskState, TaskStep
from sluice.core.spec.ending import Ending, Outcome


def create_failed(run: Execution, what: Create, refusal: CreateError, message: str, now: Instant) -> None:
    """The API server did not make a pod. It is tried again, later, unless that cannot help."""
    number = what.number
    task = run.tasks[number]
    run.give_back(number, what.attempt)
    if task.step is not TaskStep.CREATING or task.attempt != what.attempt:
        return
    run.creating -= 1
    told, hopeless = _note_refusal(task, refusal, message, now)
    if hopeless is not None:
        attempt_ended(run, number, hopeless, now)
        return
    run.free_slot(number)
    if refusal is CreateError.POD_SECURITY and not run.hardened:
        run.hardened = True
        run.make_ready(number)
    elif refusal in (CreateError.QUOTA, CreateError.BUSY, CreateError.NAMESPACE_GONE):
        tries = run.hold.refused.tries + 1 if run.hold else 1
        held = CreateFailure(refusal, message, now, tries)
        run.hold = Hold(held, now + create_delay_s(tries))
        run.window = 1
        run.make_ready(number)
        run.changed.update(run.ready)
    else:
        schedule_retry(run, number, now + create_delay_s(told.tries))


def child_create_failed(run: Execution, what: Create, refusal: CreateError, message: str, now: Instant) -> None:
    """The API server did not make a child run."""
    task = run.tasks[what.number]
    if task.step is not TaskStep.CALLING or task.attempt != what.attempt or task.child is not None:
        return
    told, hopeless = _note_refusal(task, refusal, message, now)
    if hopeless is not None:
        call_ended(run, what.number, hopeless, now)
    else:
        run.free_slot(what.number)
        schedule_retry(run, what.number, now + create_delay_s(told.tries))


def _note_refusal(
    task: TaskState, refusal: CreateError, message: str, now: Instant
) -> tuple[CreateFailure, Outcome | None]:
    """The no as the task remembers it, and how it ends if trying again cannot help."""
    before = task.refused
    again = before is not None and before.refusal is refusal
    task.refused = told = CreateFailure(
        refusal, message, before.since if before and again else now, before.tries + 1 if before and again else 1
    )
    limit_s = GIVE_UP_AFTER_S.get(refusal)
    if limit_s:
        limit_s = task.definition.pending_timeout_s or limit_s
    if limit_s is None or now - told.since < limit_s:
        return told, None
    hint = WHAT_TO_CUT if refusal is CreateError.TOO_LARGE else ""
    return told, Outcome(Ending.GAVE_UP, f"{refusal}: {message}{hint}")
