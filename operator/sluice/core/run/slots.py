"""Who holds a slot: what `parallelism` of the run, and of each fan-out, goes by."""

from dataclasses import dataclass, field

from sluice.core.run.tasks import Tasks


@dataclass(slots=True)
class Slots:
    _tasks: Tasks
    live: int = 0
    """Units that hold a slot of the run. A child run takes one of its fan-out's, and none of the run's."""
    calling: set[int] = field(default_factory=set)
    """Units whose child run has not ended."""

    def take(self, number: int) -> None:
        self._add(number, 1)

    def free(self, number: int) -> None:
        self._add(number, -1)

    def _add(self, number: int, slots: int) -> None:
        task = self._tasks[number]
        if not task.definition.is_sub_workflow:
            self.live += slots
        elif slots > 0:
            self.calling.add(number)
        else:
            self.calling.discard(number)
        if task.group is not None:
            self._tasks.fan_outs[task.group].live += slots
