"""What a task needs of a node, and where that is free now."""

from sluice.api.run import has_ended
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.text import first_names
from sluice.core.explain.seen import RunSeen
from sluice.core.pod.needs import Needs, needs_of

_SHOWN = 3


def fits(seen: RunSeen, task: str) -> str:
    """`needs 2 CPU, 4Gi: fits now on node-2, node-3`. Empty if it does not wait, asks for nothing, or
    the nodes are not known.
    """
    needs = _needs_of(seen, task)
    if seen.nodes is None or not waits_for_room(seen, task):
        return ""
    names = sorted(node.name for node in seen.nodes if node.has_room_for(needs))
    where = f"fits now on {first_names(names, len(names), _SHOWN)}" if names else f"fits on no node now{_most(seen)}"
    return f"needs {', '.join(needs.words())}: {where}"


def waits_for_room(seen: RunSeen, task: str) -> bool:
    """Would it be of use to know the nodes?"""
    pending = not has_ended(seen.phase) and seen.entries.get(task, {"phase": "Pending"})["phase"] == "Pending"
    return pending and _needs_of(seen, task) != Needs()


def _most(seen: RunSeen) -> str:
    free = max((node.free for node in seen.nodes or ()), key=lambda each: (each.cpu, each.memory), default=Needs())
    return f"; the most that one has free is {' and '.join(free.words()) or 'nothing'}"


def _needs_of(seen: RunSeen, task: str) -> Needs:
    """By the pod if there is one, which has what the cluster added; else by the graph."""
    definition = seen.definitions.get(task, {})
    pod_name = foreign.string(seen.entries.get(task, {}).get("pod"))
    for pod in seen.pods or ():
        if pod_name and foreign.mapping(pod.get("metadata")).get("name") == pod_name:
            return needs_of(foreign.mapping(pod.get("spec")))
    defaults = foreign.mapping(foreign.mapping((seen.graph or {}).get("defaults")).get("resources"))
    own = foreign.mapping(definition.get("resources"))
    resources: Json = {
        key: foreign.mapping(defaults.get(key)) | foreign.mapping(own.get(key)) for key in ("limits", "requests")
    }
    return needs_of({"containers": [{"resources": resources}]})
