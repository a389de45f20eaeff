"""A CronWorkflow's times. https://argo-workflows.readthedocs.io/en/latest/cron-workflows/"""

import re
from dataclasses import dataclass, field

from sluice.core import Json
from sluice.importers.argo.documents.durations import duration, spelled
from sluice.importers.argo.documents.source import Map

_ZONE = re.compile(r"(?:CRON_)?TZ=(?P<zone>\S+)\s+")
_POLICIES = {"Allow": "Allow", "Forbid": "Forbid", "Replace": "Replace"}


@dataclass(slots=True)
class Scheduled:
    """Fields of our Workflow's spec. `losses` are by the key that they stand under."""

    spec: Json = field(default_factory=dict)
    losses: list[tuple[str, str]] = field(default_factory=list)


def scheduled(cron: Map) -> Scheduled:
    """Of the spec of a CronWorkflow. What is missed while nothing looks is not run, unless its deadline says so."""
    made = Scheduled()
    written = cron.get("schedules")
    times = [str(each) for each in written] if isinstance(written, list) else []
    schedule = _times(times or [cron.text("schedule")], cron.text("timezone"), made)
    deadline = cron.get("startingDeadlineSeconds")
    if isinstance(deadline, int) and deadline > 0:
        schedule["startingDeadline"] = spelled(deadline)
    else:
        schedule["catchUp"] = "None"
    if cron.get("suspend") is True:
        schedule["suspend"] = True
    made.spec["schedule"] = schedule
    made.spec["concurrency"] = {"policy": _POLICIES.get(cron.text("concurrencyPolicy", "Allow"), "Allow")}
    limits = {"succeeded": "successfulJobsHistoryLimit", "failed": "failedJobsHistoryLimit"}
    history = {ours: cron[theirs] for ours, theirs in limits.items() if isinstance(cron.get(theirs), int)}
    if history:
        made.spec["history"] = history
    for key in ("when", "stopStrategy"):
        if cron.get(key):
            made.losses.append((key, "every scheduled time is run"))
    return made


def _times(written: list[str], zone: str, made: Scheduled) -> Json:
    """A zone may stand before the fields as well; `@every 1h30m` is no cron."""
    if len(written) == 1 and written[0].startswith("@every ") and (every := duration(written[0][7:].strip())):
        made.losses.append(("schedule", "counted from midnight UTC of 1 January 1970, and not from a start of Argo's"))
        return {"every": every}
    times = [_ZONE.sub("", each) for each in written]
    zones = {found["zone"]: None for each in written if (found := _ZONE.match(each))} | ({zone: None} if zone else {})
    if len(zones) > 1:
        made.losses.append(("schedules", f"all in the zone {next(iter(zones))}: a schedule has one"))
    return {"cron": times[0] if len(times) == 1 else times, **({"timeZone": next(iter(zones))} if zones else {})}
