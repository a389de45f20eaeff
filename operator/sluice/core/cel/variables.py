"""The variables of a condition: `params`, `tasks` (how others ended), `item` (of a fan-out) and `run`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sluice.api.run import RunPhase, TaskPhase
from sluice.core import Json

ROOTS = ("params", "tasks", "item", "run")
TASK_FIELDS = ("phase", "outputs", "exitCode", "message")
RUN_FIELDS = ("name", "startedAt", "scheduledTime", "intervalStart", "intervalEnd", "phase")
ENDED_TASK_PHASES: tuple[str, ...] = tuple(
    phase for phase in get_args(TaskPhase) if phase not in ("Pending", "Running")
)
ENDED_RUN_PHASES = ("Succeeded", "Failed", "Stopped")

_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class TaskVariable:
    """How a task ended. `exit_code` is None if its program did not end; `outputs` and `message` are empty if there are
    none.
    """

    phase: TaskPhase
    exit_code: int | None
    outputs: Json
    message: str = ""

    @property
    def ends(self) -> Json:
        """All but the outputs, by the name that users write. What is absent is left out."""
        found: Json = {"phase": self.phase}
        if self.exit_code is not None:
            found["exitCode"] = self.exit_code
        return found | ({"message": self.message} if self.message else {})


def condition_variables(
    run: Mapping[str, str],
    parameters: Mapping[str, Any],
    tasks: Mapping[str, TaskVariable],
    *,
    run_phase: RunPhase | None = None,
    item: Any = None,
) -> Json:
    """The values of all `ROOTS`, by name.

    `run` has the fields of the run, `run_phase` is added to them for a `finally` task. `parameters` and `tasks` are by
    name. `item` is for a task that is fanned out.
    """
    return {
        "params": plain(parameters),
        "tasks": {name: _task(ended) for name, ended in tasks.items()},
        "item": plain(item),
        "run": dict(run) | ({"phase": run_phase} if run_phase else {}),
    }


def _task(ended: TaskVariable) -> Json:
    return {"message": ""} | ended.ends | {"outputs": plain(ended.outputs)}


def plain(value: Any) -> Any:
    """JSON as CEL can hold it: an integer that does not fit into 64 bits becomes a float, infinite if need be."""
    if isinstance(value, Mapping):
        return {key: plain(element) for key, element in value.items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return float(str(value))  # float(value) raises OverflowError for the largest
    return value
