"""Operators that ask what day or what time it is."""

import datetime

from .operators import BaseBranchOperator, BaseSensorOperator, family

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BY_RUN = ("use_task_logical_date", "use_task_execution_day", "use_task_execution_date")


def _now(operator, context):
    """The time of the run, if the operator says so; else that of the clock, where the DAG is."""
    if any(operator.fields.get(name) for name in _BY_RUN):
        return context["logical_date"]
    zone = getattr(operator.dag.start_date, "tzinfo", None)
    return datetime.datetime.now(zone or datetime.timezone.utc)


def _is_its_day(operator, context):
    said = operator.fields["week_day"]
    days = {str(day).lower() for day in ([said] if isinstance(said, str) else said)}
    return DAYS[_now(operator, context).weekday()] in days


@family()
class BranchDayOfWeekOperator(BaseBranchOperator):
    def choose_branch(self, context):
        return self.fields[f"follow_task_ids_if_{str(_is_its_day(self, context)).lower()}"]


@family()
class DayOfWeekSensor(BaseSensorOperator):
    def poke(self, context):
        return _is_its_day(self, context)


@family()
class BranchDateTimeOperator(BaseBranchOperator):
    """Between two moments; of two times of a day the second may be that of the next."""

    def choose_branch(self, context):
        now = _now(self, context).astimezone(datetime.timezone.utc)
        lower, upper = (_moment(self.fields.get(f"target_{name}"), now) for name in ("lower", "upper"))
        if lower and upper and upper < lower and isinstance(self.fields["target_upper"], datetime.time):
            upper += datetime.timedelta(days=1)
        is_between = (lower is None or lower <= now) and (upper is None or now <= upper)
        return self.fields[f"follow_task_ids_if_{str(is_between).lower()}"]


@family(names=["TimeSensorAsync"])
class TimeSensor(BaseSensorOperator):
    def poke(self, context):
        now = _now(self, context)
        return now > _moment(self.fields["target_time"], now)


def _moment(said, now):
    """A time of the day of `now`; without a zone it is that of `now`."""
    if isinstance(said, datetime.time):
        said = datetime.datetime.combine(now.date(), said)
    return said if said is None or said.tzinfo else said.replace(tzinfo=now.tzinfo)
