"""Hypothesis strategies for plans (see `plan`): any graph that a Workflow may have, with any faults."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.core.plan import (
    FAULTS,
    NOT_YET,
    OUT_OF_MEMORY,
    TIMED_OUT,
    Approval,
    FanOut,
    Plan,
    Program,
    Task,
    When,
)

RULES = (
    "AllFailed",
    "AllDone",
    "AllDoneOneSucceeded",
    "AllSkipped",
    "OneSucceeded",
    "OneFailed",
    "OneDone",
    "NoneFailed",
    "NoneFailedOneSucceeded",
    "NoneSkipped",
)
ENDS = ("Succeeded", "Failed", "UpstreamFailed", "Skipped")

CODES = st.lists(st.sampled_from([0, 0, 1, TIMED_OUT, OUT_OF_MEMORY]), min_size=1, max_size=3).map(tuple)
TRIES = st.lists(st.sampled_from([NOT_YET, NOT_YET, 1, OUT_OF_MEMORY]), max_size=4)
SENSORS = st.builds(lambda tries, last: Program((*tries, last), {"every": "5s"}), TRIES, st.sampled_from([0, 1]))
PROGRAMS = st.builds(Program, CODES) | st.sampled_from([Program(), Program(pullable=False), Program(valid=False)])
FEW = st.lists(PROGRAMS, min_size=1, max_size=3).map(tuple)
IMPATIENT = st.sampled_from(
    [
        Program((NOT_YET,), {"every": "5s", "timeout": "20s"}),
        Program((NOT_YET,), {"every": "5s", "timeout": "20s", "onTimeout": "Skip"}),
        Program((NOT_YET,), {"every": "5s"}, deadline="20s"),
    ]
)
ONE = st.one_of(PROGRAMS, PROGRAMS, SENSORS, IMPATIENT).map(lambda program: (program,))
SOMETIMES = st.integers(0, 4).map(lambda number: number == 4)
APPROVALS = st.builds(Approval, said=st.sampled_from(["Approve", "Reject"])) | st.builds(
    Approval, default=st.sampled_from([None, "Approve", "Reject"])
)
MIN_SUCCESS = st.none() | st.integers(0, 4) | st.sampled_from(["0%", "50%", "67%", "100%"])


@st.composite
def plans(draw, *, max_tasks=6, stop=False):
    slots = draw(st.integers(1, 4))
    tasks = []
    for _ in range(draw(st.integers(1, max_tasks))):
        tasks.append(draw(_task(tasks, slots)))
    order = draw(st.permutations(range(len(tasks))))
    return Plan(
        tasks=_in_order(tasks, order),
        slots=slots,
        cap=draw(st.none() | st.integers(1, 4)),
        quota=draw(st.none() | st.integers(1, 3)),
        faults=draw(st.frozensets(st.sampled_from(FAULTS))),
        stop=stop,
        fail_fast=draw(st.sampled_from(["None", "None", "Drain", "Stop"])),
        leaf_failed=draw(SOMETIMES),
    )


def _in_order(tasks, order):
    """The same graph, with its tasks in another order."""
    position = {number: order.index(number) for number in order} | {None: None}
    return tuple(_renumbered(tasks[number], position) for number in order)


def _renumbered(task, position):
    fan_out, when = task.fan_out, task.when
    return replace(
        task,
        needs=tuple(position[need] for need in task.needs),
        reads=position[task.reads],
        either=tuple(position[number] for number in task.either),
        asks=position[task.asks],
        when=when and replace(when, asked=position[when.asked]),
        fan_out=fan_out and replace(fan_out, listed_by=position[fan_out.listed_by], same_as=position[fan_out.same_as]),
    )


@st.composite
def _task(draw, earlier, slots):
    """A task that may depend on `earlier` ones."""
    kind = draw(st.sampled_from(["pod", "pod", "pod", "fan-out", "fan-out", "approval"]))
    final = kind != "approval" and draw(SOMETIMES)
    others = [number for number, task in enumerate(earlier) if task.final == final]
    needs = draw(st.lists(st.sampled_from(others), max_size=3, unique=True)) if others else []
    pod_fields = {} if kind == "approval" else _pod_fields(draw, earlier, others, slots)
    fan_out = draw(_fan_out(earlier, others)) if kind == "fan-out" else None
    if fan_out is not None:
        needs = [need for need in needs if need != fan_out.same_as]
        pod_fields["programs"] = draw(FEW | SENSORS.map(lambda program: (program,)))
    if pod_fields.get("once"):  # nothing of it is tried again
        pod_fields |= {"limit": 0, "once": all(program.poll is None for program in pod_fields["programs"])}
    run_if = draw(st.sampled_from(RULES)) if needs and draw(st.booleans()) else None
    if kind != "approval":
        asked = range(len(earlier)) if final else others
        leader = fan_out.same_as if fan_out is not None else None
        pod_fields |= _asks(draw, earlier, [n for n in asked if n != leader], run_if, final=final)
    return Task(
        needs=tuple(needs),
        allow_failure=draw(SOMETIMES),
        final=final,
        when=_when(draw, range(len(earlier)) if final else others, is_fan_out=fan_out is not None),
        fan_out=fan_out,
        run_if=run_if,
        approval=draw(APPROVALS) if kind == "approval" else None,
        **pod_fields,
    )


def _pod_fields(draw, earlier, others, slots):
    with_outputs = [number for number in others if earlier[number].lists is not None]
    return {
        "programs": draw(ONE),
        "limit": draw(st.integers(0, 2)),
        "once": draw(SOMETIMES),
        "reads": draw(st.sampled_from(with_outputs)) if with_outputs and draw(SOMETIMES) else None,
        "lists": draw(st.none() | st.integers(0, 4)),
        "default": (default := draw(SOMETIMES)),
        "silent": default and draw(st.booleans()),
        "by_log": draw(SOMETIMES),
        "priority": draw(st.integers(0, 2)),
        "slots": draw(st.integers(0, slots)),
    }


def _asks(draw, earlier, others, run_if, *, final):
    """What it reads of `others` that need not have succeeded."""
    with_outputs = [number for number in others if earlier[number].lists is not None]
    several = run_if not in (None, "AllSkipped")  # more than one answer
    open_ = [
        n for n in others if several or (final and not earlier[n].final) or (earlier[n].allow_failure and not run_if)
    ]
    either = draw(st.lists(st.sampled_from(with_outputs), min_size=1, max_size=2, unique=True)) if with_outputs else []
    return {
        "either": tuple(either) if draw(SOMETIMES) else (),
        "or_text": len(either) == 1 or draw(st.booleans()),
        "asks": draw(st.sampled_from(open_)) if open_ and draw(SOMETIMES) else None,
    }


@st.composite
def _fan_out(draw, earlier, others):
    lists = [n for n in others if earlier[n].lists is not None and earlier[n].fan_out is None]
    leaders = [n for n in others if earlier[n].fan_out is not None]
    sources = ["count"] + ["listed"] * bool(lists) + ["same", "same"] * bool(leaders)
    source = draw(st.sampled_from(sources))
    return FanOut(
        count=draw(st.integers(0, 5)) if source == "count" else 0,
        listed_by=draw(st.sampled_from(lists)) if source == "listed" else None,
        same_as=draw(st.sampled_from(leaders)) if source == "same" else None,
        parallelism=draw(st.none() | st.integers(1, 3)),
        min_success=draw(MIN_SUCCESS),
    )


def _when(draw, others, *, is_fan_out):
    kinds = ["false", "mistake"] + ["phase"] * 3 * bool(others) + ["item"] * 3 * is_fan_out
    if not draw(SOMETIMES):
        return None
    kind = draw(st.sampled_from(kinds))
    if kind == "phase":
        return When(kind, draw(st.sampled_from(ENDS)), draw(st.sampled_from(others)))
    return When(kind, "".join(draw(st.lists(st.sampled_from("01234"), max_size=4))) if kind == "item" else "")
