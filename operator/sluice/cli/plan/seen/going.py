"""The runs that hold slots of Pools, or wait for some: they go on beside the one that is planned."""

from collections.abc import Iterable

from sluice.api.run import has_ended
from sluice.cli.plan.prepare import readable
from sluice.cli.plan.seen.history import with_graph
from sluice.cli.plan.seen.known import GoingRun
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.history import kept_runs, run_if_there
from sluice.client.resources import PODS, WORKFLOWS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_RUN
from sluice.core.explain.line import holders, name_of, waiters


async def going_runs(client: Client, pools: Iterable[Json], wanted: set[str]) -> list[GoingRun]:
    """Those of the Pools `wanted`. A Pool names some of its holders and waiters only."""
    names: dict[str, None] = {}
    for pool in pools:
        if name_of(pool) in wanted:
            told = [*holders(pool), *(name for name, _ in waiters(pool, 0))]
            names |= {name.partition("/")[0]: None for name in told}
    found = [await _going(client, name) for name in names]
    return [each for each in found if each is not None]


async def _going(client: Client, name: str) -> GoingRun | None:
    """None if it has ended, or cannot be read."""
    run = await run_if_there(client, name)
    if run is None or has_ended(foreign.mapping(run.get("status")).get("phase", "")):
        return None
    try:
        graph = await graphs.graph_of_run(client, run)
        workflow = await client.get(WORKFLOWS, run["spec"]["workflow"])
        pods = await client.objects(PODS, labelSelector=f"{LABEL_RUN}={name}")
        kept, _ = await kept_runs(client, run["spec"]["workflow"])
    except ClientError:
        return None
    if graph is None or readable(graph) is None:
        return None
    return GoingRun(run, with_graph(workflow["spec"], graph), pods, kept)
