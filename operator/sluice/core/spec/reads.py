"""What a task's placeholders read of other tasks."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.base.text import as_text
from sluice.core.cel.variables import TaskResult
from sluice.core.graph.references import ENDS, Read, references


@dataclass(frozen=True, slots=True)
class Reads:
    tasks: tuple[str, ...]
    """All tasks of which anything is read. They must have ended."""
    outputs: tuple[Read, ...]
    """The outputs that must be there."""
    of_items: frozenset[tuple[str, str]]
    """In a fan-out, (task, key) of the outputs that each item gets: those that it reads outside `forEach`."""

    @classmethod
    def of(cls, fields: Json) -> "Reads":
        """From a task's manifest."""
        found = list(references(fields))
        outputs = [each for each in found if each.read.output]
        in_items = [each for each in outputs if not each.path.startswith(".forEach")] if "forEach" in fields else []
        return cls(
            tasks=tuple(dict.fromkeys(each.read.task for each in found)),
            outputs=tuple(dict.fromkeys(each.read for each in outputs)),
            of_items=frozenset((each.read.task, each.read.output) for each in in_items),
        )

    def values(self, results: Mapping[str, TaskResult]) -> dict[str, str]:
        """The values of the placeholders, given how tasks ended; what is absent of an end is empty."""
        found: dict[str, str] = {}
        for task in self.tasks:
            if (ended := results.get(task)) is not None:
                found |= {f"tasks.{task}.outputs.{key}": as_text(value) for key, value in ended.outputs.items()}
                found |= {f"tasks.{task}.{field}": as_text(ended.ends.get(field, "")) for field in ENDS}
        return found
