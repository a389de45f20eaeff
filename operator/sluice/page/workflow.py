"""One Workflow: what it is and when it runs next, and how the tasks of its runs ended."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from itertools import islice

from sluice.api.workflow import WorkflowSettings
from sluice.cli.states import state_of_task
from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import NotFound
from sluice.client.names import Kind
from sluice.client.resources import RUNS
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.times import rfc3339
from sluice.core.triggers.schedule import Schedule
from sluice.page.visitors import Visitor

_NEXT_SHOWN = 10
_RUNS_AT_ONCE = 4


async def workflow(visitor: Visitor, name: str) -> Json:
    """What it is. Its sentence is that of `why`."""
    found = await find.named(visitor.client, Kind.WORKFLOW, name)
    spec = foreign.mapping(found.get("spec"))
    schedule = foreign.mapping(spec.get("schedule"))
    return {
        "tasks": [foreign.string(task.get("name")) for task in foreign.mappings(spec.get("tasks"))],
        "parameters": foreign.mappings(spec.get("parameters")),
        "schedule": {key: value for key, value in schedule.items() if isinstance(value, str | list)},
        "suspended": schedule.get("suspend") is True,
        "next": list(_next_times(spec, time.time())),
    }


def _next_times(spec: Json, now: Instant) -> Iterator[str]:
    """None of a Workflow that runs otherwise, is suspended, or is refused for its schedule."""
    from sluice.core.validation.schedule import wrong_times  # noqa: PLC0415  # 2 MB with the rest of the validation

    schedule = WorkflowSettings.read_usable(spec).schedule
    if schedule is None or schedule.suspend:
        return
    crons = [schedule.cron] if isinstance(schedule.cron, str) else schedule.cron or []
    if not any(wrong_times([("", each) for each in crons], schedule.every, schedule.time_zone, "")):
        yield from map(rfc3339, islice(Schedule.of(schedule).after(now), _NEXT_SHOWN))


async def grid(visitor: Visitor, runs: Iterable[str]) -> Json:
    """The state of each task of these runs, by run. One that is gone is not there. A few are read at a time: each may
    be large.
    """
    few = asyncio.Semaphore(_RUNS_AT_ONCE)

    async def read(name: str) -> tuple[str, Json | None]:
        async with few:
            return name, await _states(visitor.client, name)

    found = await asyncio.gather(*map(read, runs))
    return {name: states for name, states in found if states is not None}


async def _states(client: Client, run: str) -> Json | None:
    try:
        status = foreign.mapping((await client.get(RUNS, run)).get("status"))
    except NotFound:
        return None
    entries = foreign.mapping(status.get("tasks")).items()
    return {task: _state(foreign.mapping(entry)) for task, entry in entries}


def _state(entry: Json) -> str:
    phase, reason = foreign.string(entry.get("phase")), foreign.string(entry.get("reason"))
    return state_of_task(phase, reason, waits=True).word
