"""What is under way in a simulation: runs, and the attempts of their tasks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sluice.api.run import WorkflowRunSpec
from sluice.core import Instant, Json
from sluice.core.base.ownership import AttemptRef
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.quota.run_queue import UnfinishedRun
from sluice.core.quota.run_tree import tree_of
from sluice.core.run.children import ChildView
from sluice.core.run.state import RunState
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.run_limits import run_priority
from sluice.core.validation import run_faults
from sluice.core.validation.numbers import limit_faults
from sluice.core.whatif.begin import approve, started
from sluice.core.whatif.course import Callee, UnderWay
from sluice.core.whatif.door import Entrant
from sluice.core.whatif.kubelet import Expected


@dataclass(slots=True, eq=False)
class Live:
    """A run under way. `parent` is the one that called it; `beside`: it is none of those that the course is of."""

    run: RunState
    expected: Sequence[Expected]
    parent: "Live | None" = None
    beside: bool = False
    wakes_at: Instant | None = None
    held_up: Counter[str] = field(default_factory=Counter)
    children_told: int = 0
    """The version of the desired state of its child runs that they know."""

    @property
    def lineage(self) -> Iterator[RunIdentity]:
        """The run, and those above it."""
        yield self.run.identity
        if self.parent is not None:
            yield from self.parent.lineage

    @property
    def uid(self) -> str:
        return self.run.identity.uid

    def expects(self, number: int) -> Expected:
        return self.expected[self.run.tasks.named_task_of(number)]

    def outputs(self, number: int) -> Json:
        return self.expects(number).of_unit(self.run.tasks[number])


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt under way: the pod or the child run of a unit, by its `name`. `order` is its place among all that
    happens.
    """

    live: Live
    name: str
    number: int
    at: Instant
    order: int

    def waiting(self) -> ChildView:
        """The child run as its parent sees it before it has started."""
        return ChildView(self.name, self.name, 1, self._attempt, "Pending", "")

    def running(self) -> ChildView:
        return replace(self.waiting(), version=2, phase="Running", started_at=self.at)

    def ended(
        self, phase: str, now: Instant, message: str = "", outputs: str = "", *, turned_away: bool = False
    ) -> ChildView:
        child = replace(self.running(), version=3, phase=phase, message=message, turned_away=turned_away)
        return replace(child, finished_at=now, outputs=outputs)

    @property
    def _attempt(self) -> AttemptRef:
        run, task = self.live.run, self.live.run.tasks[self.number]
        index = None if task.group is None else task.index
        return AttemptRef(run.identity.ref, task.definition.name, index, task.attempt)


@dataclass(frozen=True, slots=True)
class Called:
    """A run that a task asks for, of a Workflow that is known."""

    begun: Begun
    callee: Callee
    spec: Json

    @property
    def _spec(self) -> WorkflowRunSpec:
        return WorkflowRunSpec.read(self.spec)

    @property
    def identity(self) -> RunIdentity:
        above, name = self.begun.live.run.identity, self.begun.name
        values = self.callee.definition.values(self._spec.arguments or {})
        workflow = self._spec.workflow
        identity = RunIdentity(name, above.namespace, name, workflow, values, depth=above.depth + 1)
        return replace(identity, tree=tree_of(identity.ref, above.tree))

    @property
    def refused(self) -> str:
        """Why it never starts: its arguments have faults."""
        faults = run_faults(self.spec, self.callee.definition.parameters)
        faults = faults or limit_faults(self.callee.settings, self._spec, self.identity.parameters)
        return "\n".join(map(str, faults))

    def entrant(self) -> Entrant:
        """It needs no slots of its own: the run at the top has them."""
        identity, settings = self.identity, self.callee.settings
        concurrency = Concurrency.of(settings)
        asks = UnfinishedRun(
            identity.name,
            self.begun.at,
            priority=run_priority(settings, self._spec),
            key=concurrency.value(identity.parameters),
            called=True,
        )
        within = [run for run in self.begun.live.lineage if run.workflow == identity.workflow]
        shares_place = any(concurrency.value(run.parameters) == asks.key for run in within)
        return Entrant(identity, asks, None, self.start, within=bool(within), shares_place=shares_place)

    def start(self, now: Instant) -> UnderWay:
        shared = self.begun.live.run.shared
        run = started(self.identity, self.callee.definition, self.callee.settings, self._spec, shared, now)
        approve(run)
        return UnderWay(run, self.callee.expected)
