"""What an import came to: the objects that were made, each loss with its place, and what was refused.

An importer fills a `Result`. Exit codes: 0 all is as it was, 3 something is lost, 1 something was refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sluice.core import Json
from sluice.core.base.foreign import mapping, mappings

EXACT, REFUSED, WITH_LOSSES = 0, 1, 3

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """What the manifest does not do as its source did. It becomes a comment in the manifest, too.

    `task` is the task's name in the manifest; without it the loss is that of the whole object. `left`: nothing stands
    in its place, and somebody has to fill it in.
    """

    file: str
    line: int
    what: str
    instead: str
    task: str = ""
    left: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.instead}"


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """A sentence about a place in a source: why it was refused, or a note, by which nothing is lost."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Imported:
    """An object that was made, and what was lost on the way."""

    manifest: Json
    losses: Sequence[Loss] = ()
    source: str = ""
    """The file that it was made of."""

    @property
    def name(self) -> str:
        return str(mapping(self.manifest.get("metadata")).get("name", ""))

    @property
    def tasks(self) -> list[str]:
        return [str(task.get("name")) for task in mappings(mapping(self.manifest.get("spec")).get("tasks"))]


@dataclass(slots=True)
class Result:
    """Of all files of one import."""

    objects: list[Imported] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    @property
    def losses(self) -> list[Loss]:
        return sorted({loss for each in self.objects for loss in each.losses})

    @property
    def exit_code(self) -> int:
        if self.refused or not self.objects:
            return REFUSED
        return WITH_LOSSES if self.losses else EXACT

    def add(self, other: "Result") -> None:
        self.objects += other.objects
        self.refused += other.refused
        self.notes += other.notes

    def summary(self) -> str:
        """As in `38 tasks: 35 exact, 2 nearly (line 41: depends_on_past), 1 left to you (line 77: SqlOperator)`."""
        total = sum(len(each.tasks) for each in self.objects)
        left = {(each.name, loss.task) for each in self.objects for loss in each.losses if loss.left and loss.task}
        lossy = {(each.name, loss.task) for each in self.objects for loss in each.losses if loss.task}
        parts = [f"{total - len(lossy)} exact"]
        if nearly := len(lossy - left):
            parts.append(f"{nearly} nearly{self._places(loss for loss in self.losses if loss.task and not loss.left)}")
        if left:
            parts.append(
                f"{len(left)} left to you{self._places(loss for loss in self.losses if loss.task and loss.left)}"
            )
        if whole := [loss for loss in self.losses if not loss.task]:
            parts.append(f"{_count(len(whole), 'loss', 'losses')} of whole Workflows{self._places(whole)}")
        if self.refused:
            parts.append(f"{len(self.refused)} refused")
        return f"{_count(total, 'task', 'tasks')}: {', '.join(parts)}"

    def _places(self, losses: Iterable[Loss]) -> str:
        """Where they are; with the file's name if the result is made of several."""
        several = len({loss.file for loss in self.losses}) > 1
        places = [
            f"{loss.file}:{loss.line}: {loss.what}" if several else f"line {loss.line}: {loss.what}" for loss in losses
        ]
        more = ["..."] if len(places) > _MOST_NAMED else []
        return f" ({'; '.join(places[:_MOST_NAMED] + more)})" if places else ""


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
