"""What the chart says of all tasks, and its caps: from the ConfigMap that it leaves for people to read."""

import orjson
from pydantic import ValidationError

from sluice.api.chart import ChartDefaults
from sluice.client.api import Client
from sluice.client.errors import Forbidden, NotFound
from sluice.client.resources import CONFIG_MAPS

NAME = "sluice-defaults"
_PUBLIC = "kube-public"


async def read(client: Client) -> ChartDefaults | None:
    """Those of the client's namespace, where an operator watches some namespaces only, else the cluster's.

    None if they are not known: an older chart, or no right to read them.
    """
    for namespace in (client.namespace, _PUBLIC):
        try:
            found = await client.get(CONFIG_MAPS, NAME, namespace)
        except (NotFound, Forbidden):
            continue
        try:
            return ChartDefaults.read(orjson.loads(found["data"]["defaults.json"]))
        except (KeyError, ValueError, ValidationError):
            continue
    return None
