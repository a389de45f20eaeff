"""What the chart renders for Prometheus and Grafana."""

from __future__ import annotations

import json

import pytest

from tests.chart.snapshots import CHART, ON_135
from tests.chart.test_chart import container_of, environment_of

DASHBOARD = CHART / "files/dashboard.json"


def test_metrics_are_served_and_a_service_leads_to_them(render):
    objects = render()
    (service,) = objects["Service"]
    (port,) = service["spec"]["ports"]
    assert {"name": port["targetPort"], "containerPort": port["port"]} in container_of(objects)["ports"]
    (deployment,) = objects["Deployment"]
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]


def test_without_metrics_there_is_no_port(render):
    objects = render(**{"metrics.enabled": False})
    assert "Service" not in objects
    assert "SLUICE_METRICS_PORT" not in environment_of(objects)
    assert [port["name"] for port in container_of(objects)["ports"]] == ["http"]


def test_a_service_monitor_is_made_if_asked_for(render):
    assert "ServiceMonitor" not in render()
    objects = render(**{"metrics.serviceMonitor": {"create": True, "labels": {"release": "prometheus"}}})
    (monitor,), (service,) = objects["ServiceMonitor"], objects["Service"]
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint == {"port": "metrics", "interval": "30s", "honorLabels": True}


def test_the_dashboard_is_installed_if_asked_for(render):
    defaults = render()["ConfigMap"]
    (found,) = [each for each in render(**{"metrics.dashboard.create": True})["ConfigMap"] if each not in defaults]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(found["data"]["sluice.json"]) == json.loads(DASHBOARD.read_text())


def test_panels_of_the_dashboard_have_their_own_ids_and_do_not_overlap():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24  # Grafana's columns


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("metrics.port=8080", "metrics/port"),  # the probe's
        ("metrics.port=80", "metrics/port"),  # privileged
        ("metrics.serviceMonitor.interval=often", "metrics/serviceMonitor/interval"),
        ("metrics.serviceMonitor.enabled=true", "enabled"),
        ("logFormat=xml", "logFormat"),
        ("logLevel=INFO", "logLevel"),
    ],
)
def test_a_wrong_value_is_refused_by_name(helm, wrong, named):
    answer = helm("template", "sluice", CHART, *ON_135, "--set", wrong)
    assert answer.returncode != 0
    assert named in answer.stderr.split("sluice:", 1)[1]


def test_nothing_to_monitor_is_refused(helm):
    wrong = "metrics.enabled=false,metrics.serviceMonitor.create=true"
    answer = helm("template", "sluice", CHART, *ON_135, "--set", wrong)
    assert "metrics/serviceMonitor/create" in answer.stderr
