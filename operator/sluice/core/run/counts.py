"""How many tasks of a run have ended, and how: what its phase, `failFast` and `finally` tasks go by."""

from dataclasses import dataclass, field

from sluice.api.run import TaskPhase
from sluice.core.run.fan_out import FanOut
from sluice.core.run.task_state import TaskState


@dataclass(slots=True)
class Counts:
    open: int
    """Tasks that have not ended, without `finally` tasks."""
    by_phase: dict[TaskPhase, int] = field(default_factory=dict)
    """Ended tasks. A fan-out is one of them, its items are none."""
    failed: int = 0
    """Tasks that ended Failed without `allowFailure`."""
    _failing: int = 0
    """Fan-outs that have not ended and can only fail."""

    @property
    def ended(self) -> int:
        return sum(self.by_phase.values())

    @property
    def any_fails(self) -> bool:
        """Has a task failed, or is it certain to?"""
        return bool(self.failed or self._failing)

    def task_ended(self, task: TaskState) -> None:
        self.by_phase[task.phase] = self.by_phase.get(task.phase, 0) + 1
        self.open -= not task.definition.final
        self.failed += task.counted_as == "Failed"

    def item_ended(self, item: TaskState, fan_out: FanOut) -> TaskPhase | None:
        """Returns how the fan-out has ended, if that was its last item."""
        failed_before = fan_out.fails
        fan_out.ended(item.index, item.phase, item.last)
        if item.started_at is not None:
            fan_out.started(item.started_at)
        phase = fan_out.phase()
        if not item.definition.allow_failure:
            self._failing += fan_out.fails - failed_before
            if phase is not None and fan_out.fails:
                self._failing -= 1
        return phase

    def restore_fan_out(self, task: TaskState, fan_out: FanOut) -> None:
        """A fan-out that has not ended, with the ends of its items."""
        if not task.definition.allow_failure:
            self._failing += fan_out.fails
