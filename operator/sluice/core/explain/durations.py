"""How long something may take, and from what that is known."""

from collections.abc import Iterable, Sequence
from statistics import median

from sluice.core.base import foreign
from sluice.core.base.times import lasting
from sluice.core.explain.seen import RunSeen
from sluice.core.run.time_accounting import TimeAccounting
from sluice.core.status.durations import BY_HINT, Sources, Took, took

_NOT_SEEN = "unknown: the earlier runs could not be read"
_UNKNOWN = "unknown: no run of it has succeeded yet, so there is nothing to go by"


def of_task(seen: RunSeen, task: str) -> str:
    """`2m00s (its expectedDuration)`, `8s (1 kept run)`, or `unknown`; of a fan-out that of one item. Empty of a
    task that needs no time of its own.
    """
    found = took_by(seen, task)
    if found is None:
        return _NOT_SEEN if seen.times is None else "unknown: no run that could be read has done it"
    of = " an item" if "forEach" in seen.definitions.get(task, {}) else ""
    return f"{span_of(found)}{of} ({source_of(found)})" if found.source else ""


def took_by(seen: RunSeen, task: str) -> Took | None:
    """By the sources in the order that a plan takes them. None if nothing says it."""
    definitions = () if seen.definition is None else seen.definition.tasks
    known = seen.times or Sources()
    return next((took(each, known) for each in definitions if each.name == task), None)


def span_of(found: Took) -> str:
    low, high = lasting(found.low_s), lasting(found.high_s)
    return low if low == high else f"{low} to {high}"


def source_of(found: Took) -> str:
    return "its expectedDuration" if found.source == BY_HINT else kept(found.runs)


def kept(runs: int) -> str:
    return f"{runs} kept {'run' if runs == 1 else 'runs'}"


def of_run(seen: RunSeen) -> str:
    """How long the run takes from its start to its end; of one that runs also how long is left."""
    if seen.whole_s is None:
        return _NOT_SEEN
    whole_s = whole_run_s(seen.whole_s)
    if whole_s is None:
        return _UNKNOWN
    source = f"{lasting(whole_s)} in all, by {kept(len(seen.whole_s))}"
    so_far_s = seen.took_s(seen.status)
    if so_far_s is None:
        return source
    left_s = whole_s - so_far_s
    return f"about {lasting(left_s)} left ({source})" if left_s > 0 else f"longer than as a rule already ({source})"


def whole_run_s(earlier_s: Sequence[float]) -> float | None:
    """How long a run takes as a rule, by what earlier ones took. None if there is nothing to go by."""
    return median(earlier_s) if earlier_s else None


def where_it_went(told: object) -> str:
    """The largest parts of `status.time`: `pool/warehouse 44m, running 31m`."""
    parts = [(kind, text) for kind, text in foreign.mapping(told).items() if isinstance(text, str)]
    return ", ".join(f"{kind} {text}" for kind, text in _largest(parts))


def _largest(parts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    spent = TimeAccounting.of(dict(parts)).spent_s
    return sorted(parts, key=lambda part: -spent[part[0]])[:5]
