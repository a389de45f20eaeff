"""What the chart's values say of tasks."""

from typing import Annotated

from pydantic import Field

from sluice.api.base import Model
from sluice.api.task import PodTemplate


class TaskDefaults(Model):
    """What each task's pod has that neither its task nor its Workflow says otherwise."""

    image: Annotated[str, Field(max_length=1024)] = ""
    """The image of tasks that have none. Empty: they are refused."""
    pod_template: PodTemplate = PodTemplate()
    """Whatever else each pod has."""
