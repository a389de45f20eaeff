"""Validates each generation of a Workflow once, and remembers its faults and the name of its revision.

Validating 2,000 tasks takes about 0.1 s, and a Workflow is reconciled whenever one of its runs changes.
"""

from dataclasses import dataclass

from sluice.controller.kube.objects import Key, ObjectView
from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.base.naming import change_of, graph_of, revision_name
from sluice.core.triggers.resume import asks_people
from sluice.core.validation import workflow_faults


@dataclass(frozen=True, slots=True)
class ValidationResult:
    uid: str
    generation: int
    faults: list[Fault]
    revision: str
    change: str
    asks_people: bool
    """It has a task that is an approval; False if it has faults."""


class ValidationCache:
    """`chart_has_image`: the operator has a default image for tasks."""

    def __init__(self, *, chart_has_image: bool) -> None:
        self._chart_has_image = chart_has_image
        self._known: dict[Key, ValidationResult] = {}

    def of(self, workflow: ObjectView) -> ValidationResult:
        known = self._known.get(workflow.key)
        if known is None or (known.uid, known.generation) != (workflow.uid, workflow.generation):
            manifest: Json = {"metadata": {"name": workflow.key.name}, "spec": workflow.spec}
            faults = workflow_faults(manifest, chart_has_image=self._chart_has_image)
            graph = graph_of(manifest["spec"])
            revision = revision_name(workflow.key.name, workflow.uid, graph)
            asks = not faults and asks_people(manifest["spec"])
            known = ValidationResult(workflow.uid, workflow.generation, faults, revision, change_of(graph), asks)
            self._known[workflow.key] = known
        return known

    def forget(self, key: Key) -> None:
        self._known.pop(key, None)
