"""Objects as the API server has them, changed at random into what somebody else could store, and worse.

Whatever it is: it is read, or not read with Unreadable, in a number of steps that its length bounds.
"""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from sluice.api.backfill import BackfillStatus
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.gauges import Gauges
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.object_reader import ObjectReader
from sluice.controller.kube.objects import object_view
from sluice.controller.kube.parsing import loads
from sluice.controller.run.child_runs import child_view
from sluice.controller.run.live import LiveRuns
from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.base.naming import LABEL_ATTEMPT, POOLS, RUN_POOLS
from sluice.core.base.times import instant, rfc3339
from sluice.core.pod.outcome import pod_outcome
from sluice.core.pod.view import pod_view
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.decide import decide
from sluice.core.reconcile.restore import restore
from sluice.core.run.children import child_outcome
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from sluice.core.spec.for_each import ForEach, NoItems
from sluice.core.spec.outputs import InvalidOutputs, OutputsFile, parse_log_outputs, parse_outputs
from sluice.core.status.run_status import compose
from sluice.core.triggers.backfill import Progress
from sluice.core.triggers.history import History, next_expired
from tests.core import kubelet, world
from tests.core.counting import calls

STEPS = 60_000  # Python calls: many times what any of these takes unchanged, and nothing beside a number of 10 digits

TIMES = ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "99999-01-01T00:00:00Z", "2026-W01")
NUMBERS = (0, -1, 1, 2**31, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, 0.5, 1e300, float("nan"), float("inf"))
TEXTS = (
    "",
    "x" * 300,
    "9" * 4000,
    "1" + "0" * 15,
    "٣",
    "-1",
    "[" * 3000,
    '{"a":' * 600,
    "0-99999999999",
    "a\nb",
)
NESTED = json.loads("[" * 150 + "]" * 150)

values = st.one_of(
    st.sampled_from([None, True, False, [], {}, [None], [[]], {"": None}, {"a": {"b": []}}, NESTED]),
    st.sampled_from(TIMES),
    st.sampled_from(NUMBERS),
    st.sampled_from(TEXTS),
    st.text(max_size=8),
    st.integers(),
)


def places(value: Any, levels: int = 12) -> Iterator[tuple[Any, Any]]:
    """Each container in it with each key of that, down to some levels."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys if levels else ():
        yield value, key
        yield from places(value[key], levels - 1)


@st.composite
def changed(draw: st.DrawFn, body: Any) -> Any:
    """The object with one to four of its values replaced, taken away or doubled."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(body))
        if not found:
            break
        container, key = found[draw(st.integers(0, len(found) - 1))]
        match draw(st.sampled_from(["replace", "replace", "remove", "double"])):
            case "replace":
                container[key] = copy.deepcopy(draw(values))
            case "remove":
                del container[key]
            case "double" if isinstance(container, list):
                container.append(copy.deepcopy(container[key]))
            case _:
                container[draw(st.sampled_from(["", "x", "status", "name"]))] = copy.deepcopy(container[key])
    return body


def bounded(action: Any) -> Any:
    found = []
    assert calls(lambda: found.append(action())) < STEPS
    return found[0]


def view_or_none(view: Any, body: Any) -> Any:
    try:
        return bounded(lambda: view(body))
    except Unreadable:
        return None


def body(kind: str, name: str, spec: Any, **status: Any) -> Any:
    metadata = {
        "name": name,
        "namespace": kubelet.RUN.namespace,
        "uid": kubelet.RUN.uid if name == kubelet.RUN.name else f"uid-of-{name}",
        "resourceVersion": "5",
        "generation": 1,
        "creationTimestamp": kubelet.at(0),
        "labels": {"sluice.dev/generation": "1", LABEL_ATTEMPT: "1", "sluice.dev/task": "a"},
        "ownerReferences": [
            {"apiVersion": "sluice.dev/v1alpha1", "kind": "Workflow", "name": "etl", "uid": "u", "controller": True}
        ],
    }
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": status}


ACCEPTED = {
    "type": "Accepted",
    "status": "False",
    "reason": "WorkflowNotFound",
    "message": "",
    "lastTransitionTime": kubelet.at(1),
}
GRAPH = world.graph("a >> b >> c, d", d={"forEach": {"items": ["x", "y", "z"]}, "retries": {"limit": 2}})
DEFINITION = Definition.of(GRAPH)
ENTRIES = {
    "a": {"phase": "Succeeded", "attempt": 1, "finishedAt": kubelet.at(9), "outputs": '{"n": 1}', "exitCode": 0},
    "b": {
        "phase": "Pending",
        "attempt": 2,
        "retryAt": kubelet.at(99),
        "retries": {"limit": 1, "infrastructure": 1},
        "poll": {"since": kubelet.at(3), "tries": 2},
        "reason": "Error: exit code 1",
        "message": "bad",
        "avoidNode": "node-1",
    },
    "d": {
        "phase": "Running",
        "progress": "1/3",
        "startedAt": kubelet.at(4),
        "items": {
            "total": 3,
            "succeeded": "0",
            "running": "1",
            "attempts": {"2": "1-2"},
            "limitRetries": {"1": "1-2"},
            "retryAt": {kubelet.at(50): "2"},
            "pollSince": {kubelet.at(3): "1"},
            "pollTries": {"4": "1"},
            "failures": [{"index": 2, "message": "bad"}],
        },
    },
}
RUN_BODY = body(
    "WorkflowRun",
    kubelet.RUN.name,
    {"workflow": "etl", "revision": "etl-1", "state": "Running", "arguments": {"day": "1"}, "approvals": {}},
    phase="Running",
    startedAt=kubelet.at(1),
    conditions=[ACCEPTED],
    pools={"db": 1},
    time={"running": "1h2.5m"},
    tasks=ENTRIES,
    replacedBy="",
    outputs='{"n": 1}',
)
WORKFLOW = body("Workflow", "etl", GRAPH | {"pools": [{"name": "db"}], "history": {"failed": 1}}, phase="Running")
POOL = body("Pool", "db", {"slots": 2, "heldBy": "Tasks"}, used=1, holders=["a/b"])
BACKFILL = body(
    "Backfill",
    "march",
    {"workflow": "etl", "from": kubelet.at(0), "until": kubelet.at(99), "maxRuns": 2},
    phase="Running",
    times=3,
    cursor=kubelet.at(1),
    active=[{"time": kubelet.at(2), "run": "etl-1"}],
)
PODS = []
for each in (
    kubelet.accepted(),
    kubelet.unschedulable(),
    kubelet.waiting("ImagePullBackOff", "no"),
    kubelet.being_deleted(kubelet.running()),
    kubelet.disrupted(kubelet.exited(1, message="bad")),
    kubelet.exited(0, message='{"n": 1}'),
    kubelet.running() | {"initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 1}}}]},
):
    PODS.append(kubelet.pod(each))
    PODS[-1]["metadata"]["annotations"] = {POOLS: '{"db": 1}', RUN_POOLS: '{"lab": 2}'}


@given(st.sampled_from(PODS).flatmap(changed))
def test_a_pod_however_it_is_changed(found):
    pod = view_or_none(pod_view, found)
    if pod is None:
        return
    shared = SharedLimits(pods=5)
    shared.observe_pod(pod)
    shared.observe_pod(pod, known=False)
    outcome = bounded(lambda: pod_outcome(pod))
    for when in (pod.created_at, pod.scheduled_at, pod.deletion_asked_at, outcome.finished_at):
        rfc3339(when or 0.0)
    one = world.run("a", fields={"a": {"retries": {"limit": 1}, "outputs": ["n"]}})
    one.decide()

    def seen() -> None:
        one.run.pods.observe(pod)
        decide(one.run, kubelet.START + 60)
        compose(one.run, {}, 1, kubelet.START + 60)

    bounded(seen)
    shared.pod_deleted(pod)


@given(changed(RUN_BODY))
def test_a_run_however_it_is_changed(found):
    run = view_or_none(object_view, found)
    if run is None:
        return
    cache = Cache()
    cache.runs.upsert(run)
    assert list(cache.runs) == [run.key]
    child_outcome(child_view(run))
    status = dict(run.status)

    def opened() -> None:
        restored = restore(kubelet.RUN, "etl-1", DEFINITION, status=status, pods=[], now=0.0, orders=Orders())
        decide(restored, kubelet.START + 60)
        orjson.dumps(compose(restored, {}, 1, kubelet.START + 60).body)

    bounded(opened)
    WorkflowRunSpec.usable(run.spec)


@given(st.sampled_from(["workflows", "workflowruns", "pools", "backfills"]), st.data())
def test_an_object_of_ours_however_it_is_changed_reaches_no_other(kind, data):
    """What is there is served: the others, and the metrics."""
    sound = {"workflows": WORKFLOW, "workflowruns": RUN_BODY, "pools": POOL, "backfills": BACKFILL}[kind]
    cache, shared = Cache(), SharedLimits()
    reader, store = ObjectReader(kind, object_view), cache.stores[kind]
    hostile = reader.read(data.draw(changed(sound)))
    if hostile is not None:
        store.upsert(hostile)
    other = copy.deepcopy(sound)
    other["metadata"] |= {"name": "other", "uid": "uid-of-another"}
    store.upsert(reader.read(other))
    assert any(view.uid == "uid-of-another" for view in store.values())
    for workflow in cache.workflows.values():
        list(cache.own_runs(workflow))
        next_expired(History(), cache.ended_runs(workflow))
        workflow.spec_as(WorkflowSettings)
    for backfill in cache.backfills.values():
        if BackfillStatus.usable(backfill.status) == backfill.status:
            Progress.of(backfill.status_as(BackfillStatus))
    registry = CollectorRegistry()
    registry.register(Gauges(_Leads(), cache, LiveRuns(cache), shared))  # type: ignore[arg-type]
    generate_latest(registry)


class _Leads:
    def leads(self) -> bool:
        return True


json_values = st.recursive(
    values, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)
texts = st.one_of(
    st.sampled_from(TEXTS + TIMES),
    st.text(alphabet='[]{}",:\\ntu019eE-+.', max_size=60),
    json_values.map(json.dumps),
    st.tuples(st.integers(0, 3000), st.sampled_from(["[", '{"a":', '["', '\\"'])).map(lambda deep: deep[0] * deep[1]),
)


@given(texts)
def test_text_that_somebody_wrote(text):
    for parse in (foreign.parse, loads):
        try:
            found = bounded(lambda parse=parse: parse(text))
        except ValueError:
            continue
        if parse is foreign.parse:
            json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    when = instant(text)
    if when is not None:
        rfc3339(when)
    assert isinstance(bounded(lambda: parse_outputs(OutputsFile(text, 4096), ["a"], 0)), dict | InvalidOutputs)
    assert isinstance(bounded(lambda: parse_log_outputs(f"::outputs::{text}", ["a"], 0)), dict | InvalidOutputs)
    for_each = ForEach.of(Definition.of(world.graph("a", a={"forEach": {"from": "[]"}})).tasks[0].for_each.spec)
    with suppress(NoItems):
        bounded(lambda: for_each.items(lambda _: {"from": text}))
