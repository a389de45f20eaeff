"""Settings from environment variables: the chart's, the defaults, and what is said of one that cannot be right."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.controller.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"SLUICE_{name}", value)
    return Settings.from_environment()


def test_without_variables_it_watches_all_namespaces_and_caps_nothing(monkeypatch):
    found = read(monkeypatch)
    assert (found.namespaces, found.pods, found.pods_per_namespace, found.metrics_port) == ((), None, None, None)
    assert (found.lease_namespace, found.lease_name, found.lease_duration_s) == ("default", "sluice-operator", 8)
    assert (found.keep_succeeded_s, found.keep_failed_s, found.creates_in_flight) == (3600, 86400, 32)
    assert (found.on_first_sight, found.log_format, found.log_level) == ("Run", "text", "info")
    assert found.identity


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("NAMESPACES", "a,b,", "namespaces", ("a", "b")),
        ("KEEP_PODS_FAILED", "1d12h", "keep_failed_s", 36 * 3600),
        ("PODS", "0", "pods", None),
        ("PODS", "200", "pods", 200),
        ("METRICS_PORT", "9090", "metrics_port", 9090),
        ("LEASE_DURATION", "2", "lease_duration_s", 2),
        ("ON_FIRST_SIGHT", "Adopt", "on_first_sight", "Adopt"),
    ],
)
def test_a_variable_is_read(monkeypatch, variable: str, text: str, field: str, value: Any):
    assert getattr(read(monkeypatch, **{variable: text}), field) == value


def test_task_defaults_are_read(monkeypatch):
    assert read(monkeypatch, TASK_DEFAULTS='{"image":"busybox","podTemplate":{}}').pod_defaults.image


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("LOG_FORMAT", "xml", "SLUICE_LOG_FORMAT is 'xml'; it must be 'json' or 'text'"),
        ("PODS", "many", "SLUICE_PODS is 'many'; it must be a whole number"),
        ("LEASE_DURATION", "1", "SLUICE_LEASE_DURATION is '1'; it must be at least 2"),
        (
            "KEEP_PODS_SUCCEEDED",
            "1.5h",
            "SLUICE_KEEP_PODS_SUCCEEDED: '1.5h' is no duration; write for example 90s or 1h30m",
        ),
        ("TASK_DEFAULTS", "[]", "SLUICE_TASK_DEFAULTS: taskDefaults: must be a map"),
    ],
)
def test_what_cannot_be_right_is_named(monkeypatch, variable: str, text: str, words: str):
    with pytest.raises(SystemExit) as end:
        read(monkeypatch, **{variable: text})
    assert str(end.value) == words


def test_all_that_cannot_be_right_is_named_at_once(monkeypatch):
    with pytest.raises(SystemExit) as end:
        read(monkeypatch, PODS="many", LOG_LEVEL="loud")
    assert [line.split()[0] for line in str(end.value).splitlines()] == ["SLUICE_LOG_LEVEL", "SLUICE_PODS"]


def test_task_defaults_must_not_write_the_operators_marks(monkeypatch):
    with pytest.raises(SystemExit):
        read(monkeypatch, TASK_DEFAULTS='{"podTemplate":{"metadata":{"labels":{"sluice.dev/run-uid":"x"}}}}')
