"""When a Workflow runs by itself: once when first seen, and once more for each change of what it would do.

Existence is not memory. The mark in the Workflow's status (`lastRun`) says which revision has had its run; a run that
was deleted does not come back, and the same manifest applied again finds its revision marked.

`trigger: Manual` moves the mark without a run, so switching it back to OnChange starts nothing until the next change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sluice.api.workflow import LastRun
from sluice.core import Json

OnFirstSight = Literal["Run", "Adopt"]


@dataclass(frozen=True, slots=True)
class RunMark:
    """The last revision that was due, and the generation that asked for it. `run` is None if it was not run."""

    generation: int
    revision: str
    run: str | None

    @classmethod
    def of(cls, last: LastRun | None) -> "RunMark | None":
        """From a Workflow's `status.lastRun`."""
        return None if last is None else cls(last.generation, last.revision, last.name)

    def written(self) -> Json:
        name = {"name": self.run} if self.run else {}
        return {"generation": self.generation, "revision": self.revision, **name}


@dataclass(frozen=True, slots=True)
class OwnRun:
    """A run that the Workflow made: its name, the generation in it, and its revision."""

    name: str
    generation: int
    revision: str


def due_run(
    *,
    generation: int,
    revision: str,
    run_name: str,
    manual: bool,
    mark: RunMark | None,
    runs: Iterable[OwnRun],
    on_first_sight: OnFirstSight,
) -> tuple[RunMark, bool]:
    """(the mark as it should be, whether its run is still to be made)."""
    if mark is not None and mark.revision == revision:
        return mark, False
    if manual or (mark is None and on_first_sight == "Adopt"):
        return RunMark(generation, revision, None), False
    after = mark.generation if mark else 0
    for run in runs:  # made just before a crash, and not marked
        if run.generation > after and run.revision == revision:
            return RunMark(run.generation, revision, run.name), False
    return RunMark(generation, revision, run_name), True
