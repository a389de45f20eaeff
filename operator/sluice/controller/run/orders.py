"""What a run that may start, or goes on, is told: by people, by its Workflow, by the runs beside and above it."""

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import ObjectView, workflow_of
from sluice.controller.run.admission import RunAdmission
from sluice.controller.run.live import LiveRuns
from sluice.core.graph.placeholders import Values
from sluice.core.quota.run_concurrency import Replaced
from sluice.core.run.orders import Orders
from sluice.core.spec.numbers import BadNumber
from sluice.core.spec.run_limits import RunLimits


def orders_for(
    seen: ObjectView,
    values: Values,
    workflow_uid: str,
    cache: Cache,
    live: LiveRuns,
    admission: RunAdmission,
    before: RunLimits,
) -> Orders:
    """`values` are those of its parameters. `before` are the limits of which it was told last: they stay if its
    Workflow is gone, or asks for a parameter that the run does not have.
    """
    workflow = cache.workflows.get(workflow_of(seen))
    if workflow is None or workflow.deleting or workflow.uid != workflow_uid:
        return Orders(before, "Stopped", "its Workflow was deleted")
    try:
        limits = RunLimits.of(workflow.spec_as(WorkflowSettings), seen.spec_as(WorkflowRunSpec), values)
    except BadNumber:
        limits = before
    if by := admission.replaced_by(seen):
        return Orders(limits, "Stopped", Replaced(by).words, replaced_by=by)
    return Orders(limits, *live.desired_state(seen))
