"""Gauges: how things stand. They are counted when Prometheus asks, so nothing has to be kept in step."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sluice.api.run import RunPhase, TaskPhase
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.leader_election import LeaderElection
from sluice.controller.kube.objects import Key, ObjectView
from sluice.controller.run.live import LiveRuns
from sluice.core.base import foreign
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits


class Gauges(Collector):
    """A standby has nothing in memory: it only says that it does not lead."""

    def __init__(self, leader: LeaderElection, cache: Cache, live: LiveRuns, shared: SharedLimits) -> None:
        self._leader, self._cache, self._live, self._shared = leader, cache, live, shared

    def collect(self) -> Iterator[GaugeMetricFamily]:
        leads = GaugeMetricFamily("sluice_leader", "1 if this process holds the Lease and works, else 0.")
        leads.add_metric([], float(self._leader.leads()))
        yield leads
        workflows, runs = _phases(self._cache.workflows), _phases(self._cache.runs)
        words = "Workflows, by the phase of the last run; Ready if there was none."
        yield _by_phase("sluice_workflows", words, workflows, ("Refused", "Ready", *get_args(RunPhase)))
        yield _by_phase("sluice_runs", "WorkflowRuns that are there.", runs, get_args(RunPhase))
        tasks, waiting = self._tasks()
        words = "Tasks of runs that have not ended, each item of a fan-out by itself."
        yield _by_phase("sluice_tasks", words, tasks, get_args(TaskPhase))
        held_up = GaugeMetricFamily(
            "sluice_tasks_waiting", "Tasks that could start but for this: a cap, a pool, a quota.", labels=["reason"]
        )
        for reason, count in waiting.items():
            held_up.add_metric([reason], count)
        yield held_up
        yield from self._pools()

    def _tasks(self) -> tuple[Counter[str], Counter[str]]:
        phases: Counter[str] = Counter()
        waiting: Counter[str] = Counter()
        for live in self._live:
            run = live.run
            phases.update(task.shown_phase for number, task in enumerate(run.tasks) if number not in run.tasks.fan_outs)
            for kind, count in run.time.waiting.items():
                waiting[kind.partition("/")[0]] += count
        return phases, waiting

    def _pools(self) -> Iterator[GaugeMetricFamily]:
        labels = ["namespace", "pool"]
        slots = GaugeMetricFamily("sluice_pool_slots", "The slots that a Pool has.", labels=labels)
        in_use = GaugeMetricFamily("sluice_pool_slots_in_use", "Its slots that somebody holds.", labels=labels)
        waiting = GaugeMetricFamily("sluice_pool_waiting", "Tasks, and whole runs, that wait for it.", labels=labels)
        for key, pool in self._cache.pools.items():
            use = self._shared.usage(PoolKey(*key))
            slots.add_metric(key, foreign.integer(pool.spec.get("slots")) or 0)
            in_use.add_metric(key, use.used)
            waiting.add_metric(key, use.waiting)
        yield from (slots, in_use, waiting)


def _phases(objects: Mapping[Key, ObjectView]) -> Counter[str]:
    return Counter(each.phase or "Pending" for each in objects.values())


def _by_phase(name: str, words: str, counts: Counter[str], phases: Iterable[str]) -> GaugeMetricFamily:
    """All of the phases, also those that nothing is in, and no others: anybody may have written into a status."""
    family = GaugeMetricFamily(name, words, labels=["phase"])
    for phase in phases:
        family.add_metric([phase], counts[phase])
    return family
