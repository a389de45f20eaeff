"""What the chart's values say of tasks."""

from typing import Annotated, Literal

from pydantic import Field

from sluice.api.base import Duration, Model
from sluice.api.task import PodTemplate


class TaskDefaults(Model):
    """What each task's pod has that neither its task nor its Workflow says otherwise."""

    image: Annotated[str, Field(max_length=1024)] = ""
    """The image of tasks that have none. Empty: they are refused."""
    pod_template: PodTemplate = PodTemplate()
    """Whatever else each pod has."""


class PodLimits(Model):
    """Pods of tasks that have not ended, at most. 0 is any number."""

    pods: Annotated[int, Field(ge=0)] = 0
    """In the whole cluster."""
    pods_per_namespace: Annotated[int, Field(ge=0)] = 0


class KeepPods(Model):
    """How long ended pods stay."""

    succeeded: Duration = "1h"
    failed: Duration = "24h"


class ChartDefaults(Model):
    """What the ConfigMap `sluice-defaults` tells those who write Workflows: it is read by `read`, as the chart may be
    of another version.
    """

    version: str = ""
    """The operator's."""
    task_defaults: TaskDefaults = TaskDefaults()
    limits: PodLimits = PodLimits()
    keep_pods: KeepPods = KeepPods()
    on_first_sight: Literal["Run", "Adopt"] = "Run"
    page: str = ""
    """The address of the page. Empty: there is none, or no way to it from outside the cluster."""
