"""The graph that a `@workflow` function builds while it runs: each call of a task in it adds a node."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sluice.core import Json
from sluice.sdk.faults import Mistake, Place, here

if TYPE_CHECKING:
    from sluice.sdk.task import Task
    from sluice.sdk.workflow import Workflow


@dataclass(eq=False, slots=True)
class TaskNode:
    """One task of the manifest. `fields` are the manifest's, without name and dependencies."""

    name: str
    place: Place
    fields: Json
    function: "Task[..., Any] | None" = None
    depends_on: dict[str, None] = field(default_factory=dict)
    calls: "Workflow[..., Any] | None" = None

    def manifest(self) -> Json:
        order = {"dependsOn": list(self.depends_on)} if self.depends_on else {}
        return {"name": self.name} | order | self.fields


@dataclass(eq=False, slots=True)
class WorkflowGraph:
    nodes: dict[str, TaskNode] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    group: str | None = None

    def add(self, node: TaskNode) -> None:
        """A name that is taken is a mistake."""
        if (first := self.nodes.get(node.name)) is not None:
            words = f"a task is called '{node.name}' already, in line {first.place.line}; give this one another name"
            if node.function is not None:
                words += f": {node.function.function.__name__}.with_(name='{node.name}-2')(...)"
            self.mistakes.append(Mistake(node.place, words))
            return
        if self.group is not None:
            node.fields.setdefault("group", self.group)
        self.nodes[node.name] = node

    def mistake(self, message: str) -> None:
        """One that does not keep the rest from being built."""
        self.mistakes.append(Mistake(here(), message))


_CURRENT: ContextVar[WorkflowGraph | None] = ContextVar("graph", default=None)


def current() -> WorkflowGraph | None:
    """The graph that is being built; None outside of a `@workflow` function."""
    return _CURRENT.get()


@contextmanager
def building(graph: WorkflowGraph) -> Iterator[WorkflowGraph]:
    token = _CURRENT.set(graph)
    try:
        yield graph
    finally:
        _CURRENT.reset(token)
