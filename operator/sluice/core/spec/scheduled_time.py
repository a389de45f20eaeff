"""The time of a schedule that a run is for, as its tasks see it.

As in Airflow, a run at the end of an interval is about what came since the time before: from `intervalStart` (with it)
to `intervalEnd` (without it). Other than there, a run is called after the time at which it is made, the interval's end.

A run that no schedule made has none of them: they are empty strings, so that a person can try the Workflow by hand.
Who needs them then says `spec.scheduledTime` and `spec.intervalStart` in the run.
"""

from dataclasses import dataclass

from sluice.api.run import WorkflowRunSpec

SCHEDULE_VARIABLES = {
    "scheduledTime": "SLUICE_SCHEDULED_TIME",
    "intervalStart": "SLUICE_INTERVAL_START",
    "intervalEnd": "SLUICE_INTERVAL_END",
}
"""The words after `run.`, and the variables in the environment."""


@dataclass(frozen=True, slots=True)
class ScheduledTime:
    """As the run's spec has them: RFC 3339, empty if it says nothing."""

    time: str = ""
    interval_start: str = ""

    @classmethod
    def of(cls, run: WorkflowRunSpec) -> "ScheduledTime":
        return cls(run.scheduled_time or "", run.interval_start or "")

    @property
    def values(self) -> dict[str, str]:
        return {"scheduledTime": self.time, "intervalStart": self.interval_start, "intervalEnd": self.time}

    @property
    def variables(self) -> dict[str, str]:
        return {SCHEDULE_VARIABLES[name]: value for name, value in self.values.items()}


NOT_SCHEDULED = ScheduledTime()
