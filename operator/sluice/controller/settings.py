"""The operator's few settings, from the environment that the chart sets."""

import json
import os
import socket
from dataclasses import dataclass
from typing import cast, get_args

from sluice.api.base import seconds
from sluice.api.chart import TaskDefaults
from sluice.controller.observability.logging import LogFormat, LogLevel
from sluice.core.base.errors import Fault
from sluice.core.pod.defaults import PodDefaults
from sluice.core.triggers.on_change import OnFirstSight
from sluice.core.validation.shape import parse_model


@dataclass(frozen=True, slots=True)
class Settings:
    namespaces: tuple[str, ...]
    """What is watched; none means all."""
    lease_namespace: str
    lease_name: str
    identity: str
    on_first_sight: OnFirstSight
    keep_succeeded_s: int
    keep_failed_s: int
    creates_in_flight: int
    pod_defaults: PodDefaults
    health_port: int
    metrics_port: int | None
    """None: no metrics are served."""
    log_format: LogFormat
    log_level: LogLevel
    pods: int | None
    pods_per_namespace: int | None

    @classmethod
    def from_environment(cls) -> "Settings":
        """Raises SystemExit with what to correct."""
        return cls(
            health_port=int(os.environ.get("SLUICE_HEALTH_PORT", "8080")),
            metrics_port=int(os.environ.get("SLUICE_METRICS_PORT", "0")) or None,
            log_format=cast("LogFormat", _one_of("SLUICE_LOG_FORMAT", get_args(LogFormat), "text")),
            log_level=cast("LogLevel", _one_of("SLUICE_LOG_LEVEL", get_args(LogLevel), "info")),
            namespaces=tuple(filter(None, os.environ.get("SLUICE_NAMESPACES", "").split(","))),
            lease_namespace=os.environ.get("SLUICE_LEASE_NAMESPACE", "default"),
            lease_name=os.environ.get("SLUICE_LEASE_NAME", "sluice-operator"),
            identity=os.environ.get("SLUICE_IDENTITY", f"{socket.gethostname()}-{os.getpid()}"),
            on_first_sight=cast("OnFirstSight", _one_of("SLUICE_ON_FIRST_SIGHT", get_args(OnFirstSight), "Run")),
            keep_succeeded_s=seconds(os.environ.get("SLUICE_KEEP_PODS_SUCCEEDED", "1h")),
            keep_failed_s=seconds(os.environ.get("SLUICE_KEEP_PODS_FAILED", "24h")),
            creates_in_flight=int(os.environ.get("SLUICE_CREATES_IN_FLIGHT", "32")),
            pod_defaults=_pod_defaults(os.environ.get("SLUICE_TASK_DEFAULTS", "{}")),
            pods=int(os.environ.get("SLUICE_PODS", "0")) or None,
            pods_per_namespace=int(os.environ.get("SLUICE_PODS_PER_NAMESPACE", "0")) or None,
        )


def _pod_defaults(text: str) -> PodDefaults:
    faults: list[Fault] = []
    given = parse_model(TaskDefaults, json.loads(text), "taskDefaults", faults)
    if given is None:
        raise SystemExit("\n".join(map(str, faults)))
    return PodDefaults.of(given)


def _one_of(variable: str, words: tuple[str, ...], default: str) -> str:
    found = os.environ.get(variable, default)
    if found not in words:
        raise SystemExit(f"{variable} is '{found}'; it must be one of {words}")
    return found
