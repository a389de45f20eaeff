"""Who the visitor is, and what there is to choose from."""

import asyncio

from sluice.client.api import Client
from sluice.client.errors import Forbidden
from sluice.client.resources import NAMESPACES
from sluice.core import Json
from sluice.page.visitors import Visitor


async def who(visitor: Visitor) -> Json:
    """The user, the server, and the namespaces: all, or the visitor's own where they may not be listed."""
    client = visitor.client
    user, namespaces = await asyncio.gather(client.whoami(), _namespaces(client))
    return {"user": user, "server": client.server, "namespace": client.namespace, "namespaces": namespaces}


async def _namespaces(client: Client) -> list[str]:
    try:
        return sorted([row.name for row in await client.table(NAMESPACES)])
    except Forbidden:
        return [client.namespace]
