"""How many runs a Backfill makes: of the times of its range, those that are not left out because they have a run."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from statistics import median

from sluice.api.backfill import BackfillSpec
from sluice.api.workflow import WorkflowSettings
from sluice.cli.durations import lasting
from sluice.cli.words import counted
from sluice.client.errors import ClientError
from sluice.client.table import TableRow
from sluice.core import Instant, Json
from sluice.core.base.naming import first_of_time, scheduled_run_name
from sluice.core.base.times import rfc3339
from sluice.core.triggers.backfill import Backfill, RunOfTime, backfill_schedule, is_passed_over
from sluice.core.triggers.schedule import Schedule
from sluice.core.validation import backfill_faults


@dataclass(frozen=True, slots=True)
class Count:
    """`times` are in the range, of which `left_out` have a run already."""

    times: int
    left_out: int

    def words(self, spec: BackfillSpec) -> str:
        runs = self.times - self.left_out
        good = "a good run" if spec.rerun == "Failed" else "a run"
        have = f", {self.left_out} {'has' if self.left_out == 1 else 'have'} {good} already" if self.left_out else ""
        order = "newest first" if spec.order == "NewestFirst" else "oldest first"
        return f"{counted(self.times, 'time')}{have}: {counted(runs, 'run')}, {spec.max_runs or 1} at a time, {order}."

    def guess(self, spec: BackfillSpec, earlier_s: Sequence[float], parallelism: int | None) -> str:
        """`About 1h22m, by 5 kept runs; at most 64 pods.`, as far as it is known. `earlier_s` is how long runs took."""
        runs, at_a_time = self.times - self.left_out, spec.max_runs or 1
        parts = []
        if runs and earlier_s:
            lasts_s = ceil(runs / at_a_time) * median(earlier_s)
            parts.append(f"about {lasting(lasts_s)}, by {counted(len(earlier_s), 'kept run')}")
        if runs and parallelism is not None:
            parts.append(f"at most {counted(min(runs, at_a_time) * parallelism, 'pod')}")
        words = "; ".join(parts)
        return f" {words[0].upper()}{words[1:]}." if words else ""


def moment(text: str, settings: WorkflowSettings) -> str:
    """A day begins at midnight in the time zone of the schedule; anything else is taken as it is."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text) or settings.schedule is None:
        return f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text
    try:
        day = datetime.fromisoformat(text).replace(tzinfo=Schedule.of(settings.schedule).zone)
    except ValueError:
        return text  # 2026-02-30: the fault says so
    return rfc3339(day.timestamp())


def count(manifest: Json, workflow: Json, runs: Iterable[TableRow], now: Instant) -> Count:
    """`manifest` is the Backfill's. Raises ClientError with its faults."""
    settings = WorkflowSettings.read_usable(workflow["spec"])
    faults = backfill_faults(manifest, settings, now)
    spec = BackfillSpec.read_usable(manifest["spec"]) if not faults else None
    schedule = None if spec is None else backfill_schedule(spec, settings)
    if spec is None or schedule is None:
        raise ClientError("\n".join(map(str, faults)))
    there = _by_time(runs)
    uid = workflow["metadata"]["uid"]
    times = list(Backfill.of(spec, schedule).times())
    found = (sorted(there.get(scheduled_run_name(spec.workflow, uid, time), ()), key=_number) for time in times)
    return Count(len(times), sum(is_passed_over(spec.rerun or "None", of_time) for of_time in found))


def _by_time(runs: Iterable[TableRow]) -> dict[str, list[RunOfTime]]:
    """By the name of a time's first run."""
    found: dict[str, list[RunOfTime]] = {}
    for run in runs:
        first, number = first_of_time(run.name)
        deleting = "deletionTimestamp" in run.metadata
        found.setdefault(first, []).append(RunOfTime(number, run.name, run.cell("Phase"), deleting=deleting))
    return found


def _number(run: RunOfTime) -> int:
    return run.number
