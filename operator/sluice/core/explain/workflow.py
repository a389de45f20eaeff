"""Why a Workflow has no run that goes: it was refused, is suspended, or waits."""

from collections.abc import Iterator
from dataclasses import dataclass

from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.text import first_names
from sluice.core.base.times import instant, lasting
from sluice.core.explain.answer import Answer, Command, Fact, lines

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class WorkflowSeen:
    """A Workflow, and its runs that have not ended, the newest first, with their phase and what they say."""

    workflow: Json
    now: Instant
    going: tuple[tuple[str, str, str], ...] = ()


def explain_workflow(seen: WorkflowSeen) -> Answer:
    name = foreign.string(foreign.mapping(seen.workflow.get("metadata")).get("name"))
    spec, status = foreign.mapping(seen.workflow.get("spec")), foreign.mapping(seen.workflow.get("status"))
    accepted = _accepted(status)
    if accepted.get("status") == "False":
        return _refused(name, foreign.string(accepted.get("message")))
    if seen.going:
        return _going(name, seen)
    waits = foreign.string(accepted.get("message"))
    return Answer(
        head=f"Workflow {name} has no run that goes.",
        lines=(
            *lines(("now", waits or ("" if status else "the operator has not looked at it yet"))),
            *_starts(spec, status, seen.now),
            *_last_run(status),
        ),
        commands=tuple(_commands(name, spec, status)),
    )


def _accepted(status: Json) -> Json:
    return next((c for c in foreign.mappings(status.get("conditions")) if c.get("type") == "Accepted"), {})


def _refused(name: str, message: str) -> Answer:
    """With every fault."""
    faults = tuple(Fact("fault", fault) for fault in message.splitlines())
    show = Command(("kubectl", "edit", "workflows.sluice.dev", name), "mends it; sluice lint FILE checks a file before")
    return Answer(f"Workflow {name} was refused, and makes no run.", faults, (show,))


def _going(name: str, seen: WorkflowSeen) -> Answer:
    runs = tuple(
        Fact("run", f"{run}: {phase}{f', {words}' if words else ''}") for run, phase, words in seen.going[:_SHOWN]
    )
    more = len(seen.going) - len(runs)
    return Answer(
        head=f"Workflow {name} has {len(seen.going)} {'run' if len(seen.going) == 1 else 'runs'} not ended.",
        lines=(*runs, *lines(("", f"and {more} more" if more else ""))),
        commands=(Command(("sluice", "why", f"run/{seen.going[0][0]}"), "tells of the newest"),),
    )


def _starts(spec: Json, status: Json, now: Instant) -> Iterator[Fact]:
    """What makes it run."""
    schedule, after = foreign.mapping(spec.get("schedule")), foreign.mappings(spec.get("after"))
    if schedule.get("suspend") is True:
        yield Fact("waits", "its schedule is suspended")
    elif schedule:
        yield Fact("waits", _next(foreign.string(status.get("nextScheduleTime")), now))
    if after:
        names = [foreign.string(each.get("workflow")) for each in after]
        since = {mark.get("workflow"): mark.get("since") for mark in foreign.mappings(status.get("after"))}
        told = [f"{name} (since {since[name]})" if since.get(name) else name for name in names]
        yield Fact("waits", f"for a success of each of {first_names(told, len(told), _SHOWN)}")
    if pending := foreign.string(status.get("pendingRun")):
        yield Fact("next", f"run {pending} is made")
    if spec.get("trigger") == "Manual":
        yield Fact("waits", "trigger: Manual, so it runs only when somebody starts it")
    elif not schedule and not after:
        yield Fact("waits", "for a change of what it does (trigger: OnChange)")


def _next(time: str, now: Instant) -> str:
    at = instant(time)
    if at is None:
        return "its schedule has no further time"
    return f"for its schedule: next at {time}" + (f", in {lasting(at - now)}" if at > now else ", which is due")


def _last_run(status: Json) -> Iterator[Fact]:
    last = foreign.string(foreign.mapping(status.get("lastRun")).get("name"))
    if last:
        yield Fact("last run", f"{last}: {foreign.string(status.get('phase'))}")


def _commands(name: str, spec: Json, status: Json) -> Iterator[Command]:
    if foreign.mapping(spec.get("schedule")).get("suspend") is True:
        yield Command(("sluice", "resume", name, "--schedule"), "lets the schedule go on")
    yield Command(("sluice", "run", name), "runs it now")
    if foreign.string(status.get("phase")) == "Failed":
        yield Command(("sluice", "why", name), "tells why its newest run failed")
