"""Which runs of a Workflow may be active at a time: `spec.concurrency`.

The answer follows from the Workflow's runs that have not ended and nothing else, so the same LIST gives the same
answer. A run that has started is active until it ends, also while it is Suspended; it never has to wait again. Runs
with different values of `key` do not affect each other.

`Admitted` offers a place that the run may take, once it also has the slots of its pools: it takes both in one step.
Until then it is not active, and runs that others called go before it, so that no caller waits for a run that waits for
the caller. Runs that nobody called do not pass each other.

| policy | a run that finds `maxRuns` active |
|---|---|
| Allow | starts |
| Queue | waits: by priority, then first come, first served. Beyond `maxQueued` the oldest waiting run that the Workflow made gives way to a newer one of its own, and a person's run ends at once |
| Forbid | ends at once |
| Replace | stops the oldest active ones, and starts when they have ended |
| none given | a person's run starts. Of those that the Workflow makes, one is active at a time, and gives way to a newer one as long as none of its containers has started. On a schedule it gives way only until it has started itself, since a slow start must not keep every run from running, and later to one with another graph: who mends a broken run need not wait for it |

With a schedule, Queue without `maxQueued` lets only the newest of the Workflow's own runs wait: no queue must pile up
behind a stuck run. What holds for a schedule holds for `after` too.

A run that is rejected ends Stopped, not Failed: nothing of it has run, so nothing has failed.
"""  # noqa: E501  # a row of a table is one line

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sluice.api.workflow import Policy, WorkflowSettings
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.text import as_json
from sluice.core.graph.placeholders import TooLong, fill
from sluice.core.pod.view import PodView
from sluice.core.spec.parameter import texts

_KEY_KEPT = 253
"""Characters."""


@dataclass(frozen=True, slots=True)
class Concurrency:
    """A Workflow's `concurrency`. `policy` is None where there is none."""

    policy: Policy | None = None
    max_runs: int = 1
    max_queued: int | None = None
    key: str = ""
    scheduled: bool = False
    """Has the Workflow a `schedule` or an `after`?"""

    @classmethod
    def of(cls, workflow: WorkflowSettings) -> "Concurrency":
        spec, scheduled = workflow.concurrency, workflow.schedule is not None or workflow.after is not None
        if spec is None:
            return cls(scheduled=scheduled)
        return cls(spec.policy or "Queue", spec.max_runs or 1, spec.max_queued, spec.key or "", scheduled)

    def holds(self, *, own: bool) -> bool:
        """Whether a run may have to wait at all. `own`: the Workflow made it."""
        return own if self.policy is None else self.policy != "Allow"

    @property
    def only_newest_waits(self) -> bool:
        """Of the Workflow's own runs. The others give way."""
        return self.policy == "Queue" and self.scheduled and self.max_queued is None

    @property
    def places(self) -> int | None:
        """How many unfinished runs of one key there can be before the next is rejected, or replaces another. None: any
        number.
        """
        if self.policy in (None, "Allow") or (self.policy == "Queue" and self.max_queued is None):
            return None
        return self.max_runs + (self.max_queued or 0)

    def value(self, parameters: Mapping[str, Any]) -> str:
        """A run's value of `key`, given the typed values of its parameters. There may be thousands of runs, so a digest
        stands for a long one; and for one that is too long, the digest of all parameters.
        """
        values = {f"params.{name}": value for name, value in texts(parameters).items()}
        try:
            filled: str = fill({"key": self.key}, values)["key"]
        except TooLong:
            filled = as_json(values)
        return filled if len(filled) <= _KEY_KEPT else sha256(filled.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Admitted:
    """It may start, or continues."""


@dataclass(frozen=True, slots=True)
class Queued:
    words: str


TURNED_AWAY = "TurnedAway"
"""The reason in the conditions of a run that `concurrency` ended before it had started."""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """It ends without starting."""

    words: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """Another run replaces it. It ends at once if it has not started, else it is stopped as by a person."""

    by: str

    @property
    def words(self) -> str:
        return f"replaced by run {self.by}"


Admission = Admitted | Queued | TurnedAway | Replaced


def has_started_container(status: Json, pods: Iterable[PodView]) -> bool:
    """Whether any container of a run has started. `pods` are those that exist; the status tells of the others."""
    return any(pod.container.started_at is not None for pod in pods) or any(
        task.get("phase") in ("Running", "Succeeded", "Failed")
        or "startedAt" in task
        or (foreign.integer(task.get("attempt")) or 0) > 1
        for task in map(foreign.mapping, foreign.mapping(status.get("tasks")).values())
    )
