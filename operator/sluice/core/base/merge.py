"""Merges one layer of a pod's fields over another: defaults, podTemplate, the task's own fields, and ours.

Maps merge key by key. Lists whose items have an identity merge item by item, as in Kubernetes' strategic merge patch;
any other list is replaced as a whole. Everything else: the upper layer wins.
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
"""

from typing import Any

from sluice.core import Json

_IDENTITY = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "imagePullSecrets": "name",
    "volumeMounts": "mountPath",
}
_MERGED_INSIDE = frozenset(
    {"containers", "initContainers"}
)  # of the others an item has one source, and two are refused


def merge(base: Json, over: Json) -> Json:
    """`over` on top of `base`; neither is changed. An absent (None) value in `over` changes nothing."""
    merged = dict(base)
    for key, value in over.items():
        if value is not None:
            merged[key] = _merged(key, base.get(key), value)
    return merged


def _merged(key: str, base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return merge(base, over)
    identity = _IDENTITY.get(key)
    if identity is None or not _have(identity, base) or not _have(identity, over):
        return over
    items = {item[identity]: item for item in base}
    for item in over:
        below = items.get(item[identity], {}) if key in _MERGED_INSIDE else {}
        items[item[identity]] = merge(below, item)
    return list(items.values())


def _have(identity: str, items: Any) -> bool:
    """Is it a list of maps that can be told apart? Anything else is left to the API server to refuse."""
    return isinstance(items, list) and all(isinstance(i, dict) and isinstance(i.get(identity), str) for i in items)
