"""Whether a task does the same in two graphs. Its layers are compared, and not what they are when merged: large
defaults would be merged for each of thousands of tasks. What the layers cannot tell counts as a change.
"""

from collections.abc import Container

from sluice.core import Json
from sluice.core.base.merge import merge
from sluice.core.pod.volumes import mounted
from sluice.core.spec.task import TaskDefinition

_HOW_IT_IS_RUN = frozenset(
    {
        "retries",
        "timeout",
        "deadline",
        "pendingTimeout",
        "allowFailure",
        "resources",
        "nodeSelector",
        "tolerations",
        "safeToEvict",
        "priority",
        "expectedDuration",
        "group",
        "pools",
        "poll",
        "queueName",
    }
)
_APART = frozenset({"dependsOn", "forEach"})
_LARGE = "podTemplate"


class Sameness:
    """Of two graphs."""

    def __init__(self) -> None:
        self._same_defaults: dict[tuple[int, int, str], bool] = {}
        self._mounted: dict[int, list[str]] = {}
        """By the defaults, of which all tasks of a graph have the same."""

    def does_the_same(self, one: TaskDefinition, other: TaskDefinition) -> bool:
        """Apart from the items. The order of `dependsOn` makes no difference."""
        if ("forEach" in one.own) != ("forEach" in other.own):
            return False
        if set(one.own.get("dependsOn") or ()) != set(other.own.get("dependsOn") or ()):
            return False
        names = {*one.own, *other.own, *one.defaults, *other.defaults} - _HOW_IT_IS_RUN - _APART
        return all(self._is_same(name, one, other) for name in names)

    def mounted(self, task: TaskDefinition, templates: Container[str]) -> list[str]:
        """The templates that it mounts, or would if it had its defaults alone."""
        if (known := self._mounted.get(id(task.defaults))) is None:
            known = self._mounted[id(task.defaults)] = mounted(task.defaults, templates)
        return [*known, *mounted(task.own, templates)]

    def _is_same(self, name: str, one: TaskDefinition, other: TaskDefinition) -> bool:
        key = (id(one.defaults), id(other.defaults), name)
        if (same_default := self._same_defaults.get(key)) is None:
            same_default = self._same_defaults[key] = one.defaults.get(name) == other.defaults.get(name)
        if same_default and one.own.get(name) == other.own.get(name):
            return True
        return name != _LARGE and _merged(name, one) == _merged(name, other)


def _merged(name: str, task: TaskDefinition) -> Json:
    base, over = ({name: layer[name]} if name in layer else {} for layer in (task.defaults, task.own))
    return merge(base, over)
