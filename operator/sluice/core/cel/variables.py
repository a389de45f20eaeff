"""What an expression may see: the run's parameters and name, how other tasks ended, and the item of a fan-out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sluice.api.run import RunPhase, TaskPhase
from sluice.core import Json

ROOTS = ("params", "tasks", "item", "run")
TASK_FIELDS = ("phase", "outputs", "exitCode")
RUN_FIELDS = ("name", "scheduledTime", "intervalStart", "intervalEnd", "phase")
ENDED_TASK_PHASES: tuple[str, ...] = tuple(
    phase for phase in get_args(TaskPhase) if phase not in ("Pending", "Running")
)
ENDED_RUN_PHASES = ("Succeeded", "Failed", "Stopped")

_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How a task has ended. `exit_code` is None if its program did not, `outputs` are empty if it handed on none."""

    phase: TaskPhase
    exit_code: int | None
    outputs: Json


def condition_variables(
    run: Mapping[str, str],
    parameters: Mapping[str, str],
    tasks: Mapping[str, TaskResult],
    *,
    run_phase: RunPhase | None = None,
    item: Any = None,
) -> Json:
    """The variables of an expression, by name.

    `run` has what is known of the run itself, `run_phase` is for `finally` tasks, `item` for those of a fan-out.
    """
    return {
        "params": dict(parameters),
        "tasks": {name: _task(ended) for name, ended in tasks.items()},
        "item": item,
        "run": dict(run) | ({"phase": run_phase} if run_phase else {}),
    }


def _task(ended: TaskResult) -> Json:
    seen: Json = {"phase": ended.phase, "outputs": _plain(ended.outputs)}
    return seen if ended.exit_code is None else seen | {"exitCode": ended.exit_code}


def _plain(value: Any) -> Any:
    """JSON as CEL can hold it, whose whole numbers have 64 bits."""
    if isinstance(value, dict):
        return {key: _plain(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return float(str(value))  # infinite if need be
    return value
