"""What a task's placeholders read of other tasks."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.base.text import as_text
from sluice.core.cel.variables import TaskVariable
from sluice.core.graph.placeholders import parts_of, placeholders_of
from sluice.core.graph.references import ENDS, TaskRead, optional_tasks, references


@dataclass(frozen=True, slots=True)
class Reads:
    tasks: tuple[str, ...]
    """All tasks of which anything is read. They must have ended."""
    keys: Mapping[str, tuple[str, ...]]
    """Of each, the outputs that are read."""
    outputs: tuple[tuple[TaskRead, ...], ...]
    """The outputs of which one each must be there: mostly one."""
    optional: frozenset[str]
    """See `optional_tasks`."""
    of_items: frozenset[tuple[str, str]]
    """In a fan-out, (task, key) of the outputs that each item gets: those that it reads outside `forEach`."""

    @classmethod
    def of(cls, fields: Json) -> "Reads":
        """From a task's manifest."""
        found = list(references(fields))
        if not found:
            return _NOTHING
        outputs = [each for each in found if each.read.output]
        in_items = [each for each in outputs if not each.path.startswith(".forEach")] if "forEach" in fields else []
        placeholders = dict.fromkeys(words for _, words in placeholders_of(fields))
        keys: dict[str, dict[str, None]] = {each.read.task: {} for each in found}
        for each in outputs:
            keys[each.read.task][each.read.output] = None
        choices = [tuple(map(TaskRead.of, parts_of(words))) for words in placeholders]
        return cls(
            tasks=tuple(keys),
            keys={task: tuple(of_task) for task, of_task in keys.items()},
            outputs=tuple(tuple(filter(None, reads)) for reads in choices if all(it and it.output for it in reads)),
            optional=optional_tasks(fields),
            of_items=frozenset((each.read.task, each.read.output) for each in in_items),
        )

    def values(self, results: Mapping[str, TaskVariable]) -> dict[str, str]:
        """The values of the placeholders, given how tasks ended; what is absent of an end is empty. Others hand on what
        they like: no more of it is written out than is read.
        """
        found: dict[str, str] = {}
        for task, keys in self.keys.items():
            if (ended := results.get(task)) is not None:
                there = (key for key in keys if key in ended.outputs)
                found |= {f"tasks.{task}.outputs.{key}": as_text(ended.outputs[key]) for key in there}
                found |= {f"tasks.{task}.{field}": as_text(ended.ends.get(field, "")) for field in ENDS}
        return found


_NOTHING = Reads(tasks=(), keys={}, outputs=(), optional=frozenset(), of_items=frozenset())
