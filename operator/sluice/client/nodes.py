"""What is free on the cluster's nodes. That takes the right to list nodes, and the pods of all namespaces."""

from sluice.client.api import ALL_NAMESPACES, Client
from sluice.client.resources import NODES, PODS
from sluice.core.pod.room import Node, Usage

_LIVE = "status.phase!=Succeeded,status.phase!=Failed"


async def free_nodes(client: Client) -> list[Node]:
    """Those that take pods. Raises Forbidden."""
    nodes, usage = await client.objects(NODES), Usage()
    async for page in client.pages(PODS, ALL_NAMESPACES, fieldSelector=_LIVE):
        usage.add(page["items"] or ())
    return usage.free(nodes)
