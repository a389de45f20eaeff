"""Why a task is not running, in one line that a person can act on; or, once it has ended, how."""

from dataclasses import dataclass

from sluice.api.run import TaskPhase
from sluice.core.base.text import first_names
from sluice.core.base.times import clock, rfc3339
from sluice.core.graph.placeholders import TooLong, fill
from sluice.core.pod.deadlines import IMAGE_TROUBLE, NO_SUCH_IMAGE
from sluice.core.pod.memory import grown_resources, memory_limit
from sluice.core.pod.view import PodView
from sluice.core.run.child_room import why_no_child
from sluice.core.run.fan_out import FanOut
from sluice.core.run.outputs import values_of
from sluice.core.run.retries import PAID_BY_CLUSTER, why_not
from sluice.core.run.state import RunState
from sluice.core.run.task_state import CreateFailure, TaskState, TaskStep
from sluice.core.spec.approval import prompt
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.wait import NoTime, Wait

_NAMES_SHOWN = 3
_STARTING = "Starting: its pod is being created"


@dataclass(frozen=True, slots=True)
class Reason:
    """`text` starts with one word that programs can rely on; `message` is what somebody else said."""

    text: str | None = None
    message: str | None = None


def reason(run: RunState, number: int) -> Reason:
    task = run.tasks[number]
    match task.step:
        case TaskStep.WAITING if task.group is not None and run.tasks.leader(number) is None:
            return Reason(_STARTING)
        case TaskStep.WAITING:
            return Reason(f"WaitingFor: {_waiting_for(run, number)}")
        case TaskStep.READY:
            return _ready(run, number)
        case TaskStep.BACKOFF:
            return _backoff(run, task)
        case TaskStep.CALLING:
            return _calling(task)
        case TaskStep.ON_HOLD:
            return _on_hold(run, task)
        case TaskStep.RECORDING | TaskStep.CREATING:
            return Reason(_STARTING)
        case TaskStep.LIVE:
            return _live(task)
        case TaskStep.FANNED_OUT:
            return _items(run, run.tasks.fan_outs[number])
        case TaskStep.ENDED:
            return _ended(run, number)


def _ready(run: RunState, number: int) -> Reason:
    task = run.tasks[number]
    if run.state == "Suspended":
        return Reason(f"Suspended: the run starts no task until {run.resumes_when}")
    calls, cap = task.definition.is_sub_workflow, run.limits.parallelism
    if run.creates.backoff is not None and not calls:
        return _refused(run.creates.backoff.refused)
    if cap is not None and run.slots.live >= cap and not calls:
        return Reason(f"Parallelism: {run.slots.live}/{cap}")
    if task.group is not None and (group := run.tasks.fan_outs[task.group]).full:
        return Reason(f"Parallelism: {group.live}/{group.parallelism} of forEach")
    key = run.tasks.wait_key(number)
    is_first = not calls and run.ready.pods.first(key) == number
    if not calls and (why := run.shared.wait_reason(run.identity.uid, key, first=is_first)):
        return Reason(why)
    if calls and (why := why_no_child(run)):
        return Reason(why)
    return _refused(task.refused) if task.refused else Reason(_CHILD_IS_MADE if calls else _STARTING)


def _items(run: RunState, group: FanOut) -> Reason:
    """Of the items that are not running, why the first one is not."""
    waiting = [unit for unit in group.units if not run.tasks[unit].runs and run.tasks[unit].step is not TaskStep.ENDED]
    if not waiting:
        return Reason()
    first = reason(run, waiting[0])
    more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return Reason(f"{first.text} (item {waiting[0] - group.first}{more})", first.message)


def _on_hold(run: RunState, task: TaskState) -> Reason:
    if task.definition.wait is not None:
        return _waiting_for_the_clock(run, task, task.definition.wait)
    approval = task.definition.approval
    if run.state == "Suspended" or approval is None:
        return Reason(f"Suspended: the run hears no decision until {run.resumes_when}")
    try:
        message = fill({"message": approval.message}, values_of(run, task))["message"]
    except TooLong as error:
        message = str(error)
    return Reason(f"Approval: {prompt(task.definition.name, approval, task.on_hold_since)}", message or None)


def _waiting_for_the_clock(run: RunState, task: TaskState, wait: Wait) -> Reason:
    try:
        return Reason(f"Wait: until {rfc3339(wait.ends_at(task.on_hold_since or 0.0, values_of(run, task)))}")
    except NoTime as error:
        return Reason(f"Wait: {error}")


_CHILD_IS_MADE = "Starting: its run is being created"


def _calling(task: TaskState) -> Reason:
    child = task.child
    if child is None:
        return Reason(_CHILD_IS_MADE)
    if task.termination_cause is not None:
        return Reason(f"Terminating: run {child.name} is being stopped", task.termination_cause.message)
    if child.deleting:
        return Reason(f"Terminating: run {child.name} is being deleted")
    if child.phase == "Running":
        return Reason()
    word = child.waits or ("Starting" if child.phase == "Pending" else child.phase)
    return Reason(f"{word}: see run {child.name}", child.message or None)


def _refused(refused: CreateFailure) -> Reason:
    return Reason(f"{refused.refusal}: the API server takes no pod at present; trying again", refused.message)


def _backoff(run: RunState, task: TaskState) -> Reason:
    until = clock(task.retry_at or 0)
    if task.refused is not None:
        return Reason(f"{task.refused.refusal}: trying again at {until}", task.refused.message)
    if task.last is None:
        return Reason(f"Backoff: until {until}")
    if task.polling is not None and task.definition.poll is not None and task.definition.poll.not_yet(task.last):
        return Reason(f"Polling: not yet, {task.polling}; next at {until}")
    paid, memory = _paid(task, task.last, ", "), _memory(run, task, task.last, ", next with ")
    return Reason(f"Backoff: until {until}{paid}{memory}", task.last.message)


def _live(task: TaskState) -> Reason:
    pod = task.pod
    if pod is None:
        return Reason(_STARTING)
    if pod.deleting:
        where = f" on node {pod.node}" if pod.node else ""
        held = f", and waits for finalizer {pod.finalizer}" if pod.finalizer else ""
        why = task.termination_cause.message if task.termination_cause else pod.disruption
        return Reason(f"Terminating: its pod is being deleted{where}{held}", why or None)
    if pod.attempt_over:
        return Reason("ReadingLog: its outputs are there", task.log_trouble or None)
    if pod.container.started_at is not None:
        return Reason()
    return _pending(pod, task.warning)


def _pending(pod: PodView, warning: str) -> Reason:
    if pod.scheduled_at is None:
        if pod.gated:
            in_queue = f"Queued: in Kueue's queue {pod.queue}"
            return Reason(in_queue if pod.queue else "Gated: its pod waits for somebody to remove its scheduling gates")
        if pod.unschedulable:
            return Reason(f"Unschedulable: {pod.unschedulable}")
        return Reason("Scheduling: its pod waits for the cluster's scheduler")
    if pod.container.waiting in IMAGE_TROUBLE:
        mend = NO_SUCH_IMAGE.get(pod.container.waiting, "check the image's name and the pull secret")
        return Reason(f"{pod.container.waiting}: {mend}", pod.container.message)
    word, said = pod.container.waiting or "Starting", pod.container.message
    if warning and not said:
        word, _, said = warning.partition(": ")
    return Reason(f"{word}: on node {pod.node}", said or None)


def _ended(run: RunState, number: int) -> Reason:
    task = run.tasks[number]
    if task.phase == "UpstreamFailed":
        bad: tuple[TaskPhase, ...] = ("Failed", "UpstreamFailed")
        names = _names(run, number, *bad) or _names_read(run, number, *bad, "Stopped")
        return Reason(f"UpstreamFailed: {names or _items_before(run, number) or 'no dependency has succeeded'}")
    if task.phase == "Skipped":
        if task.skipped:
            return Reason(f"Skipped: {task.skipped}")
        inherited = task.definition.run_if == "AllSucceeded" or task.definition.reads.outputs
        names = (_names(run, number, "Skipped") or _names_read(run, number, "Skipped")) if inherited else ""
        return Reason(f"Skipped: {f'so was {names}' if names else f'runIf {task.definition.run_if} does not hold'}")
    if task.phase == "Stopped":
        own = task.last.message if task.last is not None and task.last.ending is Ending.STOPPED else ""
        return Reason(f"Stopped: {own or run.wind_down.why or 'what it waits for was stopped'}")
    if task.phase == "Failed" and task.last is not None and task.definition.for_each is not None:
        return Reason(f"{task.last.ending}", task.last.message)
    if task.phase == "Failed" and task.last is not None:
        limited = task.polling is not None or task.definition.deadline_s is not None
        if limited and task.last.ending is Ending.TIMEOUT:
            return Reason("Timeout", task.last.message)
        paid, memory = _paid(task, task.last, ": "), _memory(run, task, task.last, ", the last with ")
        return Reason(f"{task.last.ending}{paid}{memory}", task.last.message)
    return Reason(message=task.last.message or None) if task.last is not None else Reason()


def _items_before(run: RunState, number: int) -> str:
    """Of a fan-out that goes by the items of one that forgives some their failure (`minSuccess`)."""
    group = run.tasks.fan_outs.get(number)
    if group is None or not (failed := group.counts.get("UpstreamFailed")):
        return ""
    leader = run.tasks[number].definition.same_as
    return f"{failed} of {len(group.items)} items, which failed in {leader}; set forEach.minSuccess here, too"


def _paid(task: TaskState, last: Outcome, separator: str) -> str:
    """How many retries are used, if any are allowed; and why no more of them, if some are left."""
    if last.ending is Ending.GAVE_UP:
        return ""
    if last.ending is Ending.WHEN_FAILED:
        return f"{separator}its condition has no answer"
    if last.ending in PAID_BY_CLUSTER:
        used, limit, whose = (
            task.used.infrastructure,
            task.definition.retries.infrastructure,
            "infrastructure retries",
        )
    else:
        used, limit, whose = task.used.limit, task.definition.retries.limit, "retries"
        if task.phase == "Failed" and used < limit and (why := why_not(task.definition.retries, last)):
            return f"{separator}{used} of {limit} retries used, as {why}"
    return f"{separator}{used} of {limit} {whose} used" if limit else ""


def _memory(run: RunState, task: TaskState, last: Outcome, before: str) -> str:
    """How much memory the newest attempt of a task has that gets more of it."""
    if last.ending is not Ending.OUT_OF_MEMORY:  # to merge the fields takes long where there are large defaults
        return ""
    fields = task.definition.fields
    if "outOfMemory" not in fields.get("retries", {}):
        return ""
    filled = fill({name: fields[name] for name in ("retries", "resources") if name in fields}, values_of(run, task))
    size = memory_limit(grown_resources(filled, task.used.out_of_memory))
    return f"{before}{size} of memory" if size else ""


def _waiting_for(run: RunState, number: int) -> str:
    names = _names(run, number, "Pending")
    if names or not run.tasks[number].definition.final:
        return names
    return f"the {run.counts.open} tasks before the end" if run.counts.open > 1 else "the last task before the end"


def _names_read(run: RunState, number: int, *phases: TaskPhase) -> str:
    """The tasks that it reads, dependencies or not, that ended so."""
    names = run.tasks[number].definition.reads.tasks
    found = [name for name in names if (n := run.tasks.number(name)) is not None and run.tasks[n].phase in phases]
    return first_names(found, len(found), _NAMES_SHOWN)


def _names(run: RunState, number: int, *phases: TaskPhase) -> str:
    """The direct dependencies that stand so. A task that runs has not ended: its phase is Pending until then."""
    if (group := run.tasks[number].group) is not None:
        return f"{run.tasks[group].definition.same_as}[{run.tasks[number].index}]"
    before = (run.tasks[dependency] for dependency in run.definition.graph.dependencies[number])
    names = [task.definition.name for task in before if task.phase in phases]
    return first_names(names, len(names), _NAMES_SHOWN)
