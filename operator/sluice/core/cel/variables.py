"""What an expression may see: the run's parameters and name, how other tasks ended, and the item of a fan-out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sluice.api.run import RunPhase, TaskPhase
from sluice.core import Json
from sluice.core.spec.scheduled_time import NOT_SCHEDULED, Scheduled

ROOTS = ("params", "tasks", "item", "run")
TASK_FIELDS = ("phase", "outputs", "exitCode")
RUN_FIELDS = ("name", "scheduledTime", "intervalStart", "intervalEnd", "phase")
TASK_ENDS: tuple[str, ...] = tuple(phase for phase in get_args(TaskPhase) if phase not in ("Pending", "Running"))
RUN_ENDS = ("Succeeded", "Failed", "Stopped")

_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Ended:
    """How a task has ended. `exit_code` is None if its program did not, `outputs` are empty if it handed on none."""

    phase: TaskPhase
    exit_code: int | None
    outputs: Json


def scope(
    run: str,
    parameters: Mapping[str, str],
    tasks: Mapping[str, Ended],
    *,
    scheduled: Scheduled = NOT_SCHEDULED,
    run_phase: RunPhase | None = None,
    item: Any = None,
) -> Json:
    """The variables, by name. `run_phase` is for `finally` tasks, `item` for those of a fan-out."""
    return {
        "params": dict(parameters),
        "tasks": {name: _task(ended) for name, ended in tasks.items()},
        "item": item,
        "run": {"name": run} | scheduled.values | ({"phase": run_phase} if run_phase else {}),
    }


def _task(ended: Ended) -> Json:
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
