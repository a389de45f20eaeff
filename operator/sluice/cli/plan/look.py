"""Reads what a plan is made of. What may not be read is left out, and the plan says what it lacks for it."""

from collections.abc import Awaitable, Iterable, Sequence
from statistics import median
from typing import TypeVar

from pydantic import ValidationError

from sluice.api.chart import ChartDefaults
from sluice.api.run import WorkflowRunSpec, has_ended
from sluice.api.workflow import WorkflowSettings, WorkflowStatus
from sluice.cli.plan.known import Known, KnownWorkflow
from sluice.cli.retry import past
from sluice.cli.run.file import Manifest
from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import ClientError, Forbidden, NotFound
from sluice.client.names import newest_first
from sluice.client.nodes import free_nodes
from sluice.client.resources import PODS, POOLS, QUOTAS, RUNS, WORKFLOWS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_RUN, LABEL_TASK, MAIN
from sluice.core.base.times import instant
from sluice.core.triggers.on_change import Predecessor, run_to_resume
from sluice.core.triggers.resume import Past
from sluice.core.whatif.durations import KeptRun
from sluice.core.whatif.start import meets

T = TypeVar("T")

_KEPT = 5
_CALLS_DEEP = 8


async def look(client: Client, manifests: Sequence[Manifest], chart: ChartDefaults | None) -> Known:
    """`manifests` are the objects of the file; the Workflows that they call are read as well."""
    specs = {each.name: each.body["spec"] for each in manifests if each.resource is WORKFLOWS}
    called = [str(each.body["spec"]["workflow"]) for each in manifests if each.resource is RUNS]
    unseen: list[str] = []
    if chart is None:
        unseen.append("the chart's defaults and caps: ConfigMap sluice-defaults cannot be read")
    pools = await _if_allowed(client.objects(POOLS), "the Pools, which count as having room for all", unseen)
    quotas = await _if_allowed(client.objects(QUOTAS), "the quotas of the namespace", unseen)
    nodes = await _if_allowed(free_nodes(client), "whether it fits: that takes the nodes and all their pods", unseen)
    return Known(
        namespace=client.namespace,
        workflows=await _workflows(client, specs, called),
        resumed=await _resumed(client, manifests),
        pools=None if pools is None else {each["metadata"]["name"]: int(each["spec"]["slots"]) for each in pools},
        in_use={each["metadata"]["name"]: used for each in pools or () if (used := _used(each))},
        chart=chart,
        nodes=nodes,
        quotas=quotas or (),
        unseen=tuple(unseen),
    )


def _used(pool: Json) -> int:
    return foreign.integer(foreign.mapping(pool.get("status")).get("used")) or 0


async def _resumed(client: Client, manifests: Sequence[Manifest]) -> dict[str, Past]:
    found: dict[str, Past] = {}
    for manifest in manifests:
        asked = WorkflowRunSpec.read_usable(manifest.body["spec"]).resume_from if manifest.resource is RUNS else None
        run = None if asked is None else await _run(client, asked.run)
        if run is not None and has_ended(_status(run).get("phase", "")) and (before := await past_of(client, run)):
            found[run["metadata"]["name"]] = before
    return found


async def _if_allowed(reading: Awaitable[T], lacks: str, unseen: list[str]) -> T | None:
    try:
        return await reading
    except Forbidden as error:
        unseen.append(f"{lacks} (you may not {error.verb} {error.resource.full_name})")
        return None


async def _workflows(client: Client, specs: dict[str, Json], called: Iterable[str]) -> dict[str, KnownWorkflow]:
    found: dict[str, KnownWorkflow] = {}
    wanted = sorted({*specs, *called})
    for _ in range(_CALLS_DEEP):
        for name in wanted:
            found[name] = await _workflow(client, name, specs.get(name))
        there = {name: (each.workflow or {}).get("spec", {}) for name, each in found.items()}
        wanted = sorted(_called((there | specs).values()) - found.keys())
    return found


def _called(specs: Iterable[Json]) -> set[str]:
    tasks = [task for spec in specs for task in foreign.mappings(spec.get("tasks"))]
    return {name for task in tasks if (name := foreign.string(foreign.mapping(task.get("workflow")).get("name")))}


async def _workflow(client: Client, name: str, spec: Json | None) -> KnownWorkflow:
    """`spec` is what is about to be applied; None if the file does not have it."""
    try:
        workflow = await client.get(WORKFLOWS, name)
    except NotFound:
        return KnownWorkflow()
    last = await _last_run(client, workflow) if spec is not None else None
    going = last is not None and not has_ended(_status(last).get("phase", ""))
    before_it = None if last is None or spec is None else await _run_to_resume(client, last, spec)
    kept, newest = await kept_runs(client, name)
    before = await past_of(client, newest) if newest is not None else None
    resumes = before_it is not None and has_ended(_status(before_it).get("phase", ""))
    return KnownWorkflow(
        workflow=workflow,
        past=await past_of(client, before_it) if before_it is not None and resumes else None,
        meets=_meets(spec, last) if going and last is not None and spec is not None else "",
        kept=kept,
        outputs={} if before is None else before.outputs,
    )


async def past_of(client: Client, run: Json) -> Past | None:
    """What a run that has ended leaves to others; None if its graph is gone, or cannot be read."""
    try:
        return await past.read(client, run)
    except (ValidationError, KeyError):
        return None


def _status(run: Json) -> Json:
    return foreign.mapping(run.get("status"))


def _meets(spec: Json, last: Json) -> str:
    entries = foreign.mapping(_status(last).get("tasks")).values()
    has_begun = any("startedAt" in foreign.mapping(entry) for entry in entries)
    return meets(spec, last["metadata"]["name"], has_begun=has_begun)


async def _last_run(client: Client, workflow: Json) -> Json | None:
    """The last that the Workflow made."""
    mark = WorkflowStatus.read_usable(workflow.get("status") or {}).last_run
    return None if mark is None or mark.name is None else await _run(client, mark.name)


async def _run_to_resume(client: Client, last: Json, spec: Json) -> Json | None:
    """The run that the next one resumes from, if the Workflow says so and it is there."""
    status, before = _status(last), WorkflowRunSpec.read_usable(last["spec"]).resume_from
    name = run_to_resume(
        WorkflowSettings.read_usable(spec),
        Predecessor(
            last["metadata"]["name"],
            has_ended(status.get("phase", "")),
            "startedAt" in status,
            None if before is None else before.run,
        ),
    )
    return last if name == last["metadata"]["name"] else None if name is None else await _run(client, name)


async def _run(client: Client, name: str) -> Json | None:
    try:
        return await client.get(RUNS, name)
    except NotFound:
        return None


async def kept_runs(client: Client, workflow: str) -> tuple[list[KeptRun], Json | None]:
    """The newest runs that succeeded, and the newest of them as it is."""
    rows = [row for row in newest_first(await find.runs_of(client, workflow)) if row.cell("Phase") == "Succeeded"]
    runs = [run for row in rows[:_KEPT] if (run := await _run(client, row.name)) is not None]
    return [await kept_run(client, run) for run in runs], next(iter(runs), None)


async def kept_run(client: Client, run: Json) -> KeptRun:
    """Where its pods are still there, they say how long each item took."""
    name = run["metadata"]["name"]
    try:
        pods = await client.objects(PODS, labelSelector=f"{LABEL_RUN}={name}")
    except ClientError:
        pods = []
    return KeptRun(name, foreign.mapping(foreign.mapping(run.get("status")).get("tasks")), _times_of_pods(pods))


def _times_of_pods(pods: Iterable[Json]) -> dict[str, float]:
    """Seconds from start to end of the main container, by task: the median."""
    found: dict[str, list[float]] = {}
    for pod in pods:
        task = foreign.string(foreign.mapping(foreign.mapping(pod.get("metadata")).get("labels")).get(LABEL_TASK))
        for container in foreign.mappings(foreign.mapping(pod.get("status")).get("containerStatuses")):
            ended = foreign.mapping(foreign.mapping(container.get("state")).get("terminated"))
            started_at, finished_at = instant(ended.get("startedAt")), instant(ended.get("finishedAt"))
            if container.get("name") == MAIN and ended.get("exitCode") == 0 and started_at and finished_at:
                found.setdefault(task, []).append(max(0.0, finished_at - started_at))
    return {task: median(times) for task, times in found.items()}
