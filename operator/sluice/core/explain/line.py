"""The line before a Pool: who holds it, who waits, since when, and which place a task has."""

from collections.abc import Iterable, Iterator

from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.times import instant, lasting
from sluice.core.explain.advice import first_word
from sluice.core.explain.answer import Command
from sluice.core.explain.seen import RunSeen


def name_of(pool: Json) -> str:
    return foreign.string(foreign.mapping(pool.get("metadata")).get("name"))


def status_of(pool: Json) -> Json:
    return foreign.mapping(pool.get("status"))


def slots_of(pools: Iterable[Json]) -> dict[str, int]:
    """By name."""
    return {name_of(pool): foreign.integer(foreign.mapping(pool.get("spec")).get("slots")) or 0 for pool in pools}


def holders(pool: Json) -> list[str]:
    """`run/task`, or `run` where whole runs hold it."""
    found = status_of(pool).get("holders")
    return [holder for holder in found if isinstance(holder, str)] if isinstance(found, list) else []


def waiters(pool: Json, now: Instant) -> Iterator[tuple[str, str]]:
    """The first in line, and how long they have waited; '' where that is not known."""
    for waiter in foreign.mappings(status_of(pool).get("waiters")):
        since = instant(waiter.get("since"))
        yield foreign.string(waiter.get("name")), "" if since is None else lasting(now - since)


def pool_of(seen: RunSeen, reason: str) -> Json | None:
    """The Pool that a reason names: `Pool: warehouse 1/1`."""
    if first_word(reason) != "Pool":
        return None
    name = reason.removeprefix("Pool: ").partition(" ")[0]
    return next((pool for pool in seen.pools or () if name_of(pool) == name), None)


def pool_before(seen: RunSeen, task: str) -> Json | None:
    """The Pool that the task waits for; without `task` the one for which the run has not started."""
    if task:
        return pool_of(seen, foreign.string(seen.entries.get(task, {}).get("reason")) or seen.message)
    return pool_of(seen, seen.message) if seen.phase == "Pending" else None


def place(seen: RunSeen, task: str, reason: str) -> str:
    """`3 of 12, for 4m10s`; empty if that is not known. The status of a Pool has the first few only, and of the tasks
    of a run that wait for the same only the first.
    """
    pool = pool_of(seen, reason)
    if pool is None:
        return ""
    waiting = foreign.integer(status_of(pool).get("waiting")) or 0
    for number, (name, since) in enumerate(waiters(pool, seen.now), 1):
        run, _, waiter = name.partition("/")
        if run == seen.name and waiter.partition("[")[0] in ("", task):
            of = f"{number} of {max(number, waiting)}"
            return f"{of}, for {since}" if since else of
    return f"behind the first of {waiting}" if waiting else ""


def freeing(seen: RunSeen, reason: str) -> tuple[Command, ...]:
    """The command that ends the first holder of the Pool that the reason names."""
    pool = pool_of(seen, reason)
    if pool is None:
        return ()
    name = name_of(pool)
    look = Command(("sluice", "why", f"pool/{name}"), "tells who holds it and who waits")
    return (look, *_stop(holders(pool), besides=seen.name))


def _stop(held_by: list[str], besides: str = "") -> Iterator[Command]:
    runs = [holder.partition("/")[0] for holder in held_by]
    others = [run for run in runs if run != besides]
    if others:
        yield Command(("sluice", "stop", others[0]), "frees its slots")
