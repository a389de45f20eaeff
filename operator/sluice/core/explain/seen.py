"""What the API server has shown, read with care: a status has whatever somebody wrote there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationError

from sluice.api.run import ItemsStatus
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.times import instant
from sluice.core.graph.references import dependencies
from sluice.core.pod.room import Node
from sluice.core.spec.definition import Definition
from sluice.core.status.durations import Sources
from sluice.core.status.fan_out_status import item_entries
from sluice.core.status.stored_entries import usable_entries


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds slots of a Pool: since when, and for how long it may go on. What is None or empty is not known."""

    name: str
    """As the Pool has it."""
    since: Instant | None = None
    takes: str = ""
    """How long it takes as a rule, and from what that is known."""
    left_s: float | None = None
    """By that; negative if it takes longer this time."""


@dataclass(frozen=True)
class RunSeen:
    """A run, and what stands around it. What is None could not be read."""

    run: Json
    now: Instant
    graph: Json | None = None
    pools: list[Json] | None = None
    pods: list[Json] | None = None
    events: list[Json] | None = None
    """Warnings about the run's pods."""
    nodes: Sequence[Node] | None = None
    """Those that take pods, and what is free there."""
    times: Sources | None = None
    """From which it is known how long tasks take."""
    held: Sequence[Holder] = ()
    """Those who hold the Pool that it waits for."""
    whole_s: Sequence[float] | None = None
    """How long earlier runs of the Workflow took that succeeded."""

    @cached_property
    def name(self) -> str:
        return foreign.string(foreign.mapping(self.run.get("metadata")).get("name"))

    @cached_property
    def workflow(self) -> str:
        return foreign.string(foreign.mapping(self.run.get("spec")).get("workflow"))

    @cached_property
    def status(self) -> Json:
        return foreign.mapping(self.run.get("status"))

    @cached_property
    def phase(self) -> str:
        return foreign.string(self.status.get("phase")) or "Pending"

    @cached_property
    def message(self) -> str:
        return foreign.string(self.status.get("message"))

    @cached_property
    def entries(self) -> dict[str, Json]:
        """How each task stands, by name."""
        return usable_entries(self.status)

    @cached_property
    def definitions(self) -> dict[str, Json]:
        """What each task is, by name; empty if the graph cannot be read."""
        tasks = foreign.mappings((self.graph or {}).get("tasks"))
        return {task["name"]: task for task in tasks if isinstance(task.get("name"), str)}

    @cached_property
    def definition(self) -> Definition | None:
        """None if the graph cannot be read."""
        try:
            return None if self.graph is None else Definition.of(self.graph)
        except ValidationError:
            return None

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """All names, in the Workflow's order where that is known."""
        return tuple(self.definitions) or tuple(self.entries)

    @cached_property
    def depends_on(self) -> dict[str, tuple[str, ...]]:
        return dict(zip(self.definitions, dependencies(list(self.definitions.values())), strict=True))

    def took_s(self, entry: Json) -> float | None:
        """So far, if it has not ended. None if it has not started."""
        started_at, finished_at = instant(entry.get("startedAt")), instant(entry.get("finishedAt"))
        if started_at is None:
            return None
        return max(0.0, (self.now if finished_at is None else finished_at) - started_at)


def items_of(entry: Json) -> dict[int, Json]:
    """What the status says of a fan-out's items that have begun."""
    try:
        return item_entries(ItemsStatus.usable(foreign.mapping(entry.get("items"))))
    except ValidationError:  # not even a total
        return {}


def words_of_pods(seen: RunSeen, pods: Iterable[str]) -> str:
    """The newest warning about one of these pods."""
    wanted = set(pods)
    found = [
        event
        for event in seen.events or ()
        if foreign.string(foreign.mapping(event.get("involvedObject")).get("name")) in wanted
    ]
    if not found:
        return ""
    newest = max(found, key=lambda event: instant(event.get("lastTimestamp") or event.get("eventTime")) or 0.0)
    return f"{foreign.string(newest.get('reason'))}: {foreign.string(newest.get('message'))}"
