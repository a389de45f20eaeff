"""What people call a run, a task or an item, and which run they mean.

    etl             the run of this name, else the newest run of the Workflow etl
    etl~1           the run before that, by creation; child runs do not count
    run/etl         the run, workflow/etl the Workflow's newest run, whatever else has this name
    pool/warehouse  a Pool; backfill/march a Backfill
    etl/load        its task load
    etl/load[17]    the item 17 of it, counted from 0

No name at all means the newest run of the namespace.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sluice.client.errors import ClientError
from sluice.client.table import TableRow
from sluice.core.base.ownership import attempt_of
from sluice.core.base.text import did_you_mean

_NAME = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
_TARGET = re.compile(rf"(?P<name>{_NAME})(~(?P<back>[0-9]{{1,6}}))?(/(?P<task>{_NAME})(\[(?P<item>[0-9]{{1,9}})\])?)?")


class Kind(Enum):
    RUN = "run"
    WORKFLOW = "workflow"
    POOL = "pool"
    BACKFILL = "backfill"


_KINDS = {
    **dict.fromkeys(("run", "workflowrun", "workflowruns", "slr", "workflowruns.sluice.dev"), Kind.RUN),
    **dict.fromkeys(("workflow", "workflows", "slw", "workflows.sluice.dev"), Kind.WORKFLOW),
    **dict.fromkeys(("pool", "pools", "slp", "pools.sluice.dev"), Kind.POOL),
    **dict.fromkeys(("backfill", "backfills", "slb", "backfills.sluice.dev"), Kind.BACKFILL),
}


class BadName(ClientError):
    """Text that is no name of a run, a task or an item, or one that nothing has."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a person has named. Without `kind`, `name` may be a run's or a Workflow's."""

    name: str = ""
    """'' is the newest run of the namespace."""
    kind: Kind | None = None
    back: int = 0
    """So many runs before the newest."""
    task: str = ""
    item: int | None = None


def parse(text: str) -> Target:
    """Raises BadName."""
    if not text:
        return Target()
    first, slash, rest = text.partition("/")
    kind = _KINDS.get(first) if slash else None
    found = _TARGET.fullmatch(rest if kind else text)
    if found is None:
        raise BadName(
            f"'{text}' is no name of a run; write for example etl, etl~1, run/NAME, workflow/NAME, etl/TASK "
            "or etl/TASK[17]"
        )
    back, item = found["back"], found["item"]
    if back and kind not in (None, Kind.WORKFLOW):
        raise BadName(f"'{text}': ~{back} counts the runs of a Workflow; write {found['name']}~{back}")
    return Target(found["name"], kind, int(back or 0), found["task"] or "", None if item is None else int(item))


def is_child(run: TableRow) -> bool:
    """Was it made by a task of another run?"""
    return attempt_of(run.metadata) is not None


def newest_first(runs: Iterable[TableRow]) -> list[TableRow]:
    """The runs that `~N` counts: without child runs, and without those that are being deleted."""
    counted = [run for run in runs if not is_child(run) and "deletionTimestamp" not in run.metadata]
    return sorted(counted, key=lambda run: (run.metadata["creationTimestamp"], run.name), reverse=True)


def pick(target: Target, runs: Iterable[TableRow], workflows: Iterable[str] = ()) -> str:
    """The name of the run that is meant, of the runs of a namespace.

    `workflows` are the names of the Workflows, for those that have no run. Raises BadName if there is no such run.
    """
    runs = list(runs)
    if target.kind is not Kind.WORKFLOW and not target.back and any(run.name == target.name for run in runs):
        return target.name
    if target.kind is not Kind.RUN:
        of = [run for run in newest_first(runs) if target.name in ("", run.cell("Workflow"))]
        if target.back < len(of):
            return of[target.back].name
        if of:
            runs_there = "1 run" if len(of) == 1 else f"{len(of)} runs"
            raise BadName(f"Workflow {target.name} has only {runs_there}; the oldest is {of[-1].name}")
    raise BadName(_nothing(target, runs, set(workflows)))


def _nothing(target: Target, runs: list[TableRow], workflows: set[str]) -> str:
    if not target.name:
        return "there is no run in this namespace; to start one: sluice run WORKFLOW"
    if target.name in workflows and target.kind is not Kind.RUN:
        return f"Workflow {target.name} has no run yet; to start one: sluice run {target.name}"
    known = {run.name for run in runs} if target.kind is not Kind.WORKFLOW else set()
    if target.kind is not Kind.RUN:
        known |= workflows | {run.cell("Workflow") for run in runs}
    kinds = {Kind.RUN: "run", Kind.WORKFLOW: "Workflow"}
    what = kinds.get(target.kind, "run or Workflow") if target.kind else "run or Workflow"
    return f"no {what} is called '{target.name}'{did_you_mean(target.name, sorted(known))}"


def check_task(task: str, tasks: Iterable[str]) -> str:
    """The task's name, if it is one of the run's. Raises BadName."""
    known = set(tasks)
    if task not in known:
        raise BadName(f"no task is called '{task}'{did_you_mean(task, sorted(known))}")
    return task
