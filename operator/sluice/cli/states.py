"""How the state of a run or a task is displayed: a sign and a word, so that colour carries no information."""

from dataclasses import dataclass

from sluice.cli.printable import printable


@dataclass(frozen=True, slots=True)
class State:
    """`colour` is one of rich's."""

    word: str
    sign: str
    colour: str


SUCCEEDED = State("Succeeded", "✔", "green")
FAILED = State("Failed", "✖", "red")
RUNNING = State("Running", "●", "cyan")
PENDING = State("Pending", "◌", "yellow")  # held back by a limit or by the cluster
WAITING = State("Waiting", "○", "bright_black")  # for its dependencies
UPSTREAM_FAILED = State("UpstreamFailed", "⊘", "magenta")
SKIPPED = State("Skipped", "»", "bright_black")
STOPPED = State("Stopped", "■", "magenta")
SUSPENDED = State("Suspended", "■", "yellow")  # runs only

ENDED = frozenset({"Succeeded", "Failed", "Stopped"})
"""The phases of a run that has ended: as `api.run.has_ended`, without what that module loads."""

_STATES = {
    state.word: state for state in (SUCCEEDED, FAILED, RUNNING, PENDING, UPSTREAM_FAILED, SKIPPED, STOPPED, SUSPENDED)
}


def state_of_task(phase: str, reason: str, *, waits: bool) -> State:
    """That of a task, by its entry in the status. `waits`: it depends on others."""
    state = state_of(phase or "Pending")
    if state is PENDING and (reason.startswith("WaitingFor") or (waits and not reason)):
        return WAITING
    return state


def state_of(phase: str) -> State:
    """The state of a phase. An unknown one, from a newer operator, is shown by its name."""
    return _STATES.get(phase) or State(printable(phase), "?", "default")
