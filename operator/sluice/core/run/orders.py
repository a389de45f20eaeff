"""What others ask of a run while it is under way: people, its Workflow, and its parent run."""

from dataclasses import dataclass, field

from sluice.api.run import DesiredState
from sluice.core.spec.run_limits import RunLimits

STOPPED_BY_HAND = "the run was stopped"
RESUMED_BY_HAND = "spec.state is Running"


@dataclass(frozen=True, slots=True)
class Orders:
    """`why` is the reason of each task of a stopped run, `resumes_when` that of a suspended one. `replaced_by` is the
    run that takes the place of this one.
    """

    limits: RunLimits = field(default_factory=RunLimits)
    state: DesiredState = "Running"
    why: str = STOPPED_BY_HAND
    resumes_when: str = RESUMED_BY_HAND
    replaced_by: str = ""
