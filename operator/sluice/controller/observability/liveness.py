"""Does the work go on? A process that hangs says so at /healthz, and the kubelet restarts it.

1. The watch for pods lives while there is an event, a bookmark (one a minute also where nothing happens) or a LIST.
2. No key is worked on for ever, and none waits for ever while no worker finishes.
3. The process has not begun to end.

kopf looks after its own watches (see `kopf_informers`). An event loop that is stuck answers nothing at all. An
operator that stands by is healthy, and so is one whose cluster is idle. One that cannot reach the API server loses its
Lease, and ends for that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sluice.controller.clock import Clock
from sluice.controller.shutdown import Shutdown

_SILENT_S = 300.0  # a watch that is silent for 90 s is opened anew, which is to have had a few chances
_STUCK_S = 600.0  # a request that is repeated patiently may take 4 minutes


class WatchHealth:
    """A watch that has something to tell at least once a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard_at: float | None = None

    def heard(self) -> None:
        self._heard_at = self._clock.monotonic()

    @property
    def silent_s(self) -> float:
        """For how long it has told nothing; 0 before it begins."""
        return 0.0 if self._heard_at is None else self._clock.monotonic() - self._heard_at


class Queue(Protocol):
    """A workqueue, as far as liveness is concerned."""

    name: str

    @property
    def stuck_s(self) -> float:
        """For how long its work has not moved on."""


@dataclass(frozen=True, slots=True)
class Liveness:
    """`watches` are those for pods, by namespace; "" means all namespaces."""

    watches: Mapping[str, WatchHealth]
    queues: Sequence[Queue]
    shutdown: Shutdown

    def troubles(self) -> list[str]:
        """What is stuck; empty if the work goes on."""
        silent = [
            f"the watch for pods{f' in {namespace}' if namespace else ''} is silent for {watch.silent_s:.0f} s"
            for namespace, watch in self.watches.items()
            if watch.silent_s > _SILENT_S
        ]
        stuck = [
            f"the work of queue {queue.name} is stuck for {queue.stuck_s:.0f} s"
            for queue in self.queues
            if queue.stuck_s > _STUCK_S
        ]
        return ([f"ending: {self.shutdown.reason}"] if self.shutdown.reason else []) + silent + stuck
