"""Why a Backfill makes no run just now, or how it ended."""

from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.text import first_names
from sluice.core.explain.advice import advice
from sluice.core.explain.answer import Answer, Command, lines

_SHOWN = 5
_HEADS = {
    "Refused": "was refused",
    "Running": "is running",
    "Suspended": "is suspended",
    "Succeeded": "has succeeded",
    "Failed": "has failed",
}


def explain_backfill(backfill: Json) -> Answer:
    name = foreign.string(foreign.mapping(backfill.get("metadata")).get("name"))
    status = foreign.mapping(backfill.get("status"))
    phase, message = foreign.string(status.get("phase")), foreign.string(status.get("message"))
    active = [foreign.string(each.get("run")) for each in foreign.mappings(status.get("active"))]
    written = status.get("failedRuns")
    failed = [run for run in written if isinstance(run, str)] if isinstance(written, list) else []
    progress = foreign.string(status.get("progress"))
    waits = phase in ("", "Pending", "Running")
    return Answer(
        head=f"Backfill {name} {_HEADS.get(phase, 'has not begun')}{f', {progress}' if progress else ''}.",
        lines=lines(
            ("now" if waits else "says", message or ("the operator has not looked at it yet" if not phase else "")),
            ("runs", first_names(active, len(active), _SHOWN)),
            ("failed", first_names(failed, foreign.integer(status.get("failed")) or len(failed), _SHOWN)),
            ("next", advice(message).words if waits and message else ""),
        ),
        commands=_commands(name, phase, active, failed),
    )


def _commands(name: str, phase: str, active: list[str], failed: list[str]) -> tuple[Command, ...]:
    if phase == "Suspended":
        return (Command(("sluice", "resume", f"backfill/{name}"), "lets it go on"),)
    if active:
        return (Command(("sluice", "why", f"run/{active[0]}"), "tells of the run that it waits for"),)
    if failed:
        return (Command(("sluice", "why", f"run/{failed[0]}"), "tells why the first of them failed"),)
    return ()
