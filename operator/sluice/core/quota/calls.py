"""Which Workflows a run may call: those that its tasks run, those that the tasks of these run, and so on.

They are walked when a run starts that nobody called, over the Workflows as they are then, each once. Such a run takes
the slots that all of them ask for as runs, of each pool the most that any asks for, so that no run beneath it waits for
a pool while others wait for it.

Over a circle of several Workflows of which one has `concurrency`, runs could wait for each other for ever.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sluice.api.workflow import WorkflowSettings
from sluice.core import Json
from sluice.core.graph.dag import cycles
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, pool_claim


@dataclass(frozen=True, slots=True)
class CalledWorkflow:
    """What counts of a Workflow for those that call it. `calls` are the names of those that its tasks run, `pools` what
    each of its runs asks for; `limited`: its `concurrency` may have a called run wait.
    """

    calls: tuple[str, ...] = ()
    pools: PoolClaim = ()
    limited: bool = False

    @classmethod
    def of(cls, spec: Json, settings: WorkflowSettings) -> "CalledWorkflow":
        return cls(called_by(spec), pool_claim(settings.pools or ()), Concurrency.of(settings).holds(own=False))


def calls_of(definition: Definition) -> tuple[str, ...]:
    """The Workflows that the tasks of this graph run."""
    return tuple({task.own["workflow"]["name"]: None for task in definition.tasks if task.is_sub_workflow})


def called_by(spec: Json) -> tuple[str, ...]:
    """The Workflows that the tasks of a Workflow's spec run. Nobody may have validated it."""
    tasks = spec.get("tasks")
    called = (task.get("workflow") for task in (tasks if isinstance(tasks, list) else ()) if isinstance(task, dict))
    names = (workflow.get("name") for workflow in called if isinstance(workflow, dict))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def callable_from(calls: Iterable[str], find: Callable[[str], CalledWorkflow | None]) -> dict[str, CalledWorkflow]:
    """All that may be called, by name. `find` returns None for a Workflow that does not exist."""
    found: dict[str, CalledWorkflow] = {}
    names = list(calls)
    for name in names:  # grows while it is read
        if name not in found and (workflow := find(name)) is not None:
            found[name] = workflow
            names += workflow.calls
    return found


def circles_that_may_wait(workflows: Mapping[str, CalledWorkflow]) -> list[list[str]]:
    """Circles of calls, such as `[a, b, a]`, that begin with a Workflow that has `concurrency`."""
    limited_first = sorted(workflows, key=lambda name: not workflows[name].limited)
    found = cycles({name: [call for call in workflows[name].calls if call in workflows] for name in limited_first})
    return [circle for circle in found if workflows[circle[0]].limited]


def why_circle(circle: list[str]) -> str:
    way = " -> ".join(circle)
    return f"runs could wait for each other for ever: {way} call each other; remove a call or this `concurrency`"


def most_of_each(claims: Iterable[PoolClaim]) -> PoolClaim:
    """Of each pool the most that any of the claims asks for."""
    most: dict[str, int] = {}
    for name, slots in (each for claim in claims for each in claim):
        most[name] = max(slots, most.get(name, 0))
    return tuple(sorted(most.items()))
