"""What should follow, given what is so: `decide(run, now) -> Decision`.

The phases, in order: read the news of pods and child runs, ring the alarms that are due, hear what people have decided,
stop or start tasks, finish the run. Deciding twice without news in between asks for nothing twice.
"""

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sluice.core import Instant, Json, children
from sluice.core.approvals import answer
from sluice.core.execution import ANY_ATTEMPT, Execution, Hold, Refused, Step, TaskState
from sluice.core.following import end, settle
from sluice.core.limits import Request, Turn
from sluice.core.naming import unit_name
from sluice.core.observation import PodView
from sluice.core.order import Line, Place
from sluice.core.outcome import LOST, Ending, Outcome, outcome
from sluice.core.outputs import Unusable, read, read_log
from sluice.core.patience import deadline
from sluice.core.refusal import GIVE_UP_AFTER_S, WHAT_TO_CUT, Refusal, delay
from sluice.core.retries import PAID_BY_CLUSTER


@dataclass(frozen=True, slots=True)
class Create:
    """Make the pod of a task's attempt, or the child run that is the attempt."""

    number: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a pod, if it still is the one with this UID."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class ReadLog:
    """Read the end of the log of an attempt that has ended: its outputs are there."""

    number: int
    attempt: int
    pod: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`wake_at`: when to decide again without news, None for never."""

    create: list[Create] = field(default_factory=list)
    delete: list[Delete] = field(default_factory=list)
    read: list[ReadLog] = field(default_factory=list)
    wake_at: Instant | None = None
    finished: bool = False


def decide(run: Execution, now: Instant) -> Decision:
    if run.finished_at is not None:
        return Decision(finished=True)
    delete: list[Delete] = []
    run.started_at = run.started_at or now
    logs = list(_read_news(run, now))
    _open_fan_outs(run)
    delete += _ring_alarms(run, now)
    _hear(run, now)
    if run.winds_down(now):
        delete += _stop(run)
    create = list(_start(run, now))
    run.ledger.held_up(_held_up(run), now)
    if run.ended == len(run.definition.tasks):
        run.finished_at = now
    return Decision(create, delete, logs, _wake_at(run, now), run.finished_at is not None)


# 1. How attempts ended.


def _read_news(run: Execution, now: Instant) -> Iterator[ReadLog]:
    for number in sorted(run.seen):
        task = run.tasks[number]
        if task.step is Step.CALLING:
            _read_child(run, number, now)
        if task.step is not Step.LIVE:
            continue
        run.changed.add(number)
        _note_times(run, task, now)
        _see_try(run, number)
        if task.pod is None:
            if task.gone:
                _attempt_ended(run, number, LOST, now)
        elif task.pod.terminal or task.gone:
            ended = _outcome(task)
            if ended.ending is not Ending.SUCCESS or not task.definition.outputs:
                _attempt_ended(run, number, ended, now)
            elif not task.definition.outputs_in_log or task.log is not None or task.gone:
                _attempt_ended(run, number, _with_outputs(run, number, task.pod, ended), now)
            elif not task.log_asked:
                task.log_asked = True
                yield ReadLog(number, task.attempt, task.pod.name)
        elif (due := deadline(task.definition, task.pod)) and due.at != task.alarm_at:
            task.alarm_at = due.at
            heapq.heappush(run.alarms, (due.at, number, task.attempt))
    run.seen.clear()


def _note_times(run: Execution, task: TaskState, now: Instant) -> None:
    if task.begun_at is not None:
        run.ledger.add("operator", now - task.begun_at)
        task.begun_at = None
    if task.pod is not None and task.pod.unschedulable:
        task.was_unschedulable = True


def _see_try(run: Execution, number: int) -> None:
    task, poll = run.tasks[number], run.tasks[number].definition.poll
    if poll is None or task.polling is not None or task.pod is None:
        return
    task.see_try(task.pod)
    if task.polling is not None and (ends_at := poll.ends_at(task.polling)) is not None:
        heapq.heappush(run.alarms, (ends_at, number, ANY_ATTEMPT))


def _outcome(task: TaskState) -> Outcome:
    pod = task.pod
    if pod is None or (task.gone and not (pod.terminal or pod.deleting or pod.preempted)):
        return task.doomed or LOST
    found = outcome(pod)
    return found if found.ending is Ending.SUCCESS else task.doomed or found


def _with_outputs(run: Execution, number: int, pod: PodView, ended: Outcome) -> Outcome:
    """A program that ended well and did not hand on what its task declares has failed."""
    task = run.tasks[number]
    of_task = run.groups[task.group].output_bytes if task.group is not None else 0
    declared = task.definition.outputs
    if not task.definition.outputs_in_log:
        outputs = read(pod.container.written, declared, run.output_bytes, of_task)
    elif task.log is not None:
        outputs = read_log(task.log, declared, run.output_bytes, of_task)
        task.log = None
    else:
        return replace(ended, ending=Ending.LOST, message="the pod is gone, and with it the log that has its outputs")
    return _handed_on(run, number, outputs, ended)


def _with_outputs_of(run: Execution, number: int, child: children.ChildView, ended: Outcome) -> Outcome:
    """As with a program, of a child run that has succeeded."""
    task = run.tasks[number]
    if not task.definition.outputs:
        return ended
    of_task = run.groups[task.group].output_bytes if task.group is not None else 0
    outputs = children.outputs(child, task.definition.outputs, run.output_bytes, of_task)
    return _handed_on(run, number, outputs, ended)


def _handed_on(run: Execution, number: int, outputs: Json | Unusable, ended: Outcome) -> Outcome:
    if isinstance(outputs, Unusable):
        return replace(ended, ending=Ending.ERROR, message=outputs.message)
    run.hand_on(number, outputs)
    return ended


def _attempt_ended(run: Execution, number: int, ended: Outcome, now: Instant) -> None:
    task = run.tasks[number]
    run.free_slot(number)
    if task.pod is not None:
        run.ledger.pod_ended(task.pod, was_unschedulable=task.was_unschedulable)
        if not task.gone:
            run.ended_pods.append(task.pod)
    room_made(run, now)
    _conclude(run, number, ended, now)


def _conclude(run: Execution, number: int, ended: Outcome, now: Instant) -> None:
    """What follows from the end of an attempt."""
    task = run.tasks[number]
    task.last = ended
    poll = task.definition.poll
    stopping = run.winding_down and not task.definition.final
    retry = task.after(ended, run.chance(number))
    if retry and (late := _too_late(task, now + retry.delay_s, ended)):
        retry, task.last = None, late
    stopped = stopping and (retry or task.doomed is ended or ended.ending in PAID_BY_CLUSTER)
    if ended.ending is Ending.SUCCESS:
        end(run, number, "Succeeded")
    elif stopped or ended.ending is Ending.STOPPED:
        end(run, number, "Stopped")
    elif retry:
        task.used = retry.used
        if task.pod is not None and ended.ending in PAID_BY_CLUSTER:
            task.avoid_node = task.pod.node
        run.ledger.add("polling" if poll is not None and poll.not_yet(ended) else "backoff", retry.delay_s)
        _back_off(run, number, now + retry.delay_s)
    else:
        end(run, number, "Failed")


def _too_late(task: TaskState, at: Instant, ended: Outcome) -> Outcome | None:
    """How a task ends whose next try would start when its time for polling is over."""
    poll, polling = task.definition.poll, task.polling
    if poll is None or polling is None or (ends_at := poll.ends_at(polling)) is None or at < ends_at:
        return None
    return poll.time_is_up(polling, ended)


def _read_child(run: Execution, number: int, now: Instant) -> None:
    task = run.tasks[number]
    run.changed.add(number)
    child = task.child
    if task.gone or (child is not None and child.ended):
        ended = children.LOST if child is None else children.outcome(child)
        if child is not None and ended.ending is Ending.SUCCESS:
            ended = _with_outputs_of(run, number, child, ended)
        else:
            ended = task.doomed or ended
        _call_ended(run, number, ended, now)
        return
    due = None if child is None else children.deadline(task.definition, child)
    if due is not None and due.at != task.alarm_at:
        task.alarm_at = due.at
        heapq.heappush(run.alarms, (due.at, number, task.attempt))


def _call_ended(run: Execution, number: int, ended: Outcome, now: Instant) -> None:
    run.children.pop(run.pod_name(number), None)
    run.free_slot(number)
    _conclude(run, number, ended, now)


def room_made(run: Execution, now: Instant) -> None:
    """A pod has ended or gone, so a quota may have room: do not sit out a long hold."""
    if run.hold is not None:
        run.hold.until = min(run.hold.until, now + delay(1))


def _back_off(run: Execution, number: int, until: Instant) -> None:
    task = run.tasks[number]
    task.step, task.retry_at = Step.BACKOFF, until
    run.stir(number)
    heapq.heappush(run.alarms, (until, number, task.attempt))
    run.changed.add(number)


def _open_fan_outs(run: Execution) -> None:
    """Their items are recorded, so pods may be made."""
    for number in run.counted:
        for unit in run.groups[number].units:
            for ended, phase in list(settle(run, unit)):
                end(run, ended, phase)
    run.counted.clear()


# 2. What has waited long enough.


def _ring_alarms(run: Execution, now: Instant) -> Iterator[Delete]:
    over = False
    while run.alarms and run.alarms[0][0] <= now:
        _, number, attempt = heapq.heappop(run.alarms)
        task = run.tasks[number]
        if attempt == ANY_ATTEMPT:
            was_ready = task.step is Step.READY
            yield from _stop_polling(run, number, now)
            over = over or (was_ready and task.step is Step.ENDED)
        if attempt != task.attempt:
            continue
        if task.step is Step.BACKOFF and (task.retry_at or 0.0) <= now:
            run.make_ready(number)
        elif task.step is Step.CALLING and task.child is not None and task.doomed is None:
            late = children.deadline(task.definition, task.child)
            if late is None or late.at > now:
                task.alarm_at = None
                continue
            _take_back(run, number, late.outcome)
        elif task.step is Step.ASKING:
            run.unheard.add(number)
        elif task.step is Step.LIVE and task.pod is not None and task.doomed is None:
            due = deadline(task.definition, task.pod)
            if due is None or due.at > now:  # it got on, and a later deadline has an alarm of its own
                task.alarm_at = None
                continue
            task.doomed = due.outcome
            yield Delete(task.pod.name, task.pod.uid)
    if over:
        run.only_ready_stay_ready()


def _stop_polling(run: Execution, number: int, now: Instant) -> Iterator[Delete]:
    task, poll = run.tasks[number], run.tasks[number].definition.poll
    if poll is None or task.polling is None:
        return
    over = poll.time_is_up(task.polling, None)
    if task.step in (Step.READY, Step.BACKOFF):
        task.last = over
        end(run, number, "Failed")
    elif task.step in (Step.RECORDING, Step.CREATING):  # its pod may exist already: end it when it is seen
        heapq.heappush(run.alarms, (now + 1, number, ANY_ATTEMPT))
    elif task.step is Step.LIVE and task.pod is not None and not task.pod.deleting and task.doomed is None:
        task.doomed = over
        yield Delete(task.pod.name, task.pod.uid)


# 3. What people have decided.


def _hear(run: Execution, now: Instant) -> None:
    while run.unheard and run.state != "Suspended":
        asking, run.unheard = sorted(run.unheard), set()
        for number in asking:  # its end may let others ask
            task = run.tasks[number]
            approval = task.definition.approval
            if task.step is not Step.ASKING or approval is None:
                continue
            task.asked_at = task.asked_at or now
            run.changed.add(number)
            task.last = answer(approval, run.approvals.get(task.definition.name), task.asked_at, now)
            if task.last is not None:
                run.ledger.add("approval", now - task.asked_at)
                end(run, number, "Succeeded" if task.last.ending is Ending.SUCCESS else "Failed")
            elif (due_at := approval.due_at(task.asked_at)) is not None:
                heapq.heappush(run.alarms, (due_at, number, task.attempt))


# 4. The run is brought to an end: all tasks are, but for those that are there for the end.


def _stop(run: Execution) -> Iterator[Delete]:
    units = range(len(run.tasks)) if run.stirred is None else sorted(run.stirred)
    run.stirred = set()
    for number in units:
        task = run.tasks[number]
        if task.definition.final:
            continue
        if task.step in (Step.WAITING, Step.READY, Step.BACKOFF, Step.ASKING):
            end(run, number, "Stopped")
        elif task.step is Step.LIVE and (pod := task.pod) and not (pod.terminal or pod.deleting or task.doomed):
            task.doomed = Outcome(Ending.INFRASTRUCTURE, run.winding_down)
            yield Delete(pod.name, pod.uid)
        elif task.step is Step.CALLING and task.doomed is None:
            _take_back(run, number, Outcome(Ending.INFRASTRUCTURE, run.winding_down))
    if units:
        run.only_ready_stay_ready()


def _take_back(run: Execution, number: int, why: Outcome) -> None:
    """A child run is to stop. The task ends when it has."""
    run.tasks[number].doomed = why
    run.orders += 1
    run.changed.add(number)


# 5. What may start.


def _start(run: Execution, now: Instant) -> Iterator[Create]:
    for number in run.granted:
        yield Create(number, run.tasks[number].attempt)
    run.granted.clear()
    if run.state != "Suspended":
        yield from _call(run)
    run.shared.stay(run.identity.uid, run.ready.firsts())
    waiting: dict[Line, int] = {}
    held = run.state == "Suspended" or (run.hold is not None and now < run.hold.until)
    fronts = [] if held else run.ready.fronts()
    while fronts and _room(run):
        place, line = heapq.heappop(fronts)
        number = place.number
        if (group := run.tasks[number].group) is not None and run.groups[group].full:
            continue  # and with it all others of its line
        if (line.claim or run.shared.capped) and not _granted(run, place, line):
            waiting[line] = number
            continue
        if (following := run.ready.pop(line)) is not None:
            heapq.heappush(fronts, (following, line))
            run.changed.add(following.number)  # it is the one to say whom it waits for
        task = run.tasks[number]
        task.attempt = _next_attempt_number(task)
        task.pod, task.gone, task.doomed, task.alarm_at = None, False, None, None
        task.begun_at, task.was_unschedulable = now, False
        task.log, task.log_asked, task.log_trouble = None, False, ""
        run.take_slot(number)
        if task.definition.at_most_once:
            task.step, task.retry_at = Step.RECORDING, None
            run.recording += 1
            run.changed.add(number)
        else:
            task.step = Step.CREATING
            run.creating += 1
            yield Create(number, task.attempt)
    run.shared.stay(run.identity.uid, waiting if _room(run) else {})  # who could not start stands in nobody's way


def _granted(run: Execution, place: Place, line: Line) -> bool:
    task = run.tasks[place.number]
    pod = run.pod_name(place.number, _next_attempt_number(task))
    turn = Turn(place.priority, place.way_s, run.started_at or 0, run.identity.uid, place.order, place.number)
    name = unit_name(task.definition.name, None if task.group is None else task.index)
    return run.shared.grant(Request(run.identity, line, turn, name, pod), len(run.ready.lines[line]))


def _next_attempt_number(task: TaskState) -> int:
    """An attempt that the API server refused is made again under its number."""
    return task.attempt + (task.refused is None)


def _call(run: Execution) -> Iterator[Create]:
    fronts = run.calls.fronts()
    while fronts:
        first, line = heapq.heappop(fronts)
        number = first.number
        task = run.tasks[number]
        if task.group is not None and run.groups[task.group].full:
            continue
        if (following := run.calls.pop(line)) is not None:
            heapq.heappush(fronts, (following, line))
        run.take_slot(number)
        task.attempt = _next_attempt_number(task)
        task.step, task.child, task.gone, task.doomed, task.alarm_at = Step.CALLING, None, False, None, None
        run.children[run.pod_name(number)] = number
        yield Create(number, task.attempt)


def _room(run: Execution) -> bool:
    if run.limits.parallelism is not None and run.live >= run.limits.parallelism:
        return False
    return run.window is None or run.creating + run.recording < run.window


def _held_up(run: Execution) -> Counter[str]:
    """How many tasks could start but for what: see `ledger`."""
    found: Counter[str] = Counter()
    for line, places in run.ready.lines.items():
        if run.state == "Suspended":
            kind = "suspended"
        elif run.hold is not None:
            kind = run.hold.refused.refusal.value[0].lower() + run.hold.refused.refusal.value[1:]
        elif not _room(run) or (line.fan_out is not None and run.groups[line.fan_out].full):
            kind = "parallelism" if run.window is None else "operator"
        else:
            kind = "pool/" + "+".join(name for name, _ in line.claim) if line.claim else "podLimit"
        found[kind] += len(places)
    return found


# The API server's no.


def refused(run: Execution, what: Create, refusal: Refusal, message: str, now: Instant) -> None:
    """The API server did not make a pod. It is tried again, later, unless that cannot help."""
    number = what.number
    task = run.tasks[number]
    run.give_back(number, what.attempt)
    if task.step is not Step.CREATING or task.attempt != what.attempt:
        return
    run.creating -= 1
    told, hopeless = _note_refusal(task, refusal, message, now)
    if hopeless is not None:
        _attempt_ended(run, number, hopeless, now)
        return
    run.free_slot(number)
    if refusal is Refusal.POD_SECURITY and not run.hardened:
        run.hardened = True
        run.make_ready(number)
    elif refusal in (Refusal.QUOTA, Refusal.BUSY, Refusal.NAMESPACE_GONE):
        tries = run.hold.refused.tries + 1 if run.hold else 1
        held = Refused(refusal, message, now, tries)
        run.hold = Hold(held, now + delay(tries))
        run.window = 1
        run.make_ready(number)
        run.changed.update(run.ready)
    else:
        _back_off(run, number, now + delay(told.tries))


def child_refused(run: Execution, what: Create, refusal: Refusal, message: str, now: Instant) -> None:
    """The API server did not make a child run."""
    task = run.tasks[what.number]
    if task.step is not Step.CALLING or task.attempt != what.attempt or task.child is not None:
        return
    told, hopeless = _note_refusal(task, refusal, message, now)
    if hopeless is not None:
        _call_ended(run, what.number, hopeless, now)
    else:
        run.free_slot(what.number)
        _back_off(run, what.number, now + delay(told.tries))


def _note_refusal(task: TaskState, refusal: Refusal, message: str, now: Instant) -> tuple[Refused, Outcome | None]:
    """The no as the task remembers it, and how it ends if trying again cannot help."""
    before = task.refused
    again = before is not None and before.refusal is refusal
    task.refused = told = Refused(
        refusal, message, before.since if before and again else now, before.tries + 1 if before and again else 1
    )
    limit_s = GIVE_UP_AFTER_S.get(refusal)
    if limit_s:
        limit_s = task.definition.pending_timeout_s or limit_s
    if limit_s is None or now - told.since < limit_s:
        return told, None
    hint = WHAT_TO_CUT if refusal is Refusal.TOO_LARGE else ""
    return told, Outcome(Ending.GAVE_UP, f"{refusal}: {message}{hint}")


def _wake_at(run: Execution, now: Instant) -> Instant | None:
    times = [run.alarms[0][0]] if run.alarms else []
    if run.hold is not None and run.ready and run.hold.until > now:
        times.append(run.hold.until)
    if run.limits.timeout_s is not None and run.started_at is not None and not run.winding_down:
        times.append(run.started_at + run.limits.timeout_s)
    return min(times, default=None)
