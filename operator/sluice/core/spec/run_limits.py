"""The limits that a Workflow and its run set."""

from dataclasses import dataclass

from sluice.api.base import seconds
from sluice.core import Json


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What the Workflow and the run say, as they are now: it may change while the run goes on. None is no limit."""

    parallelism: int | None = None
    timeout_s: int | None = None
    fail_fast: bool = False
    leaf_failed: bool = False
    """Does the run fail only for a task that no other depends on?"""
    priority: int = 0

    @classmethod
    def of(cls, spec: Json, run: Json) -> "RunLimits":
        """From the specs of a Workflow and of its run."""
        return cls(
            parallelism=spec.get("parallelism"),
            timeout_s=seconds(spec["timeout"]) if "timeout" in spec else None,
            fail_fast=spec.get("failFast", False),
            leaf_failed=spec.get("failWhen") == "LeafFailed",
            priority=run.get("priority", spec.get("priority")) or 0,
        )
