"""What differs between two runs: how long they took and why, what they were given, their graphs, and their tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.text import as_text, one_line
from sluice.core.base.times import lasting
from sluice.core.explain.seen import RunSeen, items_of
from sluice.core.run.time_accounting import TimeAccounting
from sluice.core.spec.changes import SAME, changes_of_tasks

_PARTS_SHOWN = 4
_LEAST_S = 1.0
_VALUE_WIDTH = 40
_NOTHING = "\N{EN DASH}"


class Difference(NamedTuple):
    """One thing that differs, as it is in either run. `words` say what that comes from."""

    label: str
    before: str
    after: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class TaskDifference:
    """A task or an item, by its phase and what there is to say of it. The phase is empty where the run has no such."""

    name: str
    before: tuple[str, str]
    after: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`names` are those of the runs."""

    names: tuple[str, str]
    rows: tuple[Difference, ...]
    tasks: tuple[TaskDifference, ...]
    unseen: tuple[str, ...] = ()
    """What could not be read, and would have told more."""

    def written(self) -> Json:
        """As JSON."""
        return {
            "runs": list(self.names),
            "differences": [row._asdict() for row in self.rows],
            "tasks": [
                {"name": each.name, "before": _entry(*each.before), "after": _entry(*each.after)} for each in self.tasks
            ],
            "unseen": list(self.unseen),
        }


def _entry(phase: str, words: str) -> Json | None:
    return {"phase": phase, "words": words} if phase else None


def compare(before: RunSeen, after: RunSeen) -> Comparison:
    """Of two runs, of one Workflow as a rule; `before` is the older one."""
    rows = [
        _row("workflow", before.workflow, after.workflow),
        _row("state", before.phase, after.phase),
        _time(before, after),
        _row("for", _scheduled(before), _scheduled(after)),
        *_maps("parameters", _parameters(before), _parameters(after)),
        *_graph(before, after),
        *_maps("outputs", _outputs(before), _outputs(after)),
    ]
    missing = [seen.name for seen in (before, after) if seen.graph is None]
    return Comparison(
        (before.name, after.name),
        tuple(row for row in rows if row is not None),
        tuple(_tasks(before, after)),
        (f"the graph of {' and '.join(missing)} (controllerrevisions)",) if missing else (),
    )


def _row(label: str, before: str, after: str, words: str = "") -> Difference | None:
    """None where both are the same."""
    return None if before == after else Difference(label, before or _NOTHING, after or _NOTHING, words)


def _scheduled(seen: RunSeen) -> str:
    return foreign.string(foreign.mapping(seen.run.get("spec")).get("scheduledTime"))


def _time(before: RunSeen, after: RunSeen) -> Difference | None:
    took = before.took_s(before.status), after.took_s(after.status)
    if took[0] is None or took[1] is None:
        first, second = ("" if each is None else lasting(each) for each in took)
        return _row("time", first, second)
    more_s = took[1] - took[0]
    if abs(more_s) < _LEAST_S:
        return None
    return Difference("time", lasting(took[0]), lasting(took[1]), f"{_signed(more_s)}{_parts(before, after)}")


def _parts(before: RunSeen, after: RunSeen) -> str:
    """What the tasks waited for more or less, and which of them ran for longer or shorter, the largest first."""
    spent = [TimeAccounting.of(seen.status.get("time")).spent_s for seen in (before, after)]
    more_s = {
        kind.replace("/", " "): spent[1].get(kind, 0.0) - spent[0].get(kind, 0.0)
        for kind in spent[0].keys() | spent[1].keys()
        if kind != "running"
    }
    for task, entry in after.entries.items():
        took = before.took_s(before.entries.get(task, {})), after.took_s(entry)
        if took[0] is not None and took[1] is not None:
            more_s[task] = took[1] - took[0]
    largest = sorted(more_s.items(), key=lambda part: (-abs(part[1]), part[0]))[:_PARTS_SHOWN]
    shown = [f"{name} {_signed(seconds)}" for name, seconds in largest if abs(seconds) >= _LEAST_S]
    return f": {', '.join(shown)}" if shown else ""


def _signed(seconds: float) -> str:
    return f"{'+' if seconds > 0 else '-'}{lasting(abs(seconds))}"


def _parameters(seen: RunSeen) -> Json:
    given = foreign.mapping(foreign.mapping(seen.run.get("spec")).get("arguments"))
    return given if seen.definition is None else seen.definition.values(given)


def _outputs(seen: RunSeen) -> Json:
    """Those of the run, as far as they are in its status."""
    try:
        return foreign.mapping(foreign.parse(foreign.string(seen.status.get("outputs"))))
    except ValueError:
        return {}


def _maps(label: str, before: Json, after: Json) -> Iterator[Difference]:
    """A row for each key whose value differs."""
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name) and (row := _row(label, _given(before, name), _given(after, name))):
            yield row


def _given(values: Json, name: str) -> str:
    return f"{name}={one_line(as_text(values[name]), _VALUE_WIDTH)}" if name in values else ""


def _graph(before: RunSeen, after: RunSeen) -> Iterator[Difference]:
    was, now = foreign.string(before.status.get("revision")), foreign.string(after.status.get("revision"))
    if not was or not now or was == now:
        return
    old, new = before.definition, after.definition
    words = ""
    if old is not None and new is not None:
        changes = (each for each in changes_of_tasks(old, new) if each.sign != SAME)
        words = "; ".join(f"{each.sign} {each.name} {each.words}" for each in changes) or "not its tasks"
    yield Difference("graph", was.rpartition("-")[2], now.rpartition("-")[2], words)


def _tasks(before: RunSeen, after: RunSeen) -> Iterator[TaskDifference]:
    for name in dict.fromkeys([*after.tasks, *before.tasks]):
        entries = before.entries.get(name, {}), after.entries.get(name, {})
        items = [items_of(entry) for entry in entries]
        if all(items):
            for index in sorted(items[0].keys() | items[1].keys()):
                ends = [each.get(index, {}).get("phase", "") for each in items]
                if ends[0] != ends[1]:
                    failures = [_failures(entry).get(index, "") for entry in entries]
                    yield TaskDifference(f"{name}[{index}]", (ends[0], failures[0]), (ends[1], failures[1]))
        elif _end(entries[0]) != _end(entries[1]):
            yield TaskDifference(name, _said(before, entries[0]), _said(after, entries[1]))


def _end(entry: Json) -> tuple[object, ...]:
    return entry.get("phase"), entry.get("exitCode"), entry.get("attempt")


def _said(seen: RunSeen, entry: Json) -> tuple[str, str]:
    took_s, attempt = seen.took_s(entry), foreign.integer(entry.get("attempt"))
    told = foreign.string(entry.get("message")) or foreign.string(entry.get("reason"))
    words = (
        "" if entry.get("phase") == "Succeeded" else one_line(told, _VALUE_WIDTH),
        f"attempt {attempt}" if attempt is not None and attempt > 1 else "",
        "" if took_s is None else lasting(took_s),
    )
    return foreign.string(entry.get("phase")), " ".join(filter(None, words))


def _failures(entry: Json) -> dict[int, str]:
    """What is said of a fan-out's items that failed."""
    told = foreign.mappings(foreign.mapping(entry.get("items")).get("failures"))
    return {
        index: one_line(foreign.string(each.get("message")) or foreign.string(each.get("reason")), _VALUE_WIDTH)
        for each in told
        if (index := foreign.integer(each.get("index"))) is not None
    }
