"""Faults of `resources`: what is no quantity, and what the API server refuses of a pod's container.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go, of a container's resources.
What is missing is no fault: a LimitRange or the chart's defaults may fill it in.
"""

from collections.abc import Iterator
from fractions import Fraction

from sluice.api.task import Resources, TaskTemplate
from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.base.merge import merge
from sluice.core.base.quantity import parse
from sluice.core.graph.placeholders import PLACEHOLDER
from sluice.core.validation.manifest import ParsedManifest

_OF_CONTAINERS = ("cpu", "memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"
_NO_SUCH = (
    f"there is no such resource; there are {', '.join(_OF_CONTAINERS)}, and devices by names such as nvidia.com/gpu"
)
_DEFAULTS = "spec.defaults"


def quantities(found: ParsedManifest) -> Iterator[Fault]:
    """Of each quantity by itself."""
    layers: dict[str, TaskTemplate | None] = {f"spec.tasks[{number}]": task for number, task in found.tasks.items()}
    for path, layer in (layers | {_DEFAULTS: found.defaults}).items():
        for kind, given in _written(layer).items():
            for name, quantity in given.items():
                if words := _wrong(name, str(quantity)):
                    yield Fault(f"{path}.resources.{kind}.{name}", words)
                elif "/" not in name and name not in _OF_CONTAINERS and not name.startswith(_HUGE_PAGES):
                    yield Fault(f"{path}.resources.{kind}.{name}", _NO_SUCH)


def requests_and_limits(found: ParsedManifest) -> Iterator[Fault]:
    """Of both together, once the defaults are merged in. What the defaults say alone is told once, at their place."""
    defaults = _written(found.defaults)
    told: set[str] = set()
    for number, task in found.tasks.items():
        own = _written(task)
        if not (own or defaults) or any(
            each is not None for each in (task.approval, task.workflow, task.join, task.wait)
        ):
            continue
        for name, words in _unfit(merge(defaults, own)):
            kind = next((kind for kind in ("requests", "limits") if name in own.get(kind, {})), None)
            if kind is not None:
                yield Fault(f"spec.tasks[{number}].resources.{kind}.{name}", words)
            elif name not in told:
                told.add(name)
                yield Fault(f"{_DEFAULTS}.resources.requests.{name}", words)


def is_quantity(text: str) -> bool:
    return parse(text) is not None or PLACEHOLDER.search(text) is not None


def _wrong(name: str, text: str) -> str:
    """What is wrong with a quantity; empty if nothing is."""
    if not is_quantity(text):
        return f"'{text}' is not a quantity; write for example 500m or 64Mi"
    size = parse(text) or Fraction(0)
    if size < 0:
        return f"'{text}' is negative"
    if size.denominator > 1 and _is_device(name):
        return f"'{text}' is not whole, and {name} comes in whole numbers only"
    return ""


def _unfit(resources: Json) -> Iterator[tuple[str, str]]:
    """The name of each resource whose request does not fit its limit, and why."""
    limits = resources.get("limits", {})
    for name, request in resources.get("requests", {}).items():
        asked, limit = parse(str(request)), parse(str(limits.get(name)))
        if asked is None or limit is None:
            continue
        if (_is_device(name) or name.startswith(_HUGE_PAGES)) and asked != limit:
            yield name, f"the request of {request} is not the limit of {limits[name]}; of {name} they must be equal"
        elif asked > limit:
            yield name, f"the request of {request} is more than the limit of {limits[name]}"


def _is_device(name: str) -> bool:
    """Kubernetes calls it an extended resource."""
    return "/" in name and "kubernetes.io/" not in name


def _written(layer: TaskTemplate | None) -> Json:
    resources: Resources | None = layer.resources if layer is not None else None
    return {} if resources is None else resources.model_dump(by_alias=True, exclude_none=True)
