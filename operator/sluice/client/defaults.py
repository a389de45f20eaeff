"""What the chart says of all tasks, its caps, and where the page is: from the ConfigMap that it leaves for people to
read.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson

from sluice.client.api import Client
from sluice.client.errors import Forbidden, NotFound
from sluice.client.resources import CONFIG_MAPS
from sluice.core import Json

if TYPE_CHECKING:
    from sluice.api.chart import ChartDefaults

NAME = "sluice-defaults"
_PUBLIC = "kube-public"


async def read(client: Client) -> "ChartDefaults | None":
    """Those of the client's namespace, where an operator watches some namespaces only, else the cluster's.

    None if they are not known: an older chart, or no right to read them.
    """
    from pydantic import ValidationError  # noqa: PLC0415  # not for `page_of`, which needs no model

    from sluice.api.chart import ChartDefaults  # noqa: PLC0415

    async for told in _documents(client):
        try:
            return ChartDefaults.read(told)
        except ValidationError:
            continue
    return None


async def page_of(client: Client, run: str) -> str:
    """The address at which the page in the cluster shows the run; '' where none is known."""
    async for told in _documents(client):
        page = told.get("page")
        if isinstance(page, str) and page.startswith("https://"):
            return f"{page}?{urlencode({'ns': client.namespace, 'run': run})}"
    return ""


async def _documents(client: Client) -> AsyncIterator[Json]:
    for namespace in (client.namespace, _PUBLIC):
        try:
            found = await client.get(CONFIG_MAPS, NAME, namespace)
            told = orjson.loads(found["data"]["defaults.json"])
        except (NotFound, Forbidden, KeyError, ValueError):
            continue
        if isinstance(told, dict):
            yield told
