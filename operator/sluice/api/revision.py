"""The frozen graph of runs: the data of a ControllerRevision. It is the part of a Workflow's spec that says what a run
does, as the user wrote it.
"""

from sluice.api.base import Model
from sluice.api.parameter import Parameter
from sluice.api.task import Task, TaskTemplate
from sluice.api.workflow import ClaimTemplate


class FrozenGraph(Model):
    """Read it by `FrozenGraph.read`: it was validated when its Workflow was accepted."""

    parameters: list[Parameter] | None = None
    volume_claim_templates: list[ClaimTemplate] | None = None
    defaults: TaskTemplate | None = None
    tasks: list[Task]
    outputs: dict[str, str] | None = None
    files: dict[str, str] | None = None
    """By path, the SHA-256 of each file in hexadecimal digits."""
