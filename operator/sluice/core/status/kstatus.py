"""How an object stands in the words of kstatus, which Flux and Helm wait by: `Reconciling` and `Stalled`.

Never both are true. Neither is: the object is current. Nobody has looked at this generation yet: it is not, whatever
its conditions say, since `observedGeneration` is -1 from the start.

| | Reconciling | Stalled |
|---|---|---|
| a Workflow that was refused | | with every fault |
| any other Workflow | until the run for its generation exists: a long one must not time out who waits | |
| with `health: Run` | until that run has ended | if it has not succeeded |
| a WorkflowRun | until it has ended | if it has not succeeded, as with a Job |

https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
"""

from dataclasses import dataclass

from sluice.api.run import has_ended
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.status.conditions import Condition


@dataclass(frozen=True, slots=True)
class NewestRun:
    """The newest run that a Workflow made, as its Workflow tells of it. `message` is empty until it has ended."""

    name: str
    phase: str
    message: str = ""

    @classmethod
    def of(cls, name: str, run: Json | None, workflow: Json) -> "NewestRun | None":
        """From the statuses of the run and of the Workflow. A run that is gone (None) has ended as the Workflow last
        saw it; None if that is not known any more.
        """
        if run is not None:
            phase = run.get("phase", "Pending")
            if phase == "Pending":
                return cls(name, "Running")
            return cls(name, phase, run.get("message", "") if has_ended(phase) else "")
        phase = workflow.get("phase", "")
        if has_ended(phase):
            told = (c for c in foreign.mappings(workflow.get("conditions")) if c.get("type") == "Finished")
            return cls(name, phase, foreign.string(next(told, {}).get("message")))
        if phase in ("Running", "Suspended"):
            return cls(name, "Stopped", "it was deleted before its end was seen")
        return None


def workflow_health(newest: NewestRun | None, *, follows_run: bool, not_created: str = "") -> list[Condition]:
    """Of a Workflow without faults. `not_created` says why the API server does not let its next run be made."""
    if not_created:
        reason = "RunNotCreated"
        return [Condition("Reconciling", True, reason, not_created), Condition("Stalled", False, reason)]
    if newest is None:
        return _current("NothingDue")
    if not follows_run:
        return _current("RunExists")
    return run_health(newest.phase, f"run {newest.name}: {newest.message or newest.phase}")


def run_health(phase: str, message: str) -> list[Condition]:
    if not has_ended(phase):
        return [Condition("Reconciling", True, phase, message), Condition("Stalled", False, phase)]
    if phase == "Succeeded":
        return _current(phase)
    return stalled(phase, message or phase)


def stalled(reason: str, message: str) -> list[Condition]:
    """Only a person can help."""
    return [Condition("Reconciling", False, reason), Condition("Stalled", True, reason, message)]


def _current(reason: str) -> list[Condition]:
    return [Condition("Reconciling", False, reason), Condition("Stalled", False, reason)]
