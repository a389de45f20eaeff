"""A CronWorkflow's times. https://argo-workflows.readthedocs.io/en/latest/cron-workflows/"""

from dataclasses import dataclass, field

from sluice.core import Json
from sluice.importers.argo.durations import spelled
from sluice.importers.argo.source import Map

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
    times = times or [cron.text("schedule")]
    schedule: Json = {"cron": times[0] if len(times) == 1 else times}
    if zone := cron.text("timezone"):
        schedule["timeZone"] = zone
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
