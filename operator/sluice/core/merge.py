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
    if identity and isinstance(base, list) and isinstance(over, list):
        items = {item.get(identity): item for item in base}
        for item in over:
            items[item.get(identity)] = merge(items.get(item.get(identity), {}), item)
        return list(items.values())
    return over
