"""One Workflow of ours in the making: the tasks that there are so far, and what has been lost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sluice.core import Json
from sluice.importers.argo.documents.library import Document, Library, Template
from sluice.importers.argo.documents.names import dns_label, free
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import UnknownTag
from sluice.importers.argo.expressions.scope import Draft, Scope
from sluice.importers.argo.expressions.tree import Untranslatable
from sluice.importers.report import Loss

_T = TypeVar("_T")
MAX_TASKS = 2000
NO_MEMORY = "it runs each time; `resumeFrom` keeps what has succeeded"
BY_DEFAULT = "computed here, by the defaults of the parameters"


class DocumentRefused(Exception):
    """A document that cannot be imported, and the line that says why."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(message)
        self.file, self.line = file, line


@dataclass(frozen=True, slots=True)
class Expansion:
    """The template that is being expanded: its scope, the prefix of its tasks' names, and those around it."""

    scope: Scope
    prefix: str = ""
    around: tuple[tuple[int, int], ...] = ()
    finally_: bool = False

    @property
    def template(self) -> Template:
        return self.scope.template

    def label(self, name: str) -> str:
        """The name that a task of ours has for a step or task called so, unless it is taken."""
        return dns_label(f"{self.prefix}-{name}" if self.prefix else name)


@dataclass(slots=True)
class DraftGraph:
    """`drafts` are in order."""

    library: Library
    drains: bool
    """Does nothing begin any more once a task has failed?"""
    drafts: list[Draft] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    parameters: dict[str, Json] = field(default_factory=dict)
    """Those that come with its tasks, by name."""
    handles: bool = False
    """Is there a task that runs because another has failed?"""
    has_hooks: bool = False

    def lose(
        self, document: Document, line: int, what: str, instead: str, task: str = "", *, left: bool = False
    ) -> None:
        loss = Loss(document.file, line, what, instead, task, left)
        if loss not in self.losses:
            self.losses.append(loss)

    def tell_unread(self, document: Document, fields: Iterable[tuple[Map, str]]) -> None:
        for said, key in fields:
            self.lose(document, said.line_of(key), f"the field '{key}'", "left out: it is not known here")

    def draft(self, name: str, scope: Scope, line: int, frame: Expansion) -> Draft:
        if len(self.drafts) >= MAX_TASKS:
            raise DocumentRefused(
                scope.template.document.file,
                line,
                f"has more than {MAX_TASKS} tasks; templates that call each other add up",
            )
        made = Draft(free(frame.label(name), {each.name for each in self.drafts}), scope.template, scope, line)
        if frame.finally_:
            made.fields["finally"] = True
        self.drafts.append(made)
        return made

    def read(
        self, read: Callable[[Scope], _T], scope: Scope, document: Document, line: int, what: str, task: str
    ) -> _T:
        """What `read` finds; where that has to be computed, by the defaults of parameters. Raises as `read` does."""
        try:
            return read(scope)
        except (UnknownTag, Untranslatable):
            found = read(replace(scope, by_default=True))
            self.lose(document, line, what, BY_DEFAULT, task)
            return found
