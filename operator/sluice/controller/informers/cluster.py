"""How a controller deals with the cluster: it reads the cache, writes by the client and says so in Events."""

from dataclasses import dataclass

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.event_recorder import EventRecorder


@dataclass(frozen=True, slots=True)
class Cluster:
    """As in controller-runtime (`cluster.Cluster`)."""

    kube: KubeClient
    cache: Cache
    events: EventRecorder
    clock: Clock
