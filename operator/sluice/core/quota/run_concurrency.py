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
| none given | a person's run starts. Of those that the Workflow makes, one is active at a time, and gives way to a newer one as long as none of its containers has started. On a schedule it gives way only until it has started itself: a slow start must not keep every run from running |

With a schedule, Queue without `maxQueued` lets only the newest of the Workflow's own runs wait: no queue must pile up
behind a stuck run. What holds for a schedule holds for `after` too.

A run that is rejected ends Stopped, not Failed: nothing of it has run, so nothing has failed.
"""  # noqa: E501  # a row of a table is one line

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from sluice.api.workflow import Policy, WorkflowSettings
from sluice.core import Instant, Json
from sluice.core.base.text import first_names
from sluice.core.graph.placeholders import fill
from sluice.core.pod.view import PodView

_NAMES_SHOWN = 3
_COUNTED_EXACTLY = 10
_KEY_SHOWN = 63


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
    def places(self) -> int | None:
        """How many unfinished runs of one key there can be before the next is rejected, or replaces another. None: any
        number.
        """
        if self.policy in (None, "Allow") or (self.policy == "Queue" and self.max_queued is None):
            return None
        return self.max_runs + (self.max_queued or 0)

    def value(self, parameters: Mapping[str, str | None]) -> str:
        """A run's value of `key`, given its parameters."""
        values = {f"params.{name}": value or "" for name, value in parameters.items()}
        filled: str = fill({"key": self.key}, values)["key"]
        return filled


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run that has not ended."""

    name: str
    created_at: Instant = 0.0
    own: bool = False
    """Did the Workflow make it? Else a person did."""
    generation: int = 0
    """The Workflow's, of a run that it made."""
    priority: int = 0
    key: str = ""
    going: bool = False
    """Is it active: admitted, and not ended?"""
    begun: bool = False
    """Has any of its containers started? Only looked at where no policy is given."""
    leaving: bool = False
    """Is it being stopped already?"""
    called: bool = False
    """Did another run make it? Then that one waits for it."""

    @property
    def arrival(self) -> tuple[Instant, int, str]:
        return self.created_at, self.generation, self.name

    @property
    def place(self) -> tuple[bool, int, tuple[Instant, int, str]]:
        """Its position in the queue: called runs first, then by priority, then first come, first served."""
        return not self.called, -self.priority, self.arrival


@dataclass(frozen=True, slots=True)
class Admitted:
    """It may start, or continues."""


@dataclass(frozen=True, slots=True)
class Queued:
    words: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """It ends without starting."""

    words: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """Another run replaces it. It ends at once if it has not started, else it is stopped as by a person."""

    by: str

    @property
    def words(self) -> str:
        return f"replaced by run {self.by}"


_ADMITTED = Admitted()

Admission = Admitted | Queued | Rejected | Replaced


def admit(workflow: str, concurrency: Concurrency, runs: Iterable[UnfinishedRun]) -> dict[str, Admission]:
    """The answer for each run, by name."""
    by_key: defaultdict[str, list[UnfinishedRun]] = defaultdict(list)
    for run in sorted(runs, key=attrgetter("arrival")):
        by_key[run.key].append(run)
    verdicts: dict[str, Admission] = {}
    for group in by_key.values():
        verdicts |= _admit(workflow, concurrency, group)
    return verdicts


def _admit(workflow: str, concurrency: Concurrency, group: Sequence[UnfinishedRun]) -> dict[str, Admission]:
    """`group`: the runs of one key, the oldest first."""
    verdicts: dict[str, Admission] = dict.fromkeys((run.name for run in group), _ADMITTED)
    verdicts |= _give_way(concurrency, group)
    going = [run for run in group if run.going]  # those that give way as well, until they have ended
    waiting = [run for run in group if not run.going and isinstance(verdicts[run.name], Admitted)]
    free = len(waiting) if concurrency.policy == "Allow" else max(0, concurrency.max_runs - len(going))
    waiting.sort(key=attrgetter("place"))
    going, held = going + waiting[:free], waiting[free:]
    if not held:
        return verdicts
    full = f"{len(going)}/{concurrency.max_runs} runs of {workflow}{_with_key(group[0].key)} are going"
    if concurrency.policy == "Forbid":
        return verdicts | {run.name: Rejected(f"Forbid: {full}{_names(going)}") for run in held}
    verdicts |= _overflow(concurrency.max_queued, held, full)
    queue = [run for run in held if isinstance(verdicts[run.name], Admitted)]
    for place, run in enumerate(queue[:_COUNTED_EXACTLY]):
        ahead = f", {place} before this one" if place else ""
        verdicts[run.name] = Queued(f"Queued: {full}{_names(going)}{ahead}")
    for first, beyond in _rounded(len(queue)):
        far_back = Queued(f"Queued: {full}, {first} or more before this one")
        verdicts |= dict.fromkeys((run.name for run in queue[first:beyond]), far_back)
    return verdicts


def _give_way(concurrency: Concurrency, group: Sequence[UnfinishedRun]) -> dict[str, Admission]:
    staying = [run for run in group if not run.leaving]
    if concurrency.policy == "Replace":
        older = staying[: -concurrency.max_runs]
    elif concurrency.policy is None:
        older = [run for run in staying[:-1] if not (run.going if concurrency.scheduled else run.begun)]
    elif concurrency.scheduled and concurrency.policy == "Queue" and concurrency.max_queued is None:
        staying = [run for run in staying if run.own]
        older = [run for run in staying[:-1] if not run.going]
    else:
        return {}
    return {run.name: Replaced(staying[-1].name) for run in older}


def _overflow(max_queued: int | None, held: Sequence[UnfinishedRun], full: str) -> dict[str, Admission]:
    """The runs beyond `maxQueued`, first come, first served."""
    verdicts: dict[str, Admission] = {}
    queue: list[UnfinishedRun] = []
    for run in sorted(held, key=attrgetter("arrival")):
        queue.append(run)
        if max_queued is None or len(queue) <= max_queued:
            continue
        leaves = next(other for other in queue if other.own) if run.own else run
        queue.remove(leaves)
        words = f"QueueFull: {full}, and as many wait as maxQueued allows, {max_queued}"
        verdicts[leaves.name] = Rejected(words) if leaves is run else Replaced(run.name)
    return verdicts


def has_started_container(status: Json, pods: Iterable[PodView]) -> bool:
    """Whether any container of a run has started. `pods` are those that exist; the status tells of the others."""
    return any(pod.container.started_at is not None for pod in pods) or any(
        task["phase"] in ("Running", "Succeeded", "Failed") or "startedAt" in task or task.get("attempt", 0) > 1
        for task in status.get("tasks", {}).values()
    )


def _with_key(key: str) -> str:
    return f" with key {key[:_KEY_SHOWN]}" if key else ""


def _names(going: Sequence[UnfinishedRun]) -> str:
    return f" ({first_names((run.name for run in going), len(going), _NAMES_SHOWN)})"


def _rounded(length: int) -> Iterator[tuple[int, int]]:
    """The places from the tenth on, in stretches that are told the same: (first, one beyond the last). Far back in the
    queue the number is rounded, or each run that ends would change the status of all that wait.
    """
    first = size = _COUNTED_EXACTLY
    while first < length:
        yield first, first + size
        first += size
        if first == 10 * size:
            size *= 10
