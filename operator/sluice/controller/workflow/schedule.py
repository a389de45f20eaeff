"""A Workflow with a schedule: which run is due, and what its status says about its times.

It is looked at again at the next scheduled time, and when the clock was set.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from sluice.api.workflow import WorkflowSettings, WorkflowStatus
from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, ObjectView
from sluice.controller.workflow.places import unfinished_beside
from sluice.core import Instant, Json
from sluice.core.base.naming import LABEL_SCHEDULED, scheduled_minute, scheduled_run_name
from sluice.core.base.times import rfc3339
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.triggers.on_change import OnFirstSight, RunMark
from sluice.core.triggers.schedule import Schedule, SchedulePosition, counting_from, due_time

_ENTRIES = ("lastScheduleTime", "nextScheduleTime", "lastSuccessfulTime", "missedTimes", "scheduleMark")


def counts_others(settings: WorkflowSettings) -> bool:
    """Do runs of others take places that the schedule has to wait for? See `unfinished_beside`."""
    all_times = settings.schedule is not None and settings.schedule.catch_up == "All"
    return all_times and Concurrency.of(settings).policy not in (None, "Allow")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a trigger asks for. `name` is that of the due run, empty if none is due; `labels` and `spec` are for that
    run. `status` are entries for the Workflow's status once the run exists; None removes one. `waits` says what is
    waited for.
    """

    status: Json
    name: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    spec: Json = field(default_factory=dict)
    waits: str = ""


class ScheduleTrigger:
    def __init__(
        self, cache: Cache, on_first_sight: OnFirstSight, requeue_at: Callable[[Key, Instant], None], clock: Clock
    ) -> None:
        self._cache, self._on_first_sight, self._requeue_at, self._clock = cache, on_first_sight, requeue_at, clock

    def look(self, workflow: ObjectView) -> RunRequest:
        settings = workflow.spec_as(WorkflowSettings)
        if settings.schedule is None:
            return RunRequest({name: None for name in _ENTRIES if name in workflow.status})
        now = self._clock.wall()
        schedule, status = Schedule.of(settings.schedule), workflow.status_as(WorkflowStatus)
        start = counting_from(
            schedule,
            SchedulePosition.of(status.schedule_mark),
            known=RunMark.of(status.last_run) is not None,
            created_at=workflow.created_at,
            on_first_sight=self._on_first_sight,
            now=now,
        )
        own, concurrency = (workflow.key, workflow.uid), Concurrency.of(settings)
        going = self._cache.unfinished_scheduled.count(own)
        if counts_others(settings) and (going or concurrency.places is not None):  # else it can stand in line
            going = unfinished_beside(self._cache, workflow, None)
            if concurrency.only_newest_waits and self._one_still_has_to_start(own):
                going = max(going, concurrency.max_runs)
        found = due_time(schedule, start, now, concurrency=concurrency, going=going, made=_Made(self._cache, workflow))
        if found.next is not None:
            self._requeue_at(workflow.key, found.next)
        body: Json = {
            "scheduleMark": SchedulePosition(found.mark, schedule.digest).written(),
            "nextScheduleTime": rfc3339(found.next) if found.next is not None else None,
            "missedTimes": (status.missed_times or 0) + found.missed,
        }
        newest = [rfc3339(success.finished_at) for success in self._cache.scheduled_successes[own][-1:]]
        if last := max([status.last_successful_time or "", *newest]):
            body["lastSuccessfulTime"] = last
        if found.run is None:
            return RunRequest(body)
        body["lastScheduleTime"] = rfc3339(found.run)
        return RunRequest(
            name=scheduled_run_name(workflow.key.name, workflow.uid, found.run),
            labels={LABEL_SCHEDULED: scheduled_minute(found.run)},
            spec={
                "scheduledTime": rfc3339(found.run),
                "intervalStart": rfc3339(schedule.interval_start(found.run)),
            },
            status=body,
        )

    def _one_still_has_to_start(self, own: tuple[Key, str]) -> bool:
        """It would give way to the next. The phase changes when it starts, which is news of its Workflow."""
        return any("startedAt" not in run.status for run in self._cache.unfinished_scheduled.objects(own))


@dataclass(frozen=True, slots=True)
class _Made:
    """The scheduled times of a Workflow that have a run, which has the time in its name."""

    cache: Cache
    workflow: ObjectView

    def __contains__(self, when: object) -> bool:
        (namespace, name), uid = self.workflow.key, self.workflow.uid
        run = self.cache.runs.get(Key(namespace, scheduled_run_name(name, uid, cast("Instant", when))))
        return run is not None and run.owner_uid == uid and LABEL_SCHEDULED in run.labels
