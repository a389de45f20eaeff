"""Texts with values in them: what Argo's `{{inputs.parameters.day}}` stands for, once it is known.

A `Text` is a tuple of literal parts and references. Argo fills values in as text before it looks at anything, so a
parameter whose value is known at import becomes part of the literal, and the rest becomes placeholders of ours.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.core.cel.diagnostics import path_text
from sluice.core.graph.placeholders import PLACEHOLDER
from sluice.importers.argo.documents.source import Map, scalar


@dataclass(frozen=True, slots=True)
class Ref:
    """A value of a run, by its path as conditions and placeholders spell it: `("tasks", "a", "outputs", "rows")`.

    With several `paths` it is the first that exists. `number`: conditions see a number there, no text. `cel`: how a
    condition reads it, if not by its path.
    """

    paths: tuple[tuple[str, ...], ...]
    number: bool = False
    cel: str = ""
    variable: str = ""
    """The environment variable that has it in every pod; empty if a task has to declare one."""
    source: Any = None
    """A `valueFrom` of the pod's environment, where the cluster has the value and not the run; empty if every pod has
    the variable.
    """
    hint: str = field(default="", compare=False)
    """What the author called it."""
    default: str | None = field(default=None, compare=False)
    """What it is where nobody says otherwise, if that is known at import."""

    @classmethod
    def to(cls, *path: str, number: bool = False, variable: str = "") -> "Ref":
        return cls((path,), number=number, variable=variable)

    @property
    def placeholder(self) -> str:
        if self.source is not None:
            return f"$({self.variable})"
        return f"$({' ?? '.join('.'.join(path) for path in self.paths)})"

    @property
    def condition(self) -> str:
        return self.cel or path_text(self.paths[0])

    @property
    def name(self) -> str:
        """A name for an environment variable that holds it."""
        if self.variable:
            return self.variable
        if self.hint:
            return self.hint
        root, *rest = self.paths[0]
        words = [rest[0], rest[-1]] if root == "tasks" else rest or [root]
        return re.sub(r"\W", "_", "_".join(words)).upper()


Text = tuple[str | Ref, ...]

FILL_IN = "FILL_IN"
"""Stands where a value cannot be known."""
TAG = re.compile(r"\{\{(?P<expression>=)?(?P<words>.*?)\}\}", re.DOTALL)


class UnknownTag(Exception):
    """A `{{…}}` that stands for nothing that we know."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


Resolve = Callable[[str, bool], Text | None]
"""What the words of a tag stand for, and whether they are an expression. None: leave it as it is."""


def parse(text: str, resolve: Resolve) -> Text:
    """Raises UnknownTag."""
    parts: list[str | Ref] = []
    end = 0
    for found in TAG.finditer(text):
        known = resolve(found["words"].strip(), found["expression"] is not None)
        if known is None:
            continue
        parts += [text[end : found.start()], *known]
        end = found.end()
    return join([*parts, text[end:]])


def join(parts: list[str | Ref] | Text) -> Text:
    """With neighbouring literals made one, and empty ones left out."""
    joined: list[str | Ref] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def literal(text: Text) -> str | None:
    """The text, if no reference is in it."""
    return "".join(part for part in text if isinstance(part, str)) if references(text) == [] else None


def usual(text: Text) -> str | None:
    """The text with the defaults of parameters in it; None if one has none."""
    parts = [part if isinstance(part, str) else part.default for part in text]
    return None if None in parts else "".join(filter(None, parts))


def references(text: Text) -> list[Ref]:
    return [part for part in text if isinstance(part, Ref)]


def is_of_cluster(text: Text) -> bool:
    """Has it a value that only the environment of a container has?"""
    return any(ref.source is not None for ref in references(text))


def placeholders(text: Text) -> str:
    """As a string of a task: what looks like a placeholder of ours and is none is doubled."""
    return "".join(
        part.placeholder if isinstance(part, Ref) else PLACEHOLDER.sub(lambda found: f"${found[0]}", part)
        for part in text
    )


def filled(node: Any, resolve: Resolve) -> Any:
    """A part of a template as plain JSON, its tags as placeholders. Raises UnknownTag."""
    if isinstance(node, str):
        return placeholders(parse(node, resolve))
    if isinstance(node, Map):
        return {key: filled(value, resolve) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(each, resolve) for each in node]
    return node


def plain(node: Any) -> Any:
    """A part of a template as plain JSON, as it is written."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    return [plain(each) for each in node] if isinstance(node, list) else node


def text_of(value: Any) -> str:
    """A parameter's value as Argo's text."""
    return "" if value is None else scalar(value)
