"""What a Workflow is worth, judged once for each generation: its faults, and the name of its revision.

A Workflow of 2,000 tasks takes some tenths of a second to judge, and is looked at each time one of its runs moves on.
"""

from dataclasses import dataclass

from sluice.controller.kube.objects import Key, ObjectView
from sluice.core import Json
from sluice.core.base.errors import Fault
from sluice.core.base.naming import graph_of, revision_name
from sluice.core.validation import workflow_faults


@dataclass(frozen=True, slots=True)
class ValidationResult:
    uid: str
    generation: int
    faults: list[Fault]
    revision: str


class ValidationCache:
    """`chart_has_image`: has the operator a default image for tasks?"""

    def __init__(self, *, chart_has_image: bool) -> None:
        self._chart_has_image = chart_has_image
        self._known: dict[Key, ValidationResult] = {}

    def of(self, workflow: ObjectView) -> ValidationResult:
        known = self._known.get(workflow.key)
        if known is None or (known.uid, known.generation) != (workflow.uid, workflow.generation):
            manifest: Json = {"metadata": {"name": workflow.key.name}, "spec": workflow.spec}
            faults = workflow_faults(manifest, chart_has_image=self._chart_has_image)
            revision = revision_name(workflow.key.name, workflow.uid, graph_of(workflow.spec))
            known = self._known[workflow.key] = ValidationResult(workflow.uid, workflow.generation, faults, revision)
        return known

    def forget(self, key: Key) -> None:
        self._known.pop(key, None)
