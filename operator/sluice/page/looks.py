"""What is asked once about one thing, and not followed: by the last step of its address.

Loaded when somebody asks: with the API's models it is 14 MB of the server, and who looks at a list needs none of it.
"""

from collections.abc import Awaitable, Callable

from sluice.core import Json
from sluice.page import look
from sluice.page.graph import graph
from sluice.page.timeline import timeline
from sluice.page.visitors import Visitor
from sluice.page.workflow import grid, workflow

Parameter = Callable[[str], str]
"""The value of a parameter of the address; '' if it is not there."""

_MAX_RUNS = 100


async def _backfill(visitor: Visitor, get: Parameter) -> Json:
    from sluice.page.backfill import backfill  # noqa: PLC0415  # 2 MB with the validation of Backfills

    return await backfill(visitor, get("name"))


async def _plan(visitor: Visitor, get: Parameter) -> Json:
    from sluice.page.plans import plan  # noqa: PLC0415  # 2 MB, too

    return await plan(visitor, get("name"), get("arguments").splitlines())


async def _what_if(visitor: Visitor, get: Parameter) -> Json:
    from sluice.page.plans import what_if  # noqa: PLC0415  # as there

    return await what_if(visitor, get("name"), get("parallelism"), get("pools").split())


LOOKS: dict[str, Callable[[Visitor, Parameter], Awaitable[Json]]] = {
    "why": lambda visitor, get: look.why(visitor, get("name")),
    "diff": lambda visitor, get: look.difference(visitor, get("with"), get("name")),
    "yaml": lambda visitor, get: look.yaml(visitor, get("name")),
    "parameters": lambda visitor, get: look.parameters(visitor, get("name")),
    "graph": lambda visitor, get: graph(visitor, get("name"), get("opened").splitlines(), get("inside").splitlines()),
    "timeline": lambda visitor, get: timeline(visitor, get("name")),
    "whatif": _what_if,
    "workflow": lambda visitor, get: workflow(visitor, get("name")),
    "grid": lambda visitor, get: grid(visitor, get("runs").split()[:_MAX_RUNS]),
    "backfill": _backfill,
    "plan": _plan,
}
