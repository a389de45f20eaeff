"""The units of a run that are ready to start, in the order in which they would."""

from dataclasses import dataclass, field

from sluice.core.quota.ready_queue import ReadyEntry, ReadyQueue
from sluice.core.run.dirty import DirtyUnits, Topic
from sluice.core.run.task_state import TaskStep
from sluice.core.run.tasks import Tasks
from sluice.core.run.wind_down import WindDown


@dataclass(slots=True)
class ReadyTasks:
    _tasks: Tasks
    _dirty: DirtyUnits
    _wind_down: WindDown
    _priority: int = 0
    """The run's; a task may have its own."""
    pods: ReadyQueue = field(default_factory=ReadyQueue)
    """Those that get a pod."""
    children: ReadyQueue = field(default_factory=ReadyQueue)
    """Those that run another Workflow: no limit on pods holds them back."""

    def add(self, number: int) -> None:
        task = self._tasks[number]
        task.move(TaskStep.READY)
        task.restored_entry = None
        priority = self._priority if task.definition.priority is None else task.definition.priority
        refusals = task.refused.tries if task.refused else 0
        entry = ReadyEntry(refusals, -priority, -task.critical_path_s, task.order, number)
        self._queue(number).add(self._tasks.wait_key(number), entry)
        self._wind_down.changed(number)
        self._dirty.mark(Topic.STATUS, number)

    def remove(self, number: int) -> None:
        """It has begun after all. Takes time in proportion to those that are ready."""
        self._queue(number).keep(lambda other: other != number)

    def _queue(self, number: int) -> ReadyQueue:
        return self.children if self._tasks[number].definition.is_sub_workflow else self.pods

    def drop_ended(self) -> None:
        """Some of them have ended."""
        for queue in (self.pods, self.children):
            queue.keep(lambda number: self._tasks[number].step is TaskStep.READY)

    def set_priority(self, priority: int) -> None:
        if priority == self._priority:
            return
        self._priority = priority
        waiting, self.pods, self.children = [*self.pods, *self.children], ReadyQueue(), ReadyQueue()
        for number in waiting:
            self.add(number)

    def pods_wait_otherwise(self) -> None:
        """What those wait for that get a pod may have changed."""
        self._dirty.mark(Topic.STATUS, *self.pods)
