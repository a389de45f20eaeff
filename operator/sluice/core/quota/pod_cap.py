"""Caps on live pods: one for each namespace, and one for all together.

1. A pod is live from its grant until it is terminal or gone; a pod that is pending, gated or terminating is live.
2. A pod is known by its name; its UID is unknown until it is seen. An earlier pod by the same
   name does not touch a later one.
3. A cap admits one task at a time, the first in the queue: the next one when that one's pod is live. Only tasks that
   no pool blocks take part.
4. The cap over all namespaces goes round robin: it admits the first of the namespace whose turn is next.

Without a cap nobody needs the number of pods. Then only those that hold pool slots are told of here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sluice.core.quota.waiters import QueuePosition


class PodKey(NamedTuple):
    namespace: str
    name: str


@dataclass(slots=True)
class PodCaps:
    """`total` and `per_namespace` are numbers of pods. None is no cap."""

    total: int | None = None
    per_namespace: int | None = None
    _uids: dict[PodKey, str] = field(default_factory=dict)
    """Of the live pods; empty until the pod is seen."""
    _names: dict[str, set[str]] = field(default_factory=dict)
    """Of the live pods, by namespace. None is empty."""

    @property
    def capped(self) -> bool:
        return self.total is not None or self.per_namespace is not None

    def is_live(self, pod: PodKey) -> bool:
        return pod in self._uids

    def add(self, pod: PodKey, uid: str = "") -> bool:
        """The pod is live: granted, or seen under this UID. Returns whether it was not live before."""
        new = pod not in self._uids
        self._uids[pod] = uid
        self._names.setdefault(pod.namespace, set()).add(pod.name)
        return new

    def cancel(self, pod: PodKey) -> bool:
        """The pod was not created. Returns whether that is believed: a pod that was seen stays live."""
        return self._remove(pod, "")

    def end(self, pod: PodKey, uid: str) -> bool:
        """The pod with this UID is terminal. Returns whether it was live. If no pod of its name was seen since the
        grant, it is the granted one.
        """
        return self._remove(pod, uid, "")

    def delete(self, pod: PodKey, uid: str) -> bool:
        """The pod with this UID is gone. Returns whether it was live. If no pod of its name was seen since the grant,
        it is an earlier one.
        """
        return self._remove(pod, uid)

    def admitted(self, namespace: str, queues: Mapping[str, Sequence[QueuePosition]]) -> Sequence[QueuePosition]:
        """Who may start now, of the tasks that no pool blocks: `queues` has them by namespace, in order, the
        namespace whose turn is next first.

        They are of the given namespace or, where one cap is over all, of any. O(1); with both caps O(namespaces).
        """
        if self.total is None:
            return self._admitted_in(namespace, queues.get(namespace, ()))
        if len(self._uids) >= self.total:
            return ()
        return next((found[:1] for each, queue in queues.items() if (found := self._admitted_in(each, queue))), ())

    def why_full(self, namespace: str) -> str:
        """Why a task of this namespace that no pool blocks does not start. Empty without caps."""
        here = self._count(namespace)
        if self.per_namespace is not None and here >= self.per_namespace:
            return f"PodLimit: {here}/{self.per_namespace} pods of this namespace"
        if self.total is not None and len(self._uids) >= self.total:
            return f"PodLimit: {len(self._uids)}/{self.total} pods of all namespaces"
        return "PodLimit: others come first" if self.capped else ""

    def _admitted_in(self, namespace: str, queue: Sequence[QueuePosition]) -> Sequence[QueuePosition]:
        if self.per_namespace is None:
            return queue
        return queue[:1] if self._count(namespace) < self.per_namespace else ()

    def _count(self, namespace: str) -> int:
        return len(self._names.get(namespace, ()))

    def _remove(self, pod: PodKey, *uids: str) -> bool:
        """If it is live, under one of these UIDs."""
        if self._uids.get(pod) not in uids:
            return False
        del self._uids[pod]
        names = self._names[pod.namespace]
        names.discard(pod.name)
        if not names:
            del self._names[pod.namespace]
        return True
