"""What a run is told from outside while it goes on: by people, by its Workflow, and by the run that made it."""

from dataclasses import dataclass, field

from sluice.api.run import DesiredState
from sluice.core.spec.run_limits import RunLimits

STOPPED_BY_HAND = "the run was stopped"
RESUMED_BY_HAND = "spec.state is Running"


@dataclass(frozen=True, slots=True)
class Orders:
    """`why` is what the tasks of a stopped run say, `resumes_when` those of a suspended one. `replaced_by` is the run
    for which this one is stopped.
    """

    limits: RunLimits = field(default_factory=RunLimits)
    state: DesiredState = "Running"
    why: str = STOPPED_BY_HAND
    resumes_when: str = RESUMED_BY_HAND
    replaced_by: str = ""
