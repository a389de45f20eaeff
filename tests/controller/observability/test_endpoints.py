"""What an operator at work tells of itself, over HTTP and in its log."""

from __future__ import annotations

import json
import socket
import urllib.request
from pathlib import Path

from tests.controller.proxy import Fault, Proxy, refuse
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, workflow
from tests.e2e.scrape import Scrape

NOWHERE = {"nodeSelector": {"example.com/nowhere": "true"}}  # the proxy runs them
TASKS = ({"name": "a", **NOWHERE}, {"name": "b", "dependsOn": ["a"], **NOWHERE})


def test_an_operator_at_work_tells_of_it(kubectl: Kubectl, api_server: str, tmp_path: Path) -> None:
    busy = Fault(refuse(429, "TooManyRequests"), "POST", r"/pods$", times=2)
    with Proxy(api_server, kubectl.namespace, busy) as proxy:
        operator = HostOperator(proxy.kubeconfig(tmp_path / "kubeconfig"), kubectl.namespace, "only", tmp_path / "log")
        port = free_port()
        operator.settings = {"SLUICE_METRICS_PORT": str(port), "SLUICE_LOG_FORMAT": "json"}
        operator.start()
        try:
            run = kubectl.run(workflow("etl", *TASKS))["metadata"]["name"]
            found = scraped(port)
        finally:
            operator.end()

    requests = "sluice_api_requests_total"
    assert found.value("sluice_leader") == 1
    assert found.value(requests, verb="create", resource="pods", code="201") == 2
    assert found.value(requests, verb="create", resource="pods", code="429") == 2
    assert found.value(requests, verb="watch", resource="pods", code="200") >= 1
    assert found.value("sluice_pod_creations_refused_total", reason="ServerBusy") == 2
    assert found.value("sluice_task_attempts_total", outcome="Success") == 2
    assert found.value("sluice_runs", phase="Succeeded") == 1
    assert found.value("sluice_run_duration_seconds_count", phase="Succeeded") == 1
    assert found.value("sluice_queue_wait_seconds_count", queue="runs") >= 2

    lines = [json.loads(line) for line in operator.log.splitlines()]
    about = [line["message"].split(": ")[1] for line in lines if line.get("run") == run]
    assert about == ["Started", "Succeeded"]


def scraped(port: int) -> Scrape:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return Scrape(answer.read().decode())


def free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])
