"""What is drawn: the tasks of a Workflow, or of a run with how they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sluice.cli.durations import lasting
from sluice.cli.states import FAILED, PENDING, RUNNING, WAITING, State
from sluice.core.graph.critical_path import longest_way
from sluice.core.graph.layout.picture import Box
from sluice.core.graph.layout.task import LayoutTask, Stage


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How a task of a run stands."""

    state: State
    took_s: float | None
    progress: str
    """Of a fan-out: `31/60`."""
    items: tuple[State, ...]
    """Of a fan-out, once they are known."""

    @property
    def stage(self) -> Stage:
        if self.state in (RUNNING, FAILED):
            return Stage.ACTIVE
        return Stage.WAITING if self.state in (WAITING, PENDING) else Stage.DONE

    @property
    def words(self) -> str:
        """`Running 31/60 6m12s`."""
        return " ".join(filter(None, (self.state.word, self.progress, lasting(self.took_s))))


@dataclass(frozen=True)
class Drawing:
    """`tasks` in the order of the Workflow; `by_task` by name, for a run."""

    workflow: str
    tasks: tuple[LayoutTask, ...]
    expected_s: Mapping[str, float]
    """Of the tasks that say so."""
    fan_outs: frozenset[str]
    run: str = ""
    state: State | None = None
    progress: str = ""
    took_s: float | None = None
    by_task: Mapping[str, TaskProgress] | None = None
    joins: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.run or self.workflow

    def label(self, box: Box) -> str:
        """A fan-out is `clean[]`, as its items are `clean[17]`."""
        return f"{box.label}[]" if box.key in self.fan_outs else box.label

    @property
    def words(self) -> str:
        """How the run stands; empty for a Workflow."""
        if self.state is None:
            return ""
        sign = f"{self.state.sign} {self.state.word}"
        return " ".join(filter(None, (sign, self.progress, lasting(self.took_s))))

    @cached_property
    def critical_path(self) -> tuple[str, ...]:
        """From the first task to the last, then that of `finally` tasks. Empty where no duration is known."""
        finals = {task.name for task in self.tasks if task.final}
        return longest_way({task.name: task.depends_on for task in self.tasks}, self._lasts_s, finals)

    @property
    def longest_way(self) -> tuple[str, ...]:
        """The tasks of the critical path that take time."""
        return tuple(task for task in self.critical_path if task not in self.joins)

    @property
    def longest_way_s(self) -> float:
        return sum(map(self._lasts_s, self.longest_way))

    def _lasts_s(self, task: str) -> float:
        took_s = self.by_task[task].took_s if self.by_task else None
        return self.expected_s.get(task, 0.0) if took_s is None else took_s
