"""What is drawn: the tasks of a Workflow, or of a run with how they stand."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from sluice.api.base import seconds
from sluice.api.for_each import MAX_ITEMS
from sluice.cli.durations import lasting
from sluice.cli.states import FAILED, PENDING, RUNNING, WAITING, State, state_of
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.explain.seen import RunSeen, items_of
from sluice.core.graph.critical_path import critical_path
from sluice.core.graph.dag import Graph
from sluice.core.graph.layout.picture import Box
from sluice.core.graph.layout.task import Stage, Task
from sluice.core.graph.references import dependencies


@dataclass(frozen=True, slots=True)
class Standing:
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
class Subject:
    """`tasks` in the order of the Workflow; `standings` by name, for a run."""

    workflow: str
    tasks: tuple[Task, ...]
    expected_s: Mapping[str, float]
    """Of the tasks that say so."""
    fan_outs: frozenset[str]
    run: str = ""
    state: State | None = None
    progress: str = ""
    took_s: float | None = None
    standings: Mapping[str, Standing] | None = None

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
    def longest_way(self) -> tuple[str, ...]:
        """The tasks of the critical path. Empty where no duration is known."""
        names = [task.name for task in self.tasks]
        durations_s = [self._lasts_s(name) for name in names]
        if not any(durations_s):
            return ()
        graph = Graph.of(names, [task.depends_on for task in self.tasks])
        if len(graph.topological_order()) < len(names):
            return ()  # a cycle: a Workflow that the operator has refused
        return tuple(names[number] for number in critical_path(graph, durations_s))

    @property
    def longest_way_s(self) -> float:
        return sum(map(self._lasts_s, self.longest_way))

    def _lasts_s(self, task: str) -> float:
        took_s = self.standings[task].took_s if self.standings else None
        return self.expected_s.get(task, 0.0) if took_s is None else took_s


def of_workflow(workflow: str, graph: Json) -> Subject:
    """`graph` has the `tasks` as in a Workflow's spec."""
    tasks = foreign.mappings(graph.get("tasks"))
    definitions = {name: task for task in tasks if (name := foreign.string(task.get("name")))}
    return Subject(workflow, _tasks(definitions, {}), _expected_s(definitions), _fan_outs(definitions))


def of_run(seen: RunSeen) -> Subject:
    """`seen` must have the run's graph."""
    standings = {
        name: _standing(seen, seen.entries.get(name, {}), waits=bool(before))
        for name, before in seen.depends_on.items()
    }
    return Subject(
        foreign.string(foreign.mapping(seen.run.get("spec")).get("workflow")),
        _tasks(seen.definitions, standings),
        _expected_s(seen.definitions),
        _fan_outs(seen.definitions),
        seen.name,
        state_of(seen.phase),
        foreign.string(seen.status.get("progress")),
        seen.took_s(seen.status),
        standings,
    )


def _tasks(definitions: Mapping[str, Json], standings: Mapping[str, Standing]) -> tuple[Task, ...]:
    depends_on = dependencies(list(definitions.values()))
    return tuple(
        Task(
            name,
            tuple(before for before in needs if before in definitions),
            foreign.string(task.get("group")),
            task.get("finally") is True,
            len(standings[name].items) if name in standings else 0,
            standings[name].stage if name in standings else Stage.WAITING,
        )
        for (name, task), needs in zip(definitions.items(), depends_on, strict=True)
    )


def _expected_s(definitions: Mapping[str, Json]) -> dict[str, float]:
    found = {}
    for name, task in definitions.items():
        with suppress(ValueError):
            found[name] = float(seconds(foreign.string(task.get("expectedDuration"))))
    return found


def _fan_outs(definitions: Mapping[str, Json]) -> frozenset[str]:
    return frozenset(name for name, task in definitions.items() if task.get("forEach"))


def _standing(seen: RunSeen, entry: Json, *, waits: bool) -> Standing:
    state = state_of(foreign.string(entry.get("phase")) or "Pending")
    reason = foreign.string(entry.get("reason"))
    if state is PENDING and (reason.startswith("WaitingFor") or (waits and not reason)):
        state = WAITING
    total = foreign.integer(foreign.mapping(entry.get("items")).get("total")) or 0
    items = items_of(entry) if total > 1 else {}
    phases = (items[index]["phase"] if index in items else "" for index in range(min(total, MAX_ITEMS)))
    states = tuple(state_of(phase) if phase else WAITING for phase in phases)
    return Standing(state, seen.took_s(entry), foreign.string(entry.get("progress")), states if total > 1 else ())
