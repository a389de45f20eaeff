"""Reads a subject: from the graph of a Workflow, or from a run with its graph."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from sluice.api.base import seconds
from sluice.api.for_each import MAX_ITEMS
from sluice.cli.graph.drawing import Drawing, TaskProgress
from sluice.cli.states import WAITING, state_of, state_of_task
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.explain.seen import RunSeen, items_of
from sluice.core.graph.layout.task import LayoutTask, Stage
from sluice.core.graph.references import dependencies


def of_workflow(workflow: str, graph: Json) -> Drawing:
    """`graph` has the `tasks` as in a Workflow's spec."""
    tasks = foreign.mappings(graph.get("tasks"))
    definitions = {name: task for task in tasks if (name := foreign.string(task.get("name")))}
    depends_on = dict(zip(definitions, dependencies(list(definitions.values())), strict=True))
    fan_outs, joins = _that_have(definitions, "forEach"), _that_have(definitions, "join")
    return Drawing(workflow, _tasks(definitions, depends_on, {}), expected(definitions), fan_outs, joins=joins)


def of_run(seen: RunSeen) -> Drawing:
    """`seen` must have the run's graph."""
    progress = {
        name: _progress(seen, seen.entries.get(name, {}), waits=bool(before))
        for name, before in seen.depends_on.items()
    }
    return Drawing(
        foreign.string(foreign.mapping(seen.run.get("spec")).get("workflow")),
        _tasks(seen.definitions, seen.depends_on, progress),
        expected(seen.definitions),
        _that_have(seen.definitions, "forEach"),
        seen.name,
        state_of(seen.phase),
        foreign.string(seen.status.get("progress")),
        seen.took_s(seen.status),
        progress,
        _that_have(seen.definitions, "join"),
    )


def _tasks(
    definitions: Mapping[str, Json],
    depends_on: Mapping[str, Sequence[str]],
    progress: Mapping[str, TaskProgress],
) -> tuple[LayoutTask, ...]:
    return tuple(
        LayoutTask(
            name,
            tuple(before for before in depends_on[name] if before in definitions),
            foreign.string(task.get("group")),
            task.get("finally") is True,
            len(progress[name].items) if name in progress else 0,
            progress[name].stage if name in progress else Stage.WAITING,
        )
        for name, task in definitions.items()
    )


def expected(definitions: Mapping[str, Json]) -> dict[str, float]:
    """How long tasks are expected to take, in seconds, of those that say so; waits are nothing to go by alone."""
    found = _seconds({name: task.get("expectedDuration") for name, task in definitions.items()})
    waits = {name: foreign.mapping(task.get("wait")).get("for") for name, task in definitions.items()}
    return found | _seconds(waits) if found else found


def _seconds(said: Json) -> dict[str, float]:
    found = {}
    for name, duration in said.items():
        with suppress(ValueError):
            found[name] = float(seconds(foreign.string(duration)))
    return found


def _that_have(definitions: Mapping[str, Json], field: str) -> frozenset[str]:
    return frozenset(name for name, task in definitions.items() if isinstance(task.get(field), dict))


def _progress(seen: RunSeen, entry: Json, *, waits: bool) -> TaskProgress:
    state = state_of_task(foreign.string(entry.get("phase")), foreign.string(entry.get("reason")), waits=waits)
    total = foreign.integer(foreign.mapping(entry.get("items")).get("total")) or 0
    items = items_of(entry) if total > 1 else {}
    phases = (items[index]["phase"] if index in items else "" for index in range(min(total, MAX_ITEMS)))
    states = tuple(state_of(phase) if phase else WAITING for phase in phases)
    return TaskProgress(state, seen.took_s(entry), foreign.string(entry.get("progress")), states if total > 1 else ())
