"""After the cluster ended a pod, the next attempt prefers another node: the node may be at fault.

Only a preference, since no other node may have room. It matches the node's name, not the label
`kubernetes.io/hostname`, which some clouds set to something else.
https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity
"""

from sluice.core import Json
from sluice.core.base.merge import merge

_HEAVIEST = 100


def prefer_other_node(node: str, spec: Json) -> Json:
    """The pod `spec` with that preference added to the user's own."""
    match spec:
        case {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [*preferences]}}}:
            pass
        case _:
            preferences = []
    elsewhere = {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": [node]}]}
    preference = {"weight": _HEAVIEST, "preference": elsewhere}
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [*preferences, preference]}
    return merge(spec, {"affinity": {"nodeAffinity": preferred}})
