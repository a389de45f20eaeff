"""The options of tasks and workflows: the manifest's fields in snake_case, and short forms beside them.

A test holds them against the API's models.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from sluice.api.base import Model
from sluice.api.for_each import ForEachSpec
from sluice.api.schedule import CatchUp, ScheduleSpec
from sluice.api.task import RunIf, Task
from sluice.api.workflow import FailFast, WorkflowSettings
from sluice.core import Json
from sluice.core.base.text import did_you_mean
from sluice.sdk.faults import fault
from sluice.sdk.pool import Pool
from sluice.sdk.reference import as_condition, filled

FAN_OUT = ("parallelism", "min_success", "batch")
"""Those of a task's options that stand under `forEach`."""


class TaskFields(TypedDict, total=False):
    cpu: str | float
    """Request, as in `500m`."""
    memory: str
    """Request, as in `1Gi`."""

    image: str
    env: Mapping[str, Any]
    env_from: Sequence[Mapping[str, Any]]
    resources: Mapping[str, Any]
    node_selector: Mapping[str, str]
    tolerations: Sequence[Mapping[str, Any]]
    service_account_name: str
    volumes: Sequence[Mapping[str, Any]]
    volume_mounts: Sequence[Mapping[str, Any]]
    timeout: str
    deadline: str
    pending_timeout: str
    retries: int | Mapping[str, Any]
    """How often, or all that the manifest can say of it."""
    safe_to_evict: bool
    queue_name: str
    pod_template: Mapping[str, Any]

    group: str
    run_if: RunIf
    when: str
    allow_failure: bool
    finally_: bool
    pools: Sequence[Pool | str]
    priority: int
    expected_duration: str
    poll: Mapping[str, Any]
    files: Sequence[str]
    skip_exit_codes: Sequence[int]

    parallelism: int
    """Of `.each`: at most so many pods at a time."""
    min_success: int | str
    """Of `.each`: how many items must succeed."""
    batch: int
    """Of `.each`: so many items a pod."""


class WorkflowFields(TypedDict, total=False):
    name: str
    """Default: the function's, with hyphens."""
    image: str
    """Of tasks that say none. Default python:3.13-slim."""
    include: Sequence[str]
    """Other files that travel along, by their path from the workflow's file."""

    schedule: str | Sequence[str]
    """Cron expressions."""
    every: str
    time_zone: str
    start_at: str
    end_at: str
    catch_up: CatchUp
    starting_deadline: str
    suspend: bool

    parallelism: int
    priority: int
    concurrency: Mapping[str, Any]
    history: Mapping[str, Any]
    ttl: str
    pools: Sequence[Pool | str]
    timeout: str
    fail_fast: FailFast
    fail_when: Literal["AnyFailed", "LeafFailed"]
    trigger: Literal["OnChange", "Manual"]
    after: Sequence[Mapping[str, Any]]
    on_change: Mapping[str, Any]
    health: Literal["Workflow", "Run"]


def task_fields(given: Mapping[str, Any]) -> Json:
    """As the manifest has them. Raises WorkflowFault for an unknown one."""
    _known(given, TaskFields)
    found: Json = {}
    for name, value in given.items():
        if name in ("cpu", "memory"):
            found.setdefault("resources", {}).setdefault("requests", {})[name] = value
        elif name == "resources":
            requests = {**value.get("requests", {}), **found.get("resources", {}).get("requests", {})}
            found["resources"] = {**value, **({"requests": requests} if requests else {})}
        elif name in FAN_OUT:
            found.setdefault("forEach", {})[_alias(ForEachSpec, name)] = filled(value)
        elif name == "retries" and isinstance(value, int):
            found["retries"] = {"limit": value}
        elif name == "env":
            found["env"] = [{"name": key, "value": _text(each)} for key, each in value.items()]
        elif name == "when":
            found["when"] = as_condition(value)
        else:
            found[_alias(Task, name)] = _pools(value) if name == "pools" else filled(value)
    return found


def workflow_fields(given: Mapping[str, Any]) -> Json:
    """Those of the spec that are not made of what the function does. Raises WorkflowFault for an unknown one."""
    _known(given, WorkflowFields)
    found: Json = {}
    for name, value in given.items():
        if name == "schedule":
            found.setdefault("schedule", {})["cron"] = value if isinstance(value, str) else list(value)
        elif name in ScheduleSpec.model_fields:
            found.setdefault("schedule", {})[_alias(ScheduleSpec, name)] = value
        elif name in WorkflowSettings.model_fields:
            found[_alias(WorkflowSettings, name)] = _pools(value) if name == "pools" else filled(value)
    return found


def _known(given: Mapping[str, Any], fields: type) -> None:
    known = fields.__annotations__
    for name in given:
        if name not in known:
            raise fault(f"there is no option '{name}'{did_you_mean(name, known)}")


def _alias(model: type[Model], name: str) -> str:
    return model.model_fields[name].alias or name


def _pools(pools: Sequence[Pool | str]) -> list[Json]:
    return [{"name": each} if isinstance(each, str) else each.request() for each in pools]


def _text(value: Any) -> str:
    found = filled(value)
    return found if isinstance(found, str) else str(found)
