"""What a simulation takes, and what it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.api.workflow import WorkflowSettings
from sluice.core.run.state import RunState
from sluice.core.spec.definition import Definition
from sluice.core.whatif.kubelet import Expected


@dataclass(frozen=True, slots=True)
class Callee:
    """A Workflow that a task may run. `expected` are its tasks, in their order."""

    definition: Definition
    settings: WorkflowSettings
    expected: Sequence[Expected]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One pod, or one run that was called: of the unit `number` of `run`. Times are seconds since the start; `order`
    has the places of its start and of its end among all that happens.
    """

    run: RunState
    number: int
    started_s: float
    ended_s: float
    order: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Course:
    """How a run went. Attempts stand in the order of their ends."""

    run: RunState
    pods: list[Attempt]
    calls: list[Attempt]
    ended_s: float
    held_up_s: Mapping[str, float]
    """For how long at least one task was held up, by what held it (see `run.time_accounting`)."""
    trouble: str = ""
    """Why it would never end, or not well; empty if it succeeds."""
    starts: bool = True


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A run that has begun; another than the one that is planned from its status and its pods."""

    run: RunState
    expected: Sequence[Expected]
