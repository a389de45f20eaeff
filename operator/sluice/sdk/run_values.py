"""What a run knows of itself: `run.name`, `run.scheduled_time`. References, as what tasks return."""

from datetime import datetime
from typing import Any, cast

from sluice.sdk.reference import Reference, graph_for


class RunValues:
    """Only inside of a `@workflow` function. The times of a run without a schedule are empty, or None where the
    annotation of the parameter that takes them allows that.
    """

    @property
    def name(self) -> str:
        return cast("str", _value("name", str))

    @property
    def started_at(self) -> datetime:
        return cast("datetime", _value("startedAt", datetime))

    @property
    def scheduled_time(self) -> datetime:
        """When the schedule says that it starts, however late it is."""
        return cast("datetime", _value("scheduledTime", datetime))

    @property
    def interval_start(self) -> datetime:
        """The scheduled time before, where the data begin that the run is for."""
        return cast("datetime", _value("intervalStart", datetime))

    @property
    def phase(self) -> str:
        """For `finally_` tasks: how the run has ended."""
        return cast("str", _value("phase", str))

    @property
    def duration(self) -> int:
        """For `finally_` tasks: seconds."""
        return cast("int", _value("duration", int))


def _value(field: str, hint: Any) -> Reference:
    graph_for(f"run.{field}")
    return Reference(f"run.{field}", hint)


run = RunValues()
