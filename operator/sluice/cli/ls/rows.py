"""What `sluice ls` lists: a line for each run, and one for each Workflow that has none going.

Runs that go come first, then such Workflows, then what has ended; in each group the newest first. Runs that a task of
another run has made are left out unless they are asked for.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sluice.cli.printable import printable
from sluice.cli.states import ENDED, FAILED, PENDING, SUSPENDED, WAITING, State, state_of
from sluice.client.names import is_child
from sluice.client.table import TableRow
from sluice.core import Instant
from sluice.core.base.times import instant

_ENDS_SHOWN = 5

IDLE = State("Idle", WAITING.sign, WAITING.colour)
REFUSED = State("Refused", FAILED.sign, FAILED.colour)

STATES = ("Pending", "Running", "Suspended", "Succeeded", "Failed", "Stopped", "Idle", "Refused")
"""What `--state` takes. The last two are of Workflows."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A line about a run."""

    namespace: str
    name: str
    workflow: str
    state: State
    done: str
    """Such as 31/61."""
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    why: str

    @property
    def ended(self) -> bool:
        return self.state.word in ENDED

    def lasted(self, now: Instant) -> float | None:
        """Seconds since it started, or until it ended."""
        return None if self.started_at is None else max(0.0, (self.finished_at or now) - self.started_at)


@dataclass(frozen=True, slots=True)
class Idle:
    """A line about a Workflow of which no run goes."""

    namespace: str
    name: str
    state: State
    next_at: Instant | None
    ends: tuple[State, ...]
    """How its last runs ended, the newest last."""
    why: str

    @property
    def workflow(self) -> str:
        return self.name


Line = RunLine | Idle


def lines(
    workflows: Sequence[TableRow],
    runs: Iterable[TableRow],
    chosen: Iterable[TableRow] | None = None,
    *,
    children: bool = False,
    states: Collection[str] = (),
) -> list[Line]:
    """`runs` are all there are. With `chosen`, those are listed and the runs of `workflows`. `states` are words of
    `STATES`, none for all.
    """
    listed = [_run(row) for row in runs if children or not is_child(row)]
    listed.sort(key=lambda run: (run.created_at, run.name), reverse=True)
    ended: dict[tuple[str, str], list[RunLine]] = {}
    busy = set()
    for run in listed:
        place = (run.namespace, run.workflow)
        if run.ended:
            ended.setdefault(place, []).append(run)
        else:
            busy.add(place)
    idle = [_idle(row, ended.get((row.namespace, row.name), ())) for row in workflows if _place(row) not in busy]
    idle.sort(key=lambda workflow: (workflow.namespace, workflow.name))
    found: list[Line] = [run for run in listed if not run.ended]
    found += idle
    found += [run for run in listed if run.ended]
    if chosen is not None:
        by_themselves, by_workflow = set(map(_place, chosen)), set(map(_place, workflows))
        found = [
            line
            for line in found
            if (line.namespace, line.name) in by_themselves or (line.namespace, line.workflow) in by_workflow
        ]
    return [line for line in found if not states or line.state.word in states]


def _place(row: TableRow) -> tuple[str, str]:
    return row.namespace, row.name


def _run(row: TableRow) -> RunLine:
    return RunLine(
        namespace=row.namespace,
        name=printable(row.name),
        workflow=printable(row.cell("Workflow")),
        state=state_of(row.cell("Phase") or PENDING.word),
        done=printable(row.cell("Progress")).partition(",")[0],
        created_at=instant(row.metadata.get("creationTimestamp")) or 0.0,
        started_at=instant(row.cell("Started At")),
        finished_at=instant(row.cell("Finished At")),
        why=_first_line(row.cell("Why")),
    )


def _idle(row: TableRow, ended: Sequence[RunLine]) -> Idle:
    refused, suspended = row.cell("Accepted") == "False", row.cells.get("Suspended") is True
    return Idle(
        namespace=row.namespace,
        name=printable(row.name),
        state=REFUSED if refused else SUSPENDED if suspended else IDLE,
        next_at=instant(row.cell("Next")),
        ends=tuple(run.state for run in reversed(ended[:_ENDS_SHOWN])),
        why=_first_line(row.cell("Why")) if refused else "",
    )


def _first_line(text: str) -> str:
    first, _, rest = text.strip().partition("\n")
    return printable(first) + (" …" if rest else "")
