"""After the cluster took a pod away, the next one rather goes elsewhere: the node may be what is wrong.

It is a preference and no more, since there may be no other node with room. The node is meant by its name and not by the
label `kubernetes.io/hostname`, which some clouds fill with something else.
https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity
"""

from sluice.core import Json
from sluice.core.base.merge import merge

_HEAVIEST = 100


def prefer_other_node(node: str, spec: Json) -> Json:
    """A pod's spec with that wish added to the user's own."""
    match spec:
        case {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [*wishes]}}}:
            pass
        case _:
            wishes = []
    elsewhere = {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": [node]}]}
    wish = {"weight": _HEAVIEST, "preference": elsewhere}
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [*wishes, wish]}
    return merge(spec, {"affinity": {"nodeAffinity": preferred}})
