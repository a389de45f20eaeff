"""The chart's `taskDefaults`: pod settings that apply where neither the task nor its Workflow says otherwise.

They are merged in, under the user's settings, when a pod is built. They are part of no Workflow and no revision, so
changing them affects later pods only and starts no run.
"""

from dataclasses import dataclass, field

from sluice.api.chart import TaskDefaults
from sluice.core import Json
from sluice.core.base.merge import merge
from sluice.core.base.naming import MAIN


@dataclass(frozen=True, slots=True)
class PodDefaults:
    """Metadata and spec to merge into every pod. `image` is whether they set one, so that a task may omit its own."""

    image: bool = False
    metadata: Json = field(default_factory=dict)
    spec: Json = field(default_factory=dict)

    @classmethod
    def of(cls, defaults: TaskDefaults) -> "PodDefaults":
        template: Json = defaults.pod_template.model_dump(by_alias=True, exclude_none=True)
        spec: Json = template.get("spec", {})
        if defaults.image:
            spec = merge(spec, {"containers": [{"name": MAIN, "image": defaults.image}]})
        image = any(container.get("name") == MAIN and "image" in container for container in spec.get("containers", ()))
        return cls(image, template.get("metadata", {}), spec)


NO_DEFAULTS = PodDefaults()
