"""Dispatch latency from an audit log."""

import json
from datetime import UTC, datetime

import pytest

from sluice.core.spec.definition import Definition
from tests.perf.dispatch import AuditLog, Unit, percentile, pod_times, summary, waits_ms


def line(verb, pod, at_s, body, namespace="bench", resource="pods"):
    received_at = datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
    return json.dumps(
        {
            "verb": verb,
            "objectRef": {"resource": resource, "namespace": namespace, "name": pod},
            "requestObject": body,
            "requestReceivedTimestamp": received_at,
        }
    ).encode()


def posted(task, at_s, **where):
    labels = {"sluice.dev/run-uid": "r", "sluice.dev/task": task}
    return line("create", f"pod-{task}", at_s, {"metadata": {"labels": labels}}, **where)


def phase(task, at_s, word, **where):
    return line("patch", f"pod-{task}", at_s, {"status": {"phase": word}}, **where)


LOG = [
    posted("a", 1),
    posted("b", 1.000_500),
    posted("else", 1, namespace="other"),
    phase("a", 1.1, "Running"),
    phase("a", 2, "Succeeded"),
    line("patch", "pod-a", 2.1, {"metadata": {}}),
    phase("else", 2, "Succeeded", namespace="other"),
    phase("b", 3, "Succeeded"),
    posted("c", 3.004_250),
    posted("c", 3.5),  # a retry after a lost response
    line("patch", "run", 3.6, {"status": {"phase": "Succeeded"}}, resource="workflowruns"),
    json.dumps({"verb": "delete", "objectRef": {"resource": "pods", "namespace": "bench", "name": "pod-a"}}).encode(),
]


def test_the_log_tells_when_a_pod_was_first_asked_for_and_when_it_ended():
    times = pod_times(LOG, "bench")
    assert times.posted == {Unit("r", "a"): 1, Unit("r", "b"): 1.000_5, Unit("r", "c"): 3.004_25}
    assert times.ended == {Unit("r", "a"): 2, Unit("r", "b"): 3}


def test_a_pod_waits_from_the_end_of_its_last_dependency():
    tasks = [{"name": "a"}, {"name": "b"}, {"name": "c", "dependsOn": ["a", "b"]}]
    definition = Definition.of({"defaults": {"image": "i"}, "tasks": tasks})
    waits = waits_ms(pod_times(LOG, "bench"), ["a", "b", "c"], definition.graph)
    assert waits == [pytest.approx(4.25)]


@pytest.mark.parametrize(
    ("values", "per_cent", "is_"),
    [([5], 50, 5), ([3, 1, 2], 50, 2), ([4, 3, 1, 2], 50, 2), (range(1, 101), 99, 99), (range(1, 101), 100, 100)],
)
def test_percentile(values, per_cent, is_):
    assert percentile(values, per_cent) == is_


def test_summary():
    assert summary([1.04, 2.06, 30]) == {"p50": 2.1, "p99": 30}


def test_only_what_is_logged_from_now_on_is_read_and_no_half_line(tmp_path):
    path = tmp_path / "audit.log"
    path.write_bytes(b"before\n")
    log = AuditLog(path)
    with path.open("ab") as more:
        more.write(b"one\ntwo\nhal")
    assert log.lines() == [b"one\n", b"two\n"]
