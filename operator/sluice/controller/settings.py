"""The operator's few settings, from the environment that the chart sets."""

import json
import os
import socket
from dataclasses import dataclass
from typing import cast, get_args

from sluice.api.base import seconds
from sluice.api.chart import TaskDefaults
from sluice.core.errors import Fault
from sluice.core.pod_defaults import PodDefaults
from sluice.core.triggers import OnFirstSight
from sluice.core.validation.shape import read


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
    pods: int | None
    pods_per_namespace: int | None

    @classmethod
    def from_environment(cls) -> "Settings":
        """Raises SystemExit with what to correct."""
        first_sight = os.environ.get("SLUICE_ON_FIRST_SIGHT", "Run")
        if first_sight not in get_args(OnFirstSight):
            raise SystemExit(f"SLUICE_ON_FIRST_SIGHT is '{first_sight}'; it must be one of {get_args(OnFirstSight)}")
        return cls(
            namespaces=tuple(filter(None, os.environ.get("SLUICE_NAMESPACES", "").split(","))),
            lease_namespace=os.environ.get("SLUICE_LEASE_NAMESPACE", "default"),
            lease_name=os.environ.get("SLUICE_LEASE_NAME", "sluice-operator"),
            identity=os.environ.get("SLUICE_IDENTITY", f"{socket.gethostname()}-{os.getpid()}"),
            on_first_sight=cast("OnFirstSight", first_sight),
            keep_succeeded_s=seconds(os.environ.get("SLUICE_KEEP_PODS_SUCCEEDED", "1h")),
            keep_failed_s=seconds(os.environ.get("SLUICE_KEEP_PODS_FAILED", "24h")),
            creates_in_flight=int(os.environ.get("SLUICE_CREATES_IN_FLIGHT", "32")),
            pod_defaults=_pod_defaults(os.environ.get("SLUICE_TASK_DEFAULTS", "{}")),
            pods=int(os.environ.get("SLUICE_PODS", "0")) or None,
            pods_per_namespace=int(os.environ.get("SLUICE_PODS_PER_NAMESPACE", "0")) or None,
        )


def _pod_defaults(text: str) -> PodDefaults:
    faults: list[Fault] = []
    given = read(TaskDefaults, json.loads(text), "taskDefaults", faults)
    if given is None:
        raise SystemExit("\n".join(map(str, faults)))
    return PodDefaults.of(given)
