"""What Prometheus is told, as it is told: the text of /metrics, read by Prometheus' own parser."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from sluice.controller.clock import Clock
from sluice.controller.gauges import Gauges
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key
from sluice.controller.observability import metrics
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from tests.controller.informers.test_cache import run as run_object
from tests.core import world
from tests.core.counting import calls
from tests.core.kubelet import exited, running

DASHBOARD = Path(__file__).parents[3] / "charts/sluice/files/dashboard.json"


class Leads:
    def leads(self) -> bool:
        return True


@pytest.fixture
def gauges() -> Iterator[Gauges]:
    known = Cache()
    registered = Gauges(Leads(), known, LiveRuns(known), SharedLimits())
    metrics.REGISTRY.register(registered)
    yield registered
    metrics.REGISTRY.unregister(registered)


def served() -> dict[str, Any]:
    return {
        family.name: family for family in text_string_to_metric_families(generate_latest(metrics.REGISTRY).decode())
    }


def value(sample: str, **labels: str) -> float:
    """Of a sample that need not be there yet."""
    return metrics.REGISTRY.get_sample_value(sample, labels) or 0.0


def goes_under_way(gauges: Gauges, text: str, **fields: object) -> world.World:
    """A run of that graph, in memory, after its first decision."""
    found = world.run(text, **fields)
    found.decide()
    gauges._live.add(LiveRun(run_object(1), found.run, "w", {}, 1))
    return found


@pytest.mark.parametrize(
    ("path", "resource", "named"),
    [
        ("/apis", "discovery", False),
        ("/apis/sluice.dev/v1alpha1", "discovery", False),
        ("/api/v1/pods", "pods", False),
        ("/api/v1/namespaces/team/pods", "pods", False),
        ("/api/v1/namespaces/team/pods/a-1", "pods", True),
        ("/api/v1/namespaces/team/pods/a-1/log", "pods/log", True),
        ("/apis/sluice.dev/v1alpha1/workflowruns", "workflowruns", False),
        ("/apis/sluice.dev/v1alpha1/namespaces/team/workflowruns/etl/status", "workflowruns/status", True),
        ("/apis/coordination.k8s.io/v1/namespaces/team/leases/sluice-operator", "leases", True),
    ],
)
def test_resource_of_a_path(path, resource, named):
    assert metrics._resource(path) == (resource, named)


def test_requests_are_counted_by_what_was_asked_and_answered():
    labels = {"verb": "create", "resource": "pods", "code": "201"}
    before = value("sluice_api_requests_total", **labels)
    metrics.api_answered("POST", "/api/v1/namespaces/team/pods", 201, 0.1)
    assert value("sluice_api_requests_total", **labels) == before + 1


async def test_a_queue_tells_how_long_its_keys_wait_and_how_long_they_take():
    async def work(_: Key) -> None:
        raise KeyError

    queue = WorkQueue("of-the-test", of="run", clock=Clock())
    queue.add(Key("team", "etl"))
    await _one_turn(queue, work)
    for sample in ("queue_wait_seconds_count", "reconcile_duration_seconds_count", "reconcile_errors_total"):
        assert value(f"sluice_{sample}", queue="of-the-test") == 1


async def _one_turn(queue: WorkQueue[Key], work: Any) -> None:
    worker = asyncio.create_task(queue.run(work))
    while queue._waiting or queue._busy:
        await asyncio.sleep(0)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


def test_each_attempt_and_each_wait_is_told_once():
    found = world.run("a, b", parallelism=1)
    found.starts()
    found.decide(after=30)
    found.sees("a", exited(started=4, ended=30))
    found.decide()
    attempts, waits = value("sluice_task_attempts_total", outcome="Success"), value_of_wait("parallelism")
    ran = value("sluice_task_duration_seconds_sum", outcome="Success")
    for _ in range(2):
        metrics.status_written(found.run.time)
    assert value("sluice_task_attempts_total", outcome="Success") == attempts + 1
    assert value("sluice_task_duration_seconds_sum", outcome="Success") == ran + 26
    assert value_of_wait("parallelism") == waits + 30


def value_of_wait(reason: str) -> float:
    return value("sluice_wait_seconds_total", reason=reason)


def test_after_a_restart_only_what_is_new_is_told():
    found = world.run("a, b", parallelism=1)
    found.starts()
    found.decide(after=30)
    found.ends("a")
    found.decide()
    found.writes()
    again = found.restarted().run.time
    assert again.as_status()["parallelism"] == "30s"
    assert list(again.unreported()) == []
    assert again.attempts_ended() == []


def test_tasks_are_counted_when_it_is_asked(gauges):
    items = {"forEach": {"range": {"end": 5}}}
    found = goes_under_way(gauges, "a >> b", fields={"b": items}, a="Succeeded")
    found.writes()
    found.starts()
    for item in ("b[0]", "b[3]"):
        found.sees(item, running())
    tasks = {sample.labels["phase"]: sample.value for sample in served()["sluice_tasks"].samples}
    assert {phase: count for phase, count in tasks.items() if count} == {"Succeeded": 1, "Running": 2, "Pending": 3}


def test_pools_are_one_reason_and_each_has_its_use(gauges):
    shared = gauges._shared
    gauges._cache.pools.upsert(replace(run_object(1, uid="u-db"), key=Key("team", "db"), spec_json=b'{"slots": 1}'))
    shared.set_pool(PoolKey("team", "db"), 1)
    goes_under_way(gauges, "a, b", fields={"every": {"pools": [{"name": "db"}]}}, shared=shared)
    assert value("sluice_tasks_waiting", reason="pool") == 1
    use = {"namespace": "team", "pool": "db"}
    assert [value(f"sluice_pool_{what}", **use) for what in ("slots", "slots_in_use", "waiting")] == [1, 1, 1]
    gauges._cache.pools.delete(gauges._cache.pools[Key("team", "db")])
    assert not served()["sluice_pool_slots"].samples


def test_ten_thousand_items_cost_one_look_each(gauges):
    found = goes_under_way(gauges, "a", fields={"a": {"forEach": {"range": {"end": 10_000}}}})
    found.writes()
    found.decide()
    generate_latest(metrics.REGISTRY)
    assert calls(lambda: generate_latest(metrics.REGISTRY)) < 50_000


@pytest.mark.usefixtures("gauges")
def test_no_label_names_a_run_a_task_or_a_workflow():
    names = {name for family in served().values() for sample in family.samples for name in sample.labels}
    allowed = {"verb", "resource", "code", "queue", "outcome", "reason", "phase", "namespace", "pool"}
    assert names <= allowed | {"le", "generation", "version"}  # of histograms, Python's collector, and the build


@pytest.mark.usefixtures("gauges")
def test_names_have_their_unit():
    for family in served().values():
        if family.name.startswith("sluice_") and family.type == "histogram":
            assert family.name.endswith("_seconds")
        assert family.documentation


@pytest.mark.usefixtures("gauges")
def test_each_metric_of_the_dashboard_is_served():
    board = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    asked = {name for query in queries for name in re.findall(r"\b(?:sluice|process|python)_\w+", query)}
    families = served()
    names = set(families) | {
        f"{family.name}{suffix}"
        for family in families.values()
        for suffix in {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ())
    }
    assert queries
    assert asked <= names
