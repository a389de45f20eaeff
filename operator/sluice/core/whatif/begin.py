"""The start of a run on a made-up cluster."""

from collections.abc import Sequence

from sluice.api.run import ApprovalDecision, WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core import Instant, Json
from sluice.core.pod.view import PodView
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.state import RunState
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.numbers import BadNumber
from sluice.core.spec.run_limits import RunLimits


def started(
    identity: RunIdentity,
    definition: Definition,
    settings: WorkflowSettings,
    spec: WorkflowRunSpec,
    shared: SharedLimits,
    now: Instant,
    status: Json | None = None,
    pods: Sequence[PodView] = (),
) -> RunState:
    """A run that starts now with the `status` of what it keeps of another, or goes on with its own status and pods."""
    try:
        limits = RunLimits.of(settings, spec, identity.values)
    except BadNumber:
        limits = RunLimits()
    orders = Orders(limits, spec.state or "Running")
    return restore(identity, "", definition, status=status or {}, pods=pods, now=now, orders=orders, shared=shared)


def approve(run: RunState) -> None:
    """Whatever it asks is approved at once."""
    asked = (task.definition.name for task in run.tasks.named if task.definition.approval is not None)
    run.set_approvals({name: ApprovalDecision(decision="Approve") for name in asked})
