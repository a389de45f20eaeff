"""Why a run does not go on, where its time goes, or how it ended."""

from collections import Counter
from collections.abc import Iterator

from sluice.core.base import foreign
from sluice.core.base.text import first_names
from sluice.core.base.times import instant, lasting
from sluice.core.explain import durations
from sluice.core.explain.advice import advice, first_word
from sluice.core.explain.answer import Answer, Command, Fact, lines
from sluice.core.explain.holders import frees, held_by
from sluice.core.explain.line import freeing
from sluice.core.explain.seen import RunSeen
from sluice.core.run.waiting_reasons import NO_OBSTACLE

_SHOWN = 5
_NOT_RUN = ("UpstreamFailed", "Pending", "Stopped")


def explain_run(seen: RunSeen) -> Answer:
    match seen.phase:
        case "Failed":
            return _failed(seen)
        case "Running" | "Suspended":
            return _going(seen)
        case "Succeeded" | "Stopped":
            return _ended(seen)
        case _:
            return _pending(seen)


def _failed(seen: RunSeen) -> Answer:
    if _refused(seen):
        faults = tuple(Fact("fault", fault) for fault in seen.message.splitlines())
        return Answer(f"{seen.name} was refused, and has not started.", faults)
    retry = Command(("sluice", "retry", seen.name), "keeps what succeeded and runs the rest")
    failed = _in_order_of_failure(seen)
    if not failed:
        facts = (("says", seen.message), ("time", _time(seen)))
        return Answer(f"{seen.name} has failed{_after(seen)}.", lines(*facts), (retry,), _unseen(seen))
    first = failed[0]
    entry = seen.entries[first]
    items = foreign.mapping(entry.get("items"))
    failures = foreign.mappings(items.get("failures"))
    item = foreign.integer(failures[0].get("index")) if failures else None
    shown = first if item is None else f"{first}[{item}]"
    last_words = foreign.string(failures[0].get("message")) if failures else foreign.string(entry.get("message"))
    at = foreign.string(entry.get("finishedAt"))
    not_run = [name for name, each in seen.entries.items() if each["phase"] in _NOT_RUN]
    return Answer(
        head=f"{seen.name} has failed{_after(seen)}: {shown} failed first.",
        lines=lines(
            ("failed", f"{foreign.string(entry.get('reason'))}{f' at {at}' if at else ''}".strip()),
            ("attempts", _attempts(entry.get("attempt"), entry.get("exitCode"))),
            ("items", foreign.string(entry.get("progress"))),
            ("says", last_words),
            ("also", first_names(failed[1:], len(failed) - 1, _SHOWN)),
            ("not run", first_names(not_run, len(not_run), _SHOWN)),
            ("next", advice(foreign.string(entry.get("reason"))).words),
            ("time", _time(seen)),
        ),
        commands=(Command(("sluice", "logs", f"{seen.name}/{shown}"), "shows its log"), retry),
        unseen=_unseen(seen),
    )


def _in_order_of_failure(seen: RunSeen) -> list[str]:
    """The tasks that failed, those whose failure the Workflow forgives last."""
    failed = [name for name, entry in seen.entries.items() if entry["phase"] == "Failed"]

    def order(name: str) -> tuple[bool, float]:
        forgiven = seen.definitions.get(name, {}).get("allowFailure") is True
        return forgiven, instant(seen.entries[name].get("finishedAt")) or float("inf")

    return sorted(failed, key=order)


def _attempts(attempt: int | None, exit_code: int | None) -> str:
    if not attempt:
        return ""
    ended = "" if exit_code is None else f", the last ended with exit code {exit_code}"
    return f"{attempt}{ended}"


def _going(seen: RunSeen) -> Answer:
    running = [name for name, entry in seen.entries.items() if entry["phase"] == "Running"]
    suspended = seen.phase == "Suspended"
    return Answer(
        head=f"{seen.name} is {'suspended' if suspended else 'running'}{_progress(seen)}.",
        lines=(
            *lines(("running", f"{len(running)}: {first_names(running, len(running), _SHOWN)}" if running else "")),
            *_reasons(seen),
            *lines(
                ("time", _time(seen)),
                ("so far", _lasting(seen)),
                ("may take", durations.of_run(seen)),
                ("next", "it starts no further task until it is resumed" if suspended else ""),
            ),
        ),
        commands=_letting_go_on(seen),
        unseen=_unseen(seen),
    )


def _waiting(seen: RunSeen) -> dict[str, str]:
    """The reasons of the tasks that have not ended, by task."""
    going = {name: entry for name, entry in seen.entries.items() if entry["phase"] in ("Pending", "Running")}
    return {name: reason for name, entry in going.items() if (reason := foreign.string(entry.get("reason")))}


def _reasons(seen: RunSeen) -> list[Fact]:
    """One line for each first word, with the reason of the first such task: obstacles first, then the most frequent."""
    reasons = _waiting(seen)
    counted = Counter(map(first_word, reasons.values()))
    found = []
    for word, count in sorted(counted.items(), key=lambda each: (each[0] in NO_OBSTACLE, -each[1]))[:_SHOWN]:
        task, reason = next((task, reason) for task, reason in reasons.items() if first_word(reason) == word)
        more = f" (and {count - 1} more)" if count > 1 else ""
        found.append(Fact("waits", f"{task}: {reason}{more}"))
    return found


def _letting_go_on(seen: RunSeen) -> tuple[Command, ...]:
    """Of what holds the run up: its suspension, a question, a Pool, a child run, or the task that it is at."""
    if seen.phase == "Suspended":
        return (Command(("sluice", "resume", seen.name), "lets the run go on"),)
    reasons = _waiting(seen)
    for task, reason in reasons.items():
        if first_word(reason) == "Approval":
            return (Command(("sluice", "approve", f"{seen.name}/{task}"), "approves; --reject says no"),)
    for task, reason in reasons.items():
        if first_word(reason) == "Pool":
            return freeing(seen, reason) or (Command(("sluice", "why", f"{seen.name}/{task}"), "tells more"),)
    for task, reason in reasons.items():
        if first_word(reason) not in NO_OBSTACLE:
            return (Command(("sluice", "why", f"{seen.name}/{task}"), "tells more"),)
    return ()


def _ended(seen: RunSeen) -> Answer:
    stopped = seen.phase == "Stopped"
    replaced_by = foreign.string(seen.status.get("replacedBy"))
    not_run = [name for name, each in seen.entries.items() if each["phase"] in _NOT_RUN] if stopped else []
    retry = Command(("sluice", "retry", seen.name), "keeps what succeeded and runs the rest")
    return Answer(
        head=f"{seen.name} {'was stopped' if stopped else 'has succeeded'}{_after(seen)}{_progress(seen)}.",
        lines=lines(
            ("says", seen.message),
            ("for", f"run {replaced_by}" if replaced_by else ""),
            ("not run", first_names(not_run, len(not_run), _SHOWN)),
            ("time", _time(seen)),
        ),
        commands=(retry,) if stopped else (),
        unseen=(),
    )


def _pending(seen: RunSeen) -> Answer:
    """It has not started: it waits for its turn, for a Pool, or for what it names to come."""
    told = seen.message or "the operator has not looked at it yet"
    first = told.partition("\n")[0]
    return Answer(
        head=f"{seen.name} has not started.",
        lines=(
            *lines(
                ("now", told),
                ("held by", held_by(seen.held, seen.now)),
                ("frees", frees(seen.held) if seen.held else ""),
                ("next", advice(first).words),
                ("may take", durations.of_run(seen)),
            ),
        ),
        commands=(*freeing(seen, first), *_before_it(seen, first)),
        unseen=() if seen.pools is not None else ("Pools: who holds what it may wait for",),
    )


def _before_it(seen: RunSeen, reason: str) -> Iterator[Command]:
    if seen.workflow and first_word(reason) == "Queued":
        yield Command(("sluice", "why", f"workflow/{seen.workflow}"), "tells which of its runs go before")


def _refused(seen: RunSeen) -> bool:
    conditions = foreign.mappings(seen.status.get("conditions"))
    return any(c.get("type") == "Accepted" and c.get("status") == "False" for c in conditions)


def _progress(seen: RunSeen) -> str:
    progress = foreign.string(seen.status.get("progress"))
    return f", {progress}" if progress else ""


def _lasting(seen: RunSeen) -> str:
    took_s = seen.took_s(seen.status)
    return "" if took_s is None else lasting(took_s)


def _after(seen: RunSeen) -> str:
    took = _lasting(seen)
    return f" after {took}" if took else ""


def _time(seen: RunSeen) -> str:
    return durations.where_it_went(seen.status.get("time"))


def _unseen(seen: RunSeen) -> tuple[str, ...]:
    missing = []
    if seen.graph is None:
        missing.append("the run's graph (controllerrevisions): failures that it allows")
    if seen.pools is None:
        missing.append("Pools: who holds what it waits for")
    return tuple(missing)
