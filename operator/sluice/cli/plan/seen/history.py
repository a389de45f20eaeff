"""Earlier runs: what they leave to others."""

from pydantic import ValidationError

from sluice.cli.retry import past
from sluice.client.api import Client
from sluice.core import Json
from sluice.core.base.naming import settings_of
from sluice.core.triggers.resume import Past


def with_graph(spec: Json, graph: Json) -> Json:
    """A Workflow's spec with the graph of one of its runs in place of the one that it has now."""
    return settings_of(spec) | graph


async def past_of(client: Client, run: Json) -> Past | None:
    """What a run that has ended leaves to others; None if its graph is gone, or cannot be read."""
    try:
        return await past.read(client, run)
    except (ValidationError, KeyError):
        return None
