"""Why a task or an item of a fan-out is not running; or how it ended."""

from sluice.api.run import TaskPhase
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.times import lasting
from sluice.core.explain import durations
from sluice.core.explain.advice import advice, first_word
from sluice.core.explain.answer import Answer, Command, lines
from sluice.core.explain.attempts import attempts
from sluice.core.explain.fits import fits, waits_for_room
from sluice.core.explain.holders import frees, held_by
from sluice.core.explain.line import freeing, place
from sluice.core.explain.seen import RunSeen, items_of, words_of_pods
from sluice.core.explain.spent import where_time_went

_HEADS: dict[TaskPhase, str] = {
    "Pending": "is not running",
    "Running": "is running",
    "Succeeded": "has succeeded",
    "Failed": "has failed",
    "UpstreamFailed": "was not run",
    "Skipped": "was skipped",
    "Stopped": "was stopped",
}


def explain_task(seen: RunSeen, task: str, item: int | None = None) -> Answer:
    """`task` is one of the run's. Whether it has such an item is known once the items are counted."""
    whole = seen.entries.get(task, {"phase": "Pending"})
    entry = whole if item is None else _item(whole, item)
    shown = task if item is None else f"{task}[{item}]"
    phase, reason = entry["phase"], foreign.string(entry.get("reason")) or _before_the_start(seen, entry)
    advised = advice(reason) if reason else None
    return Answer(
        head=f"{shown} of {seen.name} {_HEADS[phase]}.",
        lines=lines(
            ("now" if phase in ("Pending", "Running") else "ended", reason),
            ("says", foreign.string(entry.get("message"))),
            ("held by", held_by(seen.held, seen.now)),
            ("frees", frees(seen.held) if seen.held else ""),
            ("in line", place(seen, task, reason)),
            ("attempts", _attempts(entry)),
            ("took" if "finishedAt" in entry else "so far", _took(seen, entry)),
            ("items", foreign.string(entry.get("progress"))),
            ("cluster", words_of_pods(seen, _pods(seen, task, item, entry)) if phase in ("Pending", "Running") else ""),
            ("takes", durations.of_task(seen, task) if phase in ("Pending", "Running") else ""),
            ("time", where_time_went(seen, task, item)),
            ("next", advised.words if advised else ""),
            ("then", fits(seen, task)),
        ),
        commands=_commands(seen, task, shown, entry, reason),
        unseen=_unseen(seen, task, reason),
    )


def _item(whole: Json, item: int) -> Json:
    """As an entry of its own. Why it does not run is known of the first such item only."""
    found = items_of(whole).get(item, {"phase": "Pending"})
    failures = foreign.mappings(foreign.mapping(whole.get("items")).get("failures"))
    words = [foreign.string(failure.get("message")) for failure in failures if failure.get("index") == item]
    if found["phase"] == "Pending" and (reason := foreign.string(whole.get("reason"))):
        found = {**found, "reason": reason}
    return {**found, "message": words[0]} if words else found


def _before_the_start(seen: RunSeen, entry: Json) -> str:
    """A run that has not started has no reason for each of its tasks."""
    if entry["phase"] != "Pending":
        return ""
    return seen.message or f"its run is {seen.phase}"


def _attempts(entry: Json) -> str:
    attempt, retries = entry.get("attempt", 0), entry.get("retries", {})
    parts = [f"{attempt}"] if attempt > 1 else []
    for key, whose in (("limit", "retries of its own"), ("infrastructure", "for the cluster's sake")):
        if count := retries.get(key):
            parts.append(f"{count} {whose}")
    if "exitCode" in entry:
        parts.append(f"the last ended with exit code {entry['exitCode']}")
    return ", ".join(parts)


def _took(seen: RunSeen, entry: Json) -> str:
    took_s = seen.took_s(entry)
    return "" if took_s is None else lasting(took_s)


def _pods(seen: RunSeen, task: str, item: int | None, entry: Json) -> list[str]:
    """The names of its pods that are there."""
    found = [foreign.string(entry.get("pod"))] if entry.get("pod") else []
    return found + [pod.name for pods in attempts(seen, task, item).values() for pod in pods]


def _commands(seen: RunSeen, task: str, shown: str, entry: Json, reason: str) -> tuple[Command, ...]:
    if entry["phase"] == "Failed":
        return (
            Command(("sluice", "logs", f"{seen.name}/{shown}"), "shows its log"),
            Command(("sluice", "retry", seen.name), "keeps what succeeded and runs the rest"),
        )
    if child := foreign.string(entry.get("run")):
        return (Command(("sluice", "why", f"run/{child}"), "tells of the run that it waits for"),)
    if first_word(reason) == "WaitingFor" and (waits_for := _open_dependency(seen, task)):
        return (Command(("sluice", "why", f"{seen.name}/{waits_for}"), "tells what that one waits for"),)
    if first_word(reason) == "Pool":
        return freeing(seen, reason)
    return _advised(seen, shown, entry, reason)


def _advised(seen: RunSeen, shown: str, entry: Json, reason: str) -> tuple[Command, ...]:
    found = advice(reason)
    pod = foreign.string(entry.get("pod"))
    if not reason or not found.command or ("{pod}" in found.command and not pod):
        return ()
    filled = (part.replace("{run}", seen.name).replace("{task}", shown).replace("{pod}", pod) for part in found.command)
    return (Command(tuple(filled), found.effect),)


def _open_dependency(seen: RunSeen, task: str) -> str:
    """The first that has not ended, one that runs before one that waits itself; empty if there is none."""
    phases = {name: seen.entries.get(name, {"phase": "Pending"})["phase"] for name in seen.depends_on.get(task, ())}
    going = [name for wanted in ("Running", "Pending") for name, phase in phases.items() if phase == wanted]
    return going[0] if going else ""


def _unseen(seen: RunSeen, task: str, reason: str) -> tuple[str, ...]:
    missing = []
    if seen.graph is None:
        missing.append("the run's graph (controllerrevisions): what it waits for, and expectedDuration")
    if seen.pools is None and first_word(reason) == "Pool":
        missing.append("Pools: the place in line")
    if seen.events is None:
        missing.append("events: what the cluster says about its pod")
    if seen.nodes is None and waits_for_room(seen, task):
        missing.append("nodes and the pods on them: where it fits")
    return tuple(missing)
