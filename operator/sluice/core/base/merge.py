"""Merges the layers that a pod is built from: defaults, `podTemplate`, the task's own fields, the operator's.

1. Maps merge key by key.
2. Lists with a merge key (`_MERGE_KEYS`) merge item by item, as in Kubernetes' strategic merge patch.
3. Of anything else, other lists included, the upper layer replaces the lower one.

https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
"""

from typing import Any

from sluice.core import Json

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "imagePullSecrets": "name",
    "volumeMounts": "mountPath",
}
"""By list: the field that tells its items apart."""
_MERGED_INSIDE = frozenset({"containers", "initContainers"})
"""The lists whose items merge field by field. Items of the others are replaced: an env variable or a volume has one
source, and the API server refuses two.
"""


def merge(base: Json, over: Json) -> Json:
    """`over` on top of `base`, as a new map. A None in `over` counts as absent."""
    merged = dict(base)
    for key, value in over.items():
        if value is not None:
            merged[key] = _merged(key, base.get(key), value)
    return merged


def _merged(key: str, base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return merge(base, over)
    merge_key = _MERGE_KEYS.get(key)
    if merge_key is None or not _all_have(merge_key, base) or not _all_have(merge_key, over):
        return over
    items = {item[merge_key]: item for item in base}
    for item in over:
        below = items.get(item[merge_key], {}) if key in _MERGED_INSIDE else {}
        items[item[merge_key]] = merge(below, item)
    return list(items.values())


def _all_have(merge_key: str, items: Any) -> bool:
    """Is it a list of maps that all have the key? If not, the manifest is wrong, and the API server will say so."""
    return isinstance(items, list) and all(isinstance(i, dict) and isinstance(i.get(merge_key), str) for i in items)
