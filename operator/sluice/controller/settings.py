"""The operator's few settings, from the environment that the chart sets."""

import json
import os
import socket
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sluice.api.base import seconds
from sluice.api.chart import TaskDefaults
from sluice.controller.observability.logging import LogFormat, LogLevel
from sluice.core.base.faults import Fault
from sluice.core.pod.defaults import NO_DEFAULTS, PodDefaults
from sluice.core.triggers.on_change import OnFirstSight
from sluice.core.validation.container import no_marks
from sluice.core.validation.shape import parse_model


def _identity() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def _pod_defaults(text: str) -> PodDefaults:
    faults: list[Fault] = []
    given = parse_model(TaskDefaults, json.loads(text), "taskDefaults", faults)
    if given is not None:
        faults += no_marks(given.pod_template, "taskDefaults.podTemplate")
    if given is None or faults:
        raise ValueError("\n".join(map(str, faults)))
    return PodDefaults.of(given)


def _none_if_zero(number: int) -> int | None:
    return number or None


Duration = Annotated[int, BeforeValidator(seconds)]
OrNone = Annotated[int | None, AfterValidator(_none_if_zero)]

_WORDS = {
    "literal_error": "{variable} is '{found}'; it must be {expected}",
    "int_parsing": "{variable} is '{found}'; it must be a whole number",
    "greater_than_equal": "{variable} is '{found}'; it must be at least {ge}",
    "value_error": "{variable}: {error}",
}


class Settings(BaseSettings):
    """Each field is read from the variable that is its alias."""

    model_config = SettingsConfigDict(frozen=True, case_sensitive=True, validate_default=False)

    namespaces: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field((), alias="SLUICE_NAMESPACES")
    """What is watched; none means all."""
    lease_namespace: str = Field("default", alias="SLUICE_LEASE_NAMESPACE")
    lease_name: str = Field("sluice-operator", alias="SLUICE_LEASE_NAME")
    lease_duration_s: int = Field(8, ge=2, alias="SLUICE_LEASE_DURATION")
    """For how long another operator waits for one that has fallen silent."""
    identity: str = Field(default_factory=_identity, alias="SLUICE_IDENTITY")
    on_first_sight: OnFirstSight = Field("Run", alias="SLUICE_ON_FIRST_SIGHT")
    keep_succeeded_s: Duration = Field(3600, alias="SLUICE_KEEP_PODS_SUCCEEDED")
    keep_failed_s: Duration = Field(24 * 3600, alias="SLUICE_KEEP_PODS_FAILED")
    creates_in_flight: int = Field(32, alias="SLUICE_CREATES_IN_FLIGHT")
    pod_defaults: Annotated[PodDefaults, NoDecode, BeforeValidator(_pod_defaults)] = Field(
        NO_DEFAULTS, alias="SLUICE_TASK_DEFAULTS"
    )
    health_port: int = Field(8080, alias="SLUICE_HEALTH_PORT")
    metrics_port: OrNone = Field(None, alias="SLUICE_METRICS_PORT")
    """None: no metrics are served."""
    log_format: LogFormat = Field("text", alias="SLUICE_LOG_FORMAT")
    log_level: LogLevel = Field("info", alias="SLUICE_LOG_LEVEL")
    pods: OrNone = Field(None, alias="SLUICE_PODS")
    """At most so many at a time; None means no cap."""
    pods_per_namespace: OrNone = Field(None, alias="SLUICE_PODS_PER_NAMESPACE")

    @classmethod
    def from_environment(cls) -> "Settings":
        """Raises SystemExit with what to correct."""
        try:
            return cls()
        except ValidationError as error:
            raise SystemExit("\n".join(map(_correction, error.errors()))) from None


def _correction(error: ErrorDetails) -> str:
    words = _WORDS.get(error["type"], "{variable} is '{found}': {msg}")
    return words.format(variable=error["loc"][0], found=error["input"], msg=error["msg"], **error.get("ctx", {}))
