"""What the cache has let go of a run that had ended is read again if the run goes on after all.

Only somebody who wipes the status of such a run, or makes one up, brings that about. Without its pods and child runs it
would begin anew, and make again those attempts whose pods are gone.
"""

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.object_reader import ObjectReader
from sluice.controller.kube.objects import ObjectView
from sluice.controller.kube.paths import our_path, pods_path
from sluice.core.base.naming import LABEL_PARENT, LABEL_RUN
from sluice.core.pod.view import pod_view

_PODS = ObjectReader("pods", pod_view)


async def recall(kube: KubeClient, cache: Cache, run: ObjectView) -> None:
    """Nothing is read of a run that has not ended before."""
    if run.ref not in cache.reopened:
        return
    namespace, name = run.key
    pods, _ = await kube.snapshot(_PODS.read, pods_path(namespace), labelSelector=f"{LABEL_RUN}={name}")
    read = cache.readers["workflowruns"].read
    path = our_path(namespace, "workflowruns")
    children, _ = await kube.snapshot(read, path, labelSelector=f"{LABEL_PARENT}={name}")
    for pod in pods:
        cache.pods.upsert(pod)
    for child in children:  # what is kept of it has no outputs any more
        if (known := cache.runs.current(child)) is not None:
            cache.runs.evict(known)
            cache.runs.upsert(child)
    cache.reopened.discard(run.ref)
