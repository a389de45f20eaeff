"""Reads what a plan is made of. What may not be read is left out, and the plan says what it lacks for it."""

from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sluice.api.chart import ChartDefaults, PodLimits
from sluice.api.run import WorkflowRunSpec, has_ended
from sluice.api.workflow import WorkflowSettings, WorkflowStatus
from sluice.cli.plan.seen.history import past_of
from sluice.cli.plan.seen.known import Known, KnownWorkflow
from sluice.cli.plan.seen.others import names_of_others, other_runs, runs_at
from sluice.cli.run.file import Manifest
from sluice.client.api import ALL_NAMESPACES, Client
from sluice.client.errors import Forbidden, NotFound
from sluice.client.history import kept_runs, run_if_there
from sluice.client.nodes import free_nodes
from sluice.client.resources import PODS, POOLS, QUOTAS, RUNS, WORKFLOWS
from sluice.client.table import TableRow
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_RUN
from sluice.core.explain.line import name_of, slots_of
from sluice.core.quota.calls import called_by
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.triggers.on_change import Predecessor, run_to_resume
from sluice.core.triggers.resume import Past
from sluice.core.whatif.start import meets

T = TypeVar("T")

_CALLS_DEEP = 8
_LIVE = {"labelSelector": LABEL_RUN, "fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"}


async def look(
    client: Client, manifests: Sequence[Manifest], chart: ChartDefaults | None, *, alone: bool = False
) -> Known:
    """`manifests` are the objects of the file; the Workflows that they call are read as well. `alone`: without other
    runs, and with all slots of the Pools.
    """
    specs = {each.name: each.body["spec"] for each in manifests if each.resource is WORKFLOWS}
    called = [str(each.body["spec"]["workflow"]) for each in manifests if each.resource is RUNS]
    unseen: list[str] = []
    if chart is None:
        unseen.append("the chart's defaults and caps: ConfigMap sluice-defaults cannot be read")
    pools = await _if_allowed(client.objects(POOLS), "the Pools, which count as having room for all", unseen)
    quotas = await _if_allowed(client.objects(QUOTAS), "the quotas of the namespace", unseen)
    nodes = await _if_allowed(free_nodes(client), "whether it fits: that takes the nodes and all their pods", unseen)
    workflows = await _workflows(client, specs, called)
    theirs = {name: each.workflow["spec"] for name, each in workflows.items() if each.workflow is not None}
    known = Known(
        namespace=client.namespace,
        workflows=workflows,
        resumed=await _resumed(client, manifests),
        pools=None if pools is None else slots_of(pools),
        held_by_runs=frozenset(name_of(each) for each in pools or () if each["spec"].get("heldBy") == "Runs"),
        chart=chart,
        nodes=nodes,
        quotas=quotas or (),
        unseen=tuple(unseen),
    )
    return known if alone else await _with_others(client, known, pools or (), theirs | specs)


async def _with_others(client: Client, known: Known, pools: Sequence[Json], specs: Mapping[str, Json]) -> Known:
    caps, unseen = PodLimits() if known.chart is None else known.chart.limits, list(known.unseen)
    capped = bool(caps.pods or caps.pods_per_namespace)
    names = await names_of_others(client, pools, _pools_of(specs.values()), _limited(specs), capped=capped)
    others = await other_runs(client, names)
    read = {each.name for each in others}
    return replace(
        known,
        others=others,
        more_others=len(names) - len(others),
        pods_besides=await _pods_besides(client, read, unseen) if capped else PodLimits(),
        in_use={name_of(each): used for each in pools if (used := _used(each)) and not _are_all_read(each, read)},
        unseen=tuple(unseen),
    )


def _are_all_read(pool: Json, read: Collection[str]) -> bool:
    """Is every run known that it names?"""
    names = runs_at(pool)
    return bool(names) and all(name in read for name in names)


def _pools_of(specs: Iterable[Json]) -> set[str]:
    """Those of tasks, and those of whole runs."""
    claiming = [each for spec in specs for each in (spec, *foreign.mappings(spec.get("tasks")))]
    return {foreign.string(pool.get("name")) for each in claiming for pool in foreign.mappings(each.get("pools"))}


def _limited(specs: Mapping[str, Json]) -> list[str]:
    """The Workflows whose runs wait for each other, whoever makes them."""
    rules = {name: Concurrency.of(WorkflowSettings.read_usable(spec)) for name, spec in specs.items()}
    return [name for name, rule in rules.items() if rule.policy in ("Queue", "Forbid")]


async def _pods_besides(client: Client, read: Collection[str], unseen: list[str]) -> PodLimits:
    """Those of other runs than these of our namespace."""
    own = client.namespace
    lacks = "the pods of other namespaces, which count under the chart's caps"
    everywhere = await _if_allowed(client.table(PODS, ALL_NAMESPACES, **_LIVE), lacks, unseen)
    rows = await client.table(PODS, **_LIVE) if everywhere is None else everywhere
    others = [row for row in rows if row.namespace != own or _run_of(row) not in read]
    return PodLimits(pods=len(others), podsPerNamespace=sum(row.namespace == own for row in others))


def _run_of(pod: TableRow) -> str:
    return foreign.string(foreign.mapping(pod.metadata.get("labels")).get(LABEL_RUN))


def _used(pool: Json) -> int:
    return foreign.integer(foreign.mapping(pool.get("status")).get("used")) or 0


async def _resumed(client: Client, manifests: Sequence[Manifest]) -> dict[str, Past]:
    found: dict[str, Past] = {}
    for manifest in manifests:
        asked = WorkflowRunSpec.read_usable(manifest.body["spec"]).resume_from if manifest.resource is RUNS else None
        run = None if asked is None else await run_if_there(client, asked.run)
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
        there = {name: (each.workflow or {}).get("spec", {}) for name, each in found.items()} | specs
        wanted = sorted({name for spec in there.values() for name in called_by(spec)} - found.keys())
    return found


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


def _status(run: Json) -> Json:
    return foreign.mapping(run.get("status"))


def _meets(spec: Json, last: Json) -> str:
    entries = foreign.mapping(_status(last).get("tasks")).values()
    has_begun = any("startedAt" in foreign.mapping(entry) for entry in entries)
    return meets(spec, last["metadata"]["name"], has_begun=has_begun)


async def _last_run(client: Client, workflow: Json) -> Json | None:
    """The last that the Workflow made."""
    mark = WorkflowStatus.read_usable(workflow.get("status") or {}).last_run
    return None if mark is None or mark.name is None else await run_if_there(client, mark.name)


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
    return last if name == last["metadata"]["name"] else None if name is None else await run_if_there(client, name)
