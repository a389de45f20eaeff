"""How long something may take, and from what that is guessed."""

from collections.abc import Iterable
from statistics import median

from sluice.api.base import seconds
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.times import instant, lasting
from sluice.core.explain.seen import RunSeen
from sluice.core.run.time_accounting import TimeAccounting

_NOT_SEEN = "unknown: the earlier runs could not be read"
_UNKNOWN = "unknown: no run of it has succeeded yet, so there is nothing to go by"


def of_task(seen: RunSeen, task: str) -> str:
    """`2m as a rule (its expectedDuration)`, `8s (as in etl-g6)`, or `unknown`."""
    try:
        expected = seconds(foreign.string(seen.definitions.get(task, {}).get("expectedDuration")))
        return f"{lasting(expected)} as a rule (its expectedDuration)"
    except ValueError:
        pass
    if seen.kept is None:
        return _NOT_SEEN
    for run in seen.kept:
        entry = foreign.mapping(foreign.mapping(run.get("tasks")).get(task))
        if (took_s := _took_s(entry)) is not None:
            return f"{lasting(took_s)} (as in {foreign.string(run.get('name'))})"
    return "unknown: no run that could be read has done it"


def of_run(seen: RunSeen) -> str:
    """How long the run takes from its start to its end; of one that runs also how long is left."""
    if seen.kept is None:
        return _NOT_SEEN
    whole_s = whole_run_s(seen.kept)
    if whole_s is None:
        return _UNKNOWN
    count = len(_times_s(seen.kept))
    source = f"{lasting(whole_s)} in all, by {count} kept {'run' if count == 1 else 'runs'}"
    so_far_s = seen.took_s(seen.status)
    if so_far_s is None:
        return source
    left_s = whole_s - so_far_s
    return f"about {lasting(left_s)} left ({source})" if left_s > 0 else f"longer than as a rule already ({source})"


def whole_run_s(kept: Iterable[Json]) -> float | None:
    """How long earlier runs took, as a rule. None if there is nothing to go by."""
    times = _times_s(kept)
    return median(times) if times else None


def _times_s(kept: Iterable[Json]) -> list[float]:
    return [took for run in kept if (took := _took_s(run)) is not None]


def where_it_went(told: object) -> str:
    """The largest parts of `status.time`: `pool/warehouse 44m, running 31m`."""
    parts = [(kind, text) for kind, text in foreign.mapping(told).items() if isinstance(text, str)]
    return ", ".join(f"{kind} {text}" for kind, text in _largest(parts))


def _largest(parts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    spent = TimeAccounting.of(dict(parts)).spent_s
    return sorted(parts, key=lambda part: -spent[part[0]])[:5]


def _took_s(entry: Json) -> float | None:
    started_at, finished_at = instant(entry.get("startedAt")), instant(entry.get("finishedAt"))
    return None if started_at is None or finished_at is None else max(0.0, finished_at - started_at)
