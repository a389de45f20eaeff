"""A run's status, ready for display: its tasks in manifest order, each in one of a few states."""

from collections import Counter
from dataclasses import dataclass

from sluice.cli.printable import printable
from sluice.cli.states import ENDED, RUNNING, UPSTREAM_FAILED, WAITING, State, state_of, state_of_task
from sluice.cli.watch.order import TaskOrder
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.times import instant
from sluice.core.explain.durations import where_it_went


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task. `kind` is the first word of its reason, `words` the reason with the message, `progress` that of a
    fan-out's items.
    """

    name: str
    state: State
    attempt: int = 0
    started_at: Instant | None = None
    finished_at: Instant | None = None
    kind: str = ""
    words: str = ""
    pod: str = ""
    progress: str = ""

    def lasted(self, now: Instant) -> float | None:
        """Seconds that the attempt has run; None if it has not started."""
        until = now if self.state is RUNNING else self.finished_at
        return None if self.started_at is None or until is None else max(0.0, until - self.started_at)


@dataclass(frozen=True, slots=True)
class RunView:
    """One run. `notes` are the problems of the run as a whole, `spent` is where its time went."""

    name: str
    namespace: str
    state: State
    progress: str
    started_at: Instant | None
    finished_at: Instant | None
    notes: tuple[str, ...]
    plan: TaskOrder
    tasks: tuple[TaskView, ...]
    spent: str = ""
    typical_s: float | None = None
    """How long earlier runs took, as a rule."""

    @classmethod
    def of(cls, run: Json, plan: TaskOrder | None, typical_s: float | None = None) -> "RunView":
        """From the API object; `plan` is None if the graph is not known."""
        status = run.get("status", {})
        entries = foreign.mapping(status.get("tasks"))  # anybody may have written them
        plan = plan or TaskOrder.of_names(entries)
        return cls(
            name=run["metadata"]["name"],
            namespace=run["metadata"]["namespace"],
            state=state_of(status.get("phase", "Pending")),
            progress=printable(status.get("progress", "")),
            started_at=instant(status.get("startedAt")),
            finished_at=instant(status.get("finishedAt")),
            notes=_notes(run, status),
            plan=plan,
            tasks=tuple(
                _task(name, foreign.mapping(entries.get(name)), waits=bool(dependencies))
                for name, dependencies in zip(plan.names, plan.graph.dependencies, strict=True)
            ),
            spent=printable(where_it_went(status.get("time"))),
            typical_s=typical_s,
        )

    @property
    def ended(self) -> bool:
        return self.state.word in ENDED

    def counts(self) -> Counter[State]:
        return Counter(task.state for task in self.tasks)

    def left(self, now: Instant) -> float | None:
        """Seconds that it will go on, by how long it takes as a rule. None if that is not known, or is over."""
        elapsed = self.elapsed(now)
        if self.ended or elapsed is None or self.typical_s is None or elapsed >= self.typical_s:
            return None
        return self.typical_s - elapsed

    def elapsed(self, now: Instant) -> float | None:
        if self.started_at is None:
            return None
        return max(0.0, (self.finished_at or now) - self.started_at)


def _notes(run: Json, status: Json) -> tuple[str, ...]:
    if "phase" not in status and not status.get("conditions"):
        return ("the operator has not taken note of this run yet",)
    texts = [
        condition.get("message") or condition.get("reason", "")
        for condition in status.get("conditions") or ()
        if (condition["type"], condition["status"]) in (("Accepted", "False"), ("Stalled", "True"))
    ]
    texts.append(status.get("message") or "")
    if run.get("spec", {}).get("state") == "Stopped" and status.get("phase") not in ENDED:
        texts.append("the run is being stopped")
    lines = (printable(line) for text in texts for line in text.splitlines())
    return tuple(dict.fromkeys(filter(None, lines)))


def _task(name: str, entry: Json, *, waits: bool) -> TaskView:
    reason, message, progress = (
        printable(foreign.string(entry.get(field))) for field in ("reason", "message", "progress")
    )
    kind = reason.partition(":")[0]
    state = state_of_task(foreign.string(entry.get("phase")), reason, waits=waits)
    return TaskView(
        name=name,
        state=state,
        attempt=foreign.integer(entry.get("attempt")) or 0,
        started_at=instant(entry.get("startedAt")),
        finished_at=instant(entry.get("finishedAt")),
        kind=kind,
        words=_words(state, reason, message),
        pod=foreign.string(entry.get("pod")),
        progress=progress,
    )


def _words(state: State, reason: str, message: str) -> str:
    """Reason and message as one text, without what the state already says."""
    if state is WAITING:
        return reason.replace("WaitingFor: ", "for ", 1)
    if state is UPSTREAM_FAILED:
        return reason.replace("UpstreamFailed: ", "because of ", 1)
    reason = reason.removeprefix(f"{state.word}: ")
    return (": " if ":" not in reason else "; ").join(filter(None, (reason, message)))
