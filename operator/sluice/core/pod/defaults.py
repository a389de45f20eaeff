"""What each task's pod has that neither its task nor its Workflow says otherwise: `taskDefaults` of the chart.

It is laid under everything of the user's when a pod is built, and stands in no Workflow and in no revision. So a change
of it holds for the pods that are made after it, and starts no run.
"""

from dataclasses import dataclass, field

from sluice.api.chart import TaskDefaults
from sluice.core import Json
from sluice.core.base.merge import merge
from sluice.core.base.naming import MAIN


@dataclass(frozen=True, slots=True)
class PodDefaults:
    """A layer of a pod's metadata and spec. `image`: is there one in it, so that a task may go without?"""

    image: bool = False
    metadata: Json = field(default_factory=dict)
    spec: Json = field(default_factory=dict)

    @classmethod
    def of(cls, given: TaskDefaults) -> "PodDefaults":
        template: Json = given.pod_template.model_dump(by_alias=True, exclude_none=True)
        spec: Json = template.get("spec", {})
        if given.image:
            spec = merge(spec, {"containers": [{"name": MAIN, "image": given.image}]})
        image = any(each.get("name") == MAIN and "image" in each for each in spec.get("containers", ()))
        return cls(image, template.get("metadata", {}), spec)


NO_DEFAULTS = PodDefaults()
