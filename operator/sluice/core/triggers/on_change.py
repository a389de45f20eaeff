"""When a Workflow runs by itself: once when first seen, and again for each change of its graph.

`lastRun` in the Workflow's status records the last revision that had its run, and what that did (`change`), so a run
that was deleted is not made again, and applying the same manifest again, or with another description, starts nothing.

`trigger: Manual` records each revision without a run, so going back to OnChange starts nothing until the next change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from sluice.api.workflow import LastRun, WorkflowSettings
from sluice.core import Json
from sluice.core.quota.run_concurrency import Concurrency

OnFirstSight = Literal["Run", "Adopt"]


@dataclass(frozen=True, slots=True)
class RunMark:
    """The last revision that was due, and the generation that asked for it. `run` is None if none was made for it;
    `change` if an older operator wrote the mark.
    """

    generation: int
    revision: str
    run: str | None
    change: str | None = None

    @classmethod
    def of(cls, last: LastRun | None) -> "RunMark | None":
        """From a Workflow's `status.lastRun`."""
        return None if last is None else cls(last.generation, last.revision, last.name, last.change)

    def written(self) -> Json:
        rest = {"name": self.run, "change": self.change}
        return {"generation": self.generation, "revision": self.revision} | {k: v for k, v in rest.items() if v}


@dataclass(frozen=True, slots=True)
class OwnRun:
    """A run that the Workflow made, with the generation of the Workflow that it was made for, its revision, and what
    that did; empty if an older operator made it.
    """

    name: str
    generation: int
    revision: str
    change: str = ""


def due_run(
    *,
    generation: int,
    revision: str,
    change: str,
    run_name: str,
    manual: bool,
    mark: RunMark | None,
    runs: Iterable[OwnRun],
    on_first_sight: OnFirstSight,
) -> tuple[RunMark, bool]:
    """(the new mark, whether its run is still to be made)."""
    if mark is not None and mark.revision == revision:
        return replace(mark, change=change), False
    if mark is not None and mark.change == change:
        return mark, False
    if manual or (mark is None and on_first_sight == "Adopt"):
        return RunMark(generation, revision, None, change), False
    after = mark.generation if mark else 0
    for run in runs:  # made just before a crash, and not marked
        if run.generation > after and (run.revision == revision or run.change == change):
            return RunMark(run.generation, run.revision, run.name, change), False
    return RunMark(generation, revision, run_name, change), True


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The run that the mark names, as it stands. `resumes_from` is the run that it kept something of."""

    name: str
    finished: bool
    started: bool
    resumes_from: str | None = None


def run_to_resume(settings: WorkflowSettings, last: Predecessor | None) -> str | None:
    """The run that the next one resumes from: with `onChange.reuse: Unchanged` the last one or, if that gives way
    without having started, the run that it would have resumed from. None to start afresh.
    """
    if settings.on_change is None or settings.on_change.reuse != "Unchanged" or last is None:
        return None
    gives_way = last.finished or Concurrency.of(settings).policy is None
    return last.resumes_from if gives_way and not last.started else last.name
