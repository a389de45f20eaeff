"""`synchronization` as slots of Pools: a mutex has one, a semaphore what its ConfigMap says.

A lock of the whole workflow is held by runs, one of a template by tasks. A Pool has holders of one kind, so a lock that
both use becomes two. https://argo-workflows.readthedocs.io/en/latest/synchronization/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sluice.api import API_VERSION
from sluice.core import Json
from sluice.importers.argo.documents.names import dns_label
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Resolve, Text, literal, parse, placeholders, usual


@dataclass(frozen=True, slots=True)
class Lock:
    """`slots` is None where the ConfigMap is not among the files. `by_run`: the run decides which lock it is."""

    name: str
    slots: int | None
    line: int
    by_run: bool = False

    @property
    def losses(self) -> Iterator[tuple[str, str]]:
        """What is lost, and what is done instead."""
        if self.slots is None:
            yield f"how many slots '{self.name}' has", "1; its ConfigMap is not among the files"
        if self.by_run:
            yield "a lock that the run names", f"one for all runs, '{self.name}': a Pool has one name"


def locks_of(synchronization: Map, config_maps: Mapping[str, Map], resolve: Resolve) -> Iterator[Lock]:
    """Raises what `resolve` does."""
    mutexes = [synchronization.map("mutex"), *synchronization.maps("mutexes")]
    for mutex in filter(None, mutexes):
        text = parse(mutex.text("name"), resolve)
        yield Lock(dns_label(_usual(text)), 1, mutex.line, by_run=literal(text) is None)
    semaphores = [synchronization.map("semaphore"), *synchronization.maps("semaphores")]
    for semaphore in filter(None, semaphores):
        reference = semaphore.map("configMapKeyRef") or semaphore.map("database")
        texts = [parse(reference.text(part), resolve) for part in ("name", "key")]
        name, key = map(_usual, texts)
        slots = config_maps[name].text(key) if name in config_maps else ""
        words = f"{name}-{key}" if name else key
        known = int(slots) if slots.isdecimal() else None
        yield Lock(dns_label(words), known, semaphore.line, by_run=None in map(literal, texts))


def _usual(text: Text) -> str:
    return usual(text) or placeholders(text)


@dataclass(slots=True)
class LockPools:
    """The Pools of one import, by name."""

    made: dict[str, Json] = field(default_factory=dict)

    def hold(self, lock: Lock, *, by_runs: bool) -> str:
        """The name of the Pool that stands for the lock."""
        holder = "Runs" if by_runs else "Tasks"
        for name in (lock.name, f"{lock.name}-of-{holder.lower()}"):
            pool = self.made.setdefault(name, _pool(name, lock.slots or 1, by_runs=by_runs))
            if pool["spec"].get("heldBy", "Tasks") == holder:
                return name
        return lock.name


def _pool(name: str, slots: int, *, by_runs: bool) -> Json:
    spec = {"slots": slots, **({"heldBy": "Runs"} if by_runs else {})}
    return {"apiVersion": API_VERSION, "kind": "Pool", "metadata": {"name": name}, "spec": spec}
