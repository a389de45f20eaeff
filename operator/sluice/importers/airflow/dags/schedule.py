"""When a Workflow runs, from a DAG's schedule, start date and catch-up.

Airflow 2 runs an interval once it is over: the first scheduled time is the end of the first interval after
`start_date`. Airflow 3 runs a cron expression at its times. What is left out differs, too: in Airflow 2 no schedule is
daily and catch-up is on, in Airflow 3 there is no schedule and catch-up is off.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sluice.core import Json
from sluice.core.triggers import cron
from sluice.importers.airflow.dags.values import duration, rfc3339, seconds_of, time_of
from sluice.importers.airflow.record.recording import Dag

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_LEAST_S = 60
_NOT_SAID = "not said"
_INTERVALS = ("CronDataIntervalTimetable", "DeltaDataIntervalTimetable")
_TRIGGERS = ("CronTriggerTimetable", "DeltaTriggerTimetable")


@dataclass(slots=True)
class Triggers:
    """`fields` of the Workflow's spec. `losses` are (what, instead)."""

    fields: Json = field(default_factory=dict)
    losses: list[tuple[str, str]] = field(default_factory=list)
    by_interval: bool = True
    """Is a run named after the start of its interval, rather than its own time?"""
    interval_s: int = 0
    """If not, how long before its time its interval begins: a timetable's `interval`."""


def schedule_of(dag: Dag, airflow: int, workflows: dict[str, list[str]]) -> Triggers:
    """`workflows`: by the URI of a dataset, the Workflows of the import that write it."""
    found = Triggers(by_interval=airflow < 3)  # noqa: PLR2004
    said = dag.schedule
    if said == _NOT_SAID:
        said = {"$seconds": 86400} if airflow < 3 else None  # noqa: PLR2004
    zone = _zone(dag)
    if isinstance(said, dict) and "$timetable" in said:
        said, zone = _timetable(said, zone, found)
    if said is None:
        found.fields["trigger"] = "Manual"
    elif said == "@once":
        pass  # a Workflow runs once when it is first seen
    elif isinstance(said, str) and (said in PRESETS or not said.startswith("@")):
        _by_cron(said, zone, dag, airflow, found)
    elif (seconds := seconds_of(said)) is not None and seconds >= _LEAST_S:
        _by_interval(seconds, dag, airflow, found)
    elif (uris := _assets(said)) is not None:
        _after(uris, workflows, found)
    else:
        found.fields["trigger"] = "Manual"
        found.losses.append((f"schedule {_shown(said)}", "it is run by hand; write a `schedule`"))
    return found


def _timetable(said: Json, zone: str, found: Triggers) -> tuple[Any, str]:
    kind, args, kwargs = said.get("$timetable"), said.get("args") or [None], said.get("kwargs") or {}
    if kind in (*_INTERVALS, *_TRIGGERS):
        found.by_interval = kind in _INTERVALS
        if "interval" in kwargs:
            _begin_earlier(kwargs["interval"], found)
        named = kwargs.get("timezone")
        zone = named if isinstance(named, str) else _zone_name(named) or zone
        return kwargs.get("cron", kwargs.get("delta", args[0])), zone
    return said, zone


def _begin_earlier(interval: Any, found: Triggers) -> None:
    seconds = seconds_of(interval)
    found.interval_s = seconds or 0
    if seconds is None:
        found.losses.append(
            ("interval of the timetable", "in scripts and fields the interval begins at the run's time")
        )


def _by_cron(said: str, zone: str, dag: Dag, airflow: int, found: Triggers) -> None:
    expression = PRESETS.get(said, said)
    if words := cron.fault(expression):
        found.fields["trigger"] = "Manual"
        found.losses.append((f"schedule {said!r}", f"it is run by hand, as the expression cannot be read: {words}"))
        return
    spec: Json = {"cron": expression}
    if zone != "UTC":
        spec["timeZone"] = zone

    def times(when: datetime) -> Iterator[datetime]:
        return (datetime.fromtimestamp(each, UTC) for each in cron.after(expression, ZoneInfo(zone), when.timestamp()))

    start, end = time_of(dag.start_date), time_of(dag.end_date)
    if start is not None:
        ticks = list(islice(times(start - timedelta(seconds=1)), 2))
        if len(ticks) == 2:  # noqa: PLR2004
            spec["startAt"] = rfc3339(ticks[1] if found.by_interval else ticks[0])
    if end is not None:
        spec["endAt"] = rfc3339(next(times(end)) if found.by_interval else end)
    _finish(spec, dag, airflow, found)


def _by_interval(seconds: int, dag: Dag, airflow: int, found: Triggers) -> None:
    spec: Json = {"every": duration(seconds)}
    start, end = time_of(dag.start_date), time_of(dag.end_date)
    shift = timedelta(seconds=seconds if found.by_interval else 0)
    if start is not None:
        spec["startAt"] = rfc3339(start + shift)
    if end is not None:
        spec["endAt"] = rfc3339(end + shift)
    _finish(spec, dag, airflow, found)


def _finish(spec: Json, dag: Dag, airflow: int, found: Triggers) -> None:
    catch_up = dag.fields.get("catchup", airflow < 3)  # noqa: PLR2004
    spec["catchUp"] = "All" if catch_up is True and "startAt" in spec else "LatestAtOnce"
    found.fields["schedule"] = spec


def _zone(dag: Dag) -> str:
    return _zone_name(dag.start_date) or "UTC"


def _zone_name(value: Any) -> str | None:
    name = value.get("zone") if isinstance(value, dict) else None
    return name if isinstance(name, str) and name in cron.zones() else None


def _assets(said: Any) -> list[str] | None:
    """Of a schedule that waits for all of some datasets."""
    if isinstance(said, dict) and "$asset" in said:
        return [str(said["$asset"])]
    if isinstance(said, dict) and said.get("$assets") == "and":
        said = said["parts"]
    if not isinstance(said, list) or not said:
        return None
    found = [_assets(each) for each in said]
    return None if any(each is None for each in found) else [uri for each in found for uri in each or ()]


def _after(uris: list[str], workflows: dict[str, list[str]], found: Triggers) -> None:
    missing = sorted({uri for uri in uris if not workflows.get(uri)})
    if missing:
        found.fields["trigger"] = "Manual"
        instead = "it is run by hand, as no DAG among the files writes it; import the one that does along with it"
        found.losses.append((f"dataset {', '.join(missing)}", instead))
        return
    several = sorted({uri for uri in uris if len(workflows[uri]) > 1})
    if several:
        found.losses.append((f"dataset {', '.join(several)}", "several DAGs write it; it waits for all of them"))
    names = dict.fromkeys(name for uri in uris for name in workflows[uri])
    found.fields["after"] = [{"workflow": name} for name in names]


def _shown(said: Any) -> str:
    if isinstance(said, dict) and "$assets" in said:
        return "by any of several datasets"
    if isinstance(said, dict):
        return str(said.get("$unknown") or said.get("$timetable") or said.get("$object") or "of this kind")[:80]
    return "of a kind that is not known" if isinstance(said, list) else repr(said)[:80]
