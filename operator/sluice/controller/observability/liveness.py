"""Does the work go on? A process that hangs says so at /healthz, and the kubelet starts it again.

1. The watch for pods lives while there is an event, a bookmark (one a minute also where nothing happens) or a LIST.
2. kopf's watches of our own kinds do not say that they live. But where a LIST finds what a watch should have told,
   the watch has something to tell.
3. No piece of work takes for ever, and none waits for ever while no worker gets on.

An event loop that is stuck answers nothing at all. An operator that stands by is healthy, and so is one whose cluster
is idle. One that cannot reach the API server loses its Lease, and ends for that.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

Clock = Callable[[], float]

_SILENT_S = 300.0  # a watch that is silent for 90 s is opened anew, which is to have had a few chances
_STUCK_S = 600.0  # a request that is repeated patiently may take 4 minutes


class WatchHealth:
    """A watch, as far as can be told whether it lives. `bookmarks`: has it something to say again and again?"""

    def __init__(self, *, bookmarks: bool, clock: Clock = time.monotonic) -> None:
        self._bookmarks, self._clock = bookmarks, clock
        self._owes_since: float | None = None

    def heard(self) -> None:
        self._owes_since = self._clock() if self._bookmarks else None

    def missed(self) -> None:
        """There is something that it has not told."""
        if self._owes_since is None:
            self._owes_since = self._clock()

    @property
    def silent_s(self) -> float:
        """For how long it has told nothing although there was something to tell."""
        return 0.0 if self._owes_since is None else self._clock() - self._owes_since


class Watches:
    """Those of each namespace that is watched; "" means all namespaces."""

    def __init__(self, namespaces: Sequence[str], clock: Clock = time.monotonic) -> None:
        kinds = ("pods", "pools", "workflows", "workflowruns", "backfills")
        self._of = {
            (plural, namespace): WatchHealth(bookmarks=plural == "pods", clock=clock)
            for plural in kinds
            for namespace in namespaces
        }

    def of(self, plural: str, namespace: str) -> WatchHealth:
        """The one that tells of such objects in that namespace."""
        return self._of.get((plural, namespace)) or self._of[plural, ""]

    def silent(self, longer_than_s: float) -> list[str]:
        return [
            f"the watch for {plural}{f' in {namespace}' if namespace else ''} is silent for {watch.silent_s:.0f} s"
            for (plural, namespace), watch in self._of.items()
            if watch.silent_s > longer_than_s
        ]


class Queue(Protocol):
    """A workqueue, as far as liveness is concerned."""

    name: str

    @property
    def stuck_s(self) -> float:
        """For how long its work has not moved on."""


@dataclass(frozen=True, slots=True)
class Liveness:
    watches: Watches
    queues: Sequence[Queue]

    def troubles(self) -> list[str]:
        """What is stuck; empty if the work goes on."""
        stuck = [
            f"the work of queue {queue.name} is stuck for {queue.stuck_s:.0f} s"
            for queue in self.queues
            if queue.stuck_s > _STUCK_S
        ]
        return self.watches.silent(_SILENT_S) + stuck
