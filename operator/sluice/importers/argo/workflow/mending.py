"""What would not pass lint is taken out and told, so that one field of a task does not cost the whole document.

A text becomes `FILL_IN`, a condition `false`, a loop one item; else the field goes, if the task is the same without it.
What a Workflow cannot be without is left as it is.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.validation import workflow_faults
from sluice.importers.argo.documents.text import FILL_IN

_ROUNDS = 8
_PLACE = re.compile(r"spec\.(?:(?P<holder>tasks\[(?P<number>\d+)\]|defaults)\.)?(?P<rest>.+)")
_STEP = re.compile(r"\.?([A-Za-z_][\w-]*)|\[(\d+)\]")
_TEXTS = frozenset({"command", "args", "env", "outputs", "image", "workflow"})
_SPARE = frozenset(
    {
        *("retries", "timeout", "deadline", "pools", "priority", "env", "envFrom", "resources", "nodeSelector"),
        *("tolerations", "serviceAccountName", "volumes", "volumeMounts", "podTemplate", "parallelism"),
    }
)
_INSTEAD: Json = {"when": "false", "forEach": {"items": [FILL_IN]}}

Left = Callable[[str, str, str], None]
"""Tells what is left to somebody: the task, if it is one's, what it is, and what stands in its place."""


def mend(manifest: Json, left: Left) -> list[Fault]:
    """The faults that are left in it."""
    faults = workflow_faults(manifest)
    for _ in range(_ROUNDS):
        found = {(place.holder, place.steps[0]): place for fault in reversed(faults) if (place := _Place.of(fault))}
        mended = [place.mend(manifest["spec"], left) for place in found.values()]
        if not any(mended):
            break
        faults = workflow_faults(manifest)
    return faults


@dataclass(frozen=True, slots=True)
class _Place:
    """Of a fault: in a task, the defaults, or the Workflow itself. In each field one is mended at a time."""

    holder: str
    number: int | None
    rest: str
    steps: tuple[int | str, ...]
    message: str

    @classmethod
    def of(cls, fault: Fault) -> "_Place | None":
        found = _PLACE.fullmatch(fault.path)
        steps = tuple(int(number) if number else name for name, number in _STEP.findall(found["rest"] if found else ""))
        if found is None or not steps:
            return None
        number = int(found["number"]) if found["number"] else None
        return cls(found["holder"] or "", number, found["rest"], steps, fault.message)

    def mend(self, spec: Json, left: Left) -> bool:
        holder = spec if not self.holder else spec["defaults"] if self.number is None else spec["tasks"][self.number]
        instead = _mended(holder, self.steps)
        if instead:
            left(holder["name"] if self.number is not None else "", self.rest, f"{instead}; {self.message}")
        return bool(instead)


def _mended(holder: Json, steps: Sequence[int | str]) -> str:
    """Mends the field at the path, and says what stands in its place; empty if nothing can."""
    field, within = steps[0], _within(holder, steps[:-1])
    value = _at(within, steps[-1])
    if isinstance(value, str) and "$(" in value and field in _TEXTS | _SPARE:
        within[steps[-1]] = FILL_IN
        return FILL_IN
    if field in _INSTEAD and holder.get(field, _INSTEAD[field]) != _INSTEAD[field]:
        holder[field] = _INSTEAD[field]
        return "the task is skipped" if field == "when" else f"one item, {FILL_IN}"
    if field not in _SPARE or field not in holder:
        return ""
    if len(steps) > 1 and isinstance(holder[field], list) and _at(holder[field], steps[1]) is not None:
        del holder[field][steps[1]]
    elif len(steps) > 1 and value is not None:
        del within[steps[-1]]
    else:
        del holder[field]
    return "left out"


def _within(node: Any, steps: Sequence[int | str]) -> Any:
    for step in steps:
        node = _at(node, step)
    return node


def _at(node: Any, step: Any) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else None
