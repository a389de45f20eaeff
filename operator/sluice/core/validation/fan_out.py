"""Faults of `forEach`."""

import math
import re
from collections.abc import Iterator

from sluice.api.for_each import MAX_ITEMS, MAX_ITEMS_OF_RUN, ForEachSpec, Range
from sluice.core.base import foreign
from sluice.core.base.faults import Fault, Hint
from sluice.core.graph.placeholders import PLACEHOLDER
from sluice.core.validation.manifest import ParsedManifest, names_with

_WAYS = {"items": "items", "range": "range", "matrix": "matrix", "from_": "from", "same_as": "sameAs"}
_COMBINATIONS_AT_MOST = 10 * MAX_ITEMS  # before any are excluded
_COMPARISONS_AT_MOST = 10 * _COMBINATIONS_AT_MOST
_PERCENTAGE = re.compile(r"(100|[0-9]{1,2})%")


def fan_outs(found: ParsedManifest) -> Iterator[Fault]:
    yield from _too_many(found)
    yield from _too_many_to_compare(found)
    names = set(found.names)
    over_items = names_with("forEach", found.raw)
    for number, task in found.tasks.items():
        if task.for_each is None:
            continue
        path, for_each = f"spec.tasks[{number}].forEach", task.for_each
        yield from _one_way(for_each, path)
        yield from _countable(for_each, path)
        yield from _matrix(for_each, path)
        yield from _min_success(for_each, path)
        if (leader := for_each.same_as) is None:
            continue
        if leader in names and leader not in over_items:
            yield Fault(f"{path}.sameAs", f"'{leader}' has no `forEach`, so there are no items to go by")
        elif leader not in names:
            yield Fault(f"{path}.sameAs", f"no task is called '{leader}'", Hint(leader, over_items))
        if leader in (task.depends_on or ()):
            place = (task.depends_on or []).index(leader)
            words = f"'{task.name}' goes by the items of '{leader}', each after its own; remove it from the list"
            yield Fault(f"spec.tasks[{number}].dependsOn[{place}]", words)


def item_sources(found: ParsedManifest) -> dict[int, ForEachSpec]:
    """By the number of each fan-out, the `forEach` that says its items: its own, or that of the fan-out at the end of
    its `sameAs`.
    """
    fan_outs = {number: task.for_each for number, task in found.tasks.items() if task.for_each is not None}
    number_of = {found.names[number]: number for number in reversed(fan_outs)}
    sources: dict[int, ForEachSpec] = {}
    for number, for_each in fan_outs.items():
        followed = {number: None}
        leader = number_of.get(for_each.same_as)
        while leader is not None and leader not in sources and leader not in followed:
            followed[leader] = None
            leader = number_of.get(fan_outs[leader].same_as)
        known = None if leader is None else sources.get(leader)
        sources |= dict.fromkeys(followed, known or fan_outs[next(reversed(followed))])
    return sources


def _too_many(found: ParsedManifest) -> Iterator[Fault]:
    total = sum(map(_count, item_sources(found).values()))
    if total > MAX_ITEMS_OF_RUN:
        words = f"their forEach have {total} items in all; at most {MAX_ITEMS_OF_RUN} fit into the status of a run"
        yield Fault("spec.tasks", f"{words}. Use `batch`, or let some of them run another Workflow")


def _count(for_each: ForEachSpec) -> int:
    """How many items it has as far as the manifest says, in batches."""
    count = len(for_each.items or ())
    if for_each.range is not None:
        count = _numbers(for_each.range)
    elif for_each.matrix is not None and not for_each.exclude:
        count = math.prod(map(len, for_each.matrix.values()))
    return math.ceil(min(count, MAX_ITEMS) / (for_each.batch or 1))


def _numbers(said: Range) -> int:
    """How many there are; 0 if that is not known."""
    if isinstance(said.start, str) or isinstance(said.end, str):
        return 0
    return len(range(said.start, said.end, said.step))


def _one_way(for_each: ForEachSpec, path: str) -> Iterator[Fault]:
    ways = [name for field, name in _WAYS.items() if getattr(for_each, field) is not None]
    if not ways:
        yield Fault(path, "says no items; give one of items, range, matrix, from or sameAs")
    if len(ways) > 1:
        yield Fault(path, f"says its items in {len(ways)} ways, {' and '.join(ways)}; keep one")
    if for_each.batch is not None and for_each.same_as is not None:
        words = f"the items are those of '{for_each.same_as}', in batches if it has some; remove it here"
        yield Fault(f"{path}.batch", words)


def _countable(for_each: ForEachSpec, path: str) -> Iterator[Fault]:
    if for_each.range is not None:
        count = _numbers(for_each.range)
        if count > MAX_ITEMS:
            yield Fault(f"{path}.range", f"has {count} numbers; at most {MAX_ITEMS} items are possible")
    text = for_each.from_
    if text is not None and not PLACEHOLDER.search(text) and not _is_list(text):
        yield Fault(f"{path}.from", f"'{text}' is no JSON list; write for example $(params.files), or use `items`")


def _is_list(text: str) -> bool:
    try:
        return isinstance(foreign.parse(text), list)
    except ValueError:
        return False


def _matrix(for_each: ForEachSpec, path: str) -> Iterator[Fault]:
    matrix = for_each.matrix or {}
    combinations = math.prod(map(len, matrix.values()))
    kinds = _kinds(for_each)
    if combinations * kinds > _COMPARISONS_AT_MOST:
        words = f"names {kinds} different sets of keys, each to be looked up in {combinations} combinations"
        yield Fault(f"{path}.exclude", f"{words}; name the same keys in all of them")
    if combinations > (_COMBINATIONS_AT_MOST if for_each.exclude else MAX_ITEMS):
        yield Fault(f"{path}.matrix", f"has {combinations} combinations; at most {MAX_ITEMS} items are possible")
    if for_each.exclude is not None and for_each.matrix is None:
        yield Fault(f"{path}.exclude", "leaves combinations out of a matrix, and there is none; remove it")
        return
    for place, unwanted in enumerate(for_each.exclude or ()):
        for key in unwanted.keys() - matrix.keys():
            yield Fault(f"{path}.exclude[{place}].{key}", "the matrix has no such key", Hint(key, matrix))


def _kinds(for_each: ForEachSpec) -> int:
    """How many different sets of keys `exclude` names."""
    return len({frozenset(unwanted) for unwanted in for_each.exclude or ()})


def _too_many_to_compare(found: ParsedManifest) -> Iterator[Fault]:
    """Of one task `_matrix` says it. All may be expanded in one look at the run."""
    each = [
        math.prod(map(len, (task.for_each.matrix or {}).values())) * _kinds(task.for_each)
        for task in found.tasks.values()
        if task.for_each is not None
    ]
    if sum(each) > _COMPARISONS_AT_MOST >= max(each, default=0):
        words = (
            f"their matrices are looked up {sum(each)} times for `exclude`; at most {_COMPARISONS_AT_MOST} are possible"
        )
        yield Fault("spec.tasks", f"{words}. Let several go by the items of one, by `sameAs`")


def _min_success(for_each: ForEachSpec, path: str) -> Iterator[Fault]:
    needed = for_each.min_success
    if isinstance(needed, str) and not _PERCENTAGE.fullmatch(needed):
        yield Fault(f"{path}.minSuccess", f"'{needed}' is neither a number nor a percentage; write for example 90%")
    if isinstance(needed, int) and needed < 0:
        yield Fault(f"{path}.minSuccess", "must not be negative")
