"""How a local run ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.core.run.outputs import outputs_so_far
from sluice.core.run.state import RunState
from sluice.core.status.run_phase import expected_phase, run_message
from sluice.core.status.run_status import task_status
from sluice.sdk.task import OUTPUT


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How a task ended. `outputs` are those of a pod; of a fan-out each is the list of what its items handed on."""

    phase: str
    outputs: Mapping[str, Any]
    message: str = ""

    @property
    def value(self) -> Any:
        """What its function returned, as JSON. None if it returned nothing."""
        return self.outputs.get(OUTPUT)


@dataclass(frozen=True, slots=True)
class Run:
    """How a local run ended. `message` says why it failed."""

    phase: str
    message: str
    tasks: Mapping[str, TaskResult]

    @classmethod
    def of(cls, run: RunState) -> "Run":
        tasks = {task.definition.name: _task(run, number) for number, task in enumerate(run.tasks.named)}
        return cls(expected_phase(run), run_message(run), tasks)


def _task(run: RunState, number: int) -> TaskResult:
    entry = task_status(run, number)
    words = ": ".join(entry[each] for each in ("reason", "message") if each in entry)
    return TaskResult(entry["phase"], outputs_so_far(run, number) or {}, words)
