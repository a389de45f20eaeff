"""The scheduled time of a run, and the interval that it covers, as its tasks see them.

As in Airflow, a run covers the data interval that ends at its scheduled time: `intervalStart` is included,
`intervalEnd` is not. Unlike in Airflow, the run is named after the end of the interval, which is when it starts.
https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dag-run.html#data-interval

For a run without a schedule they are empty strings, so that a Workflow can be tried by hand; `spec.scheduledTime` and
`spec.intervalStart` of the run set them.
"""

from dataclasses import dataclass

from sluice.api.run import WorkflowRunSpec

SCHEDULE_VARIABLES = {
    "scheduledTime": "SLUICE_SCHEDULED_TIME",
    "intervalStart": "SLUICE_INTERVAL_START",
    "intervalEnd": "SLUICE_INTERVAL_END",
}
"""The word after `run.`, and the environment variable with the same value."""


@dataclass(frozen=True, slots=True)
class ScheduledTime:
    """RFC 3339 as in the run's spec; empty if absent."""

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
