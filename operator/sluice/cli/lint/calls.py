"""Circles of calls, over the Workflows among the same files, in which runs could wait for each other for ever."""

from collections.abc import Mapping

from sluice.api.workflow import WorkflowSettings
from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.quota.calls import CalledWorkflow, circles_that_may_wait, why_circle


def circles_of_calls(workflows: Mapping[int, Json]) -> dict[int, Fault]:
    """By number, a fault of the `concurrency` of one Workflow of each circle. `workflows` are manifests, not validated,
    by number. One without a namespace could be applied to any.
    """
    specs = {number: spec for number, workflow in workflows.items() if isinstance(spec := workflow.get("spec"), dict)}
    called = {number: CalledWorkflow.of(spec, WorkflowSettings.read_usable(spec)) for number, spec in specs.items()}
    places = {number: _place(workflows[number]) for number in called}
    faults: dict[int, Fault] = {}
    for namespace in sorted({namespace for namespace, _ in places.values()}):
        there = {name: number for number, (other, name) in places.items() if other in ("", namespace)}
        for circle in circles_that_may_wait({name: called[number] for name, number in there.items()}):
            faults[there[circle[0]]] = Fault("spec.concurrency", why_circle(circle))
    return faults


def _place(workflow: Json) -> tuple[str, str]:
    """The namespace, empty if none is given, and the name."""
    metadata = workflow.get("metadata")
    found = metadata if isinstance(metadata, dict) else {}
    return str(found.get("namespace", "")), str(found.get("name", ""))
