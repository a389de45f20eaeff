"""A past run once more, on a made-up cluster: under its own limits, and under others."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sluice.cli.durations import lasting
from sluice.cli.plan.planned import Planned
from sluice.cli.plan.prepare import Preparation, readable
from sluice.cli.plan.seen.history import past_of, with_graph
from sluice.cli.plan.seen.known import Known, KnownWorkflow
from sluice.cli.plan.seen.look import look
from sluice.cli.plan.wishes import Wishes
from sluice.cli.plan.words.as_json import written
from sluice.cli.plan.words.facts import facts_as_text
from sluice.cli.printable import printable
from sluice.cli.run.file import Manifest
from sluice.cli.terminal import Terminal
from sluice.client import defaults, find, graphs
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.history import kept_run
from sluice.client.names import Target
from sluice.client.resources import RUNS
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.text import did_you_mean
from sluice.core.base.times import instant

_KEPT = "Kept: "


@dataclass(frozen=True, slots=True)
class Limits:
    """Those to try. `pools` are slots by name."""

    parallelism: int | None = None
    pools: Mapping[str, int] | None = None

    @property
    def words(self) -> str:
        parts = [] if self.parallelism is None else [f"parallelism {self.parallelism}"]
        return ", ".join(parts + [f"pool {name} {slots}" for name, slots in (self.pools or {}).items()])


@dataclass(frozen=True, slots=True)
class Replay:
    took_s: float
    """What the run took in truth."""
    own: Planned
    """Under the limits that its Workflow has now."""
    other: Planned
    """Under those to try; the same if there are none."""
    limits: Limits
    known: Known

    @property
    def headline(self) -> str:
        own, other = (each.plan.time for each in (self.own, self.other))
        if own is None or other is None:
            return f"{self.own.name} cannot be replayed: nothing is known of the times of its tasks."
        words = f"{self.own.name} took {lasting(self.took_s)}, replayed {lasting(own.typical_s)}"
        return f"{words}; with {self.limits.words} {lasting(other.typical_s)}." if self.limits.words else f"{words}."

    def as_text(self, terminal: Terminal) -> str:
        lines = [printable(self.headline), "", *facts_as_text(self.other, terminal)]
        return "\n".join(lines + [printable(f"not seen: {words}") for words in self.known.unseen])

    def as_json(self) -> str:
        """The two plans: under its own limits, and under the others."""
        return written([self.own, self.other], self.known, tookSeconds=self.took_s)


async def replay(client: Client, target: Target, limits: Limits, wishes: Wishes, now: Instant) -> Replay:
    """Raises ClientError if the run has not ended, or its graph cannot be read."""
    run = await find.run(client, target)
    name, status = run["metadata"]["name"], foreign.mapping(run.get("status"))
    started_at, finished_at = instant(status.get("startedAt")), instant(status.get("finishedAt"))
    if started_at is None or finished_at is None:
        raise ClientError(f"run {name} has not ended, and only one that has can be replayed; see: sluice watch {name}")
    graph = await graphs.graph_of_run(client, run)
    if graph is None or readable(graph) is None:
        raise ClientError(f"the graph of run {name} is gone or may not be read (ControllerRevision), so it has no plan")
    manifest = Manifest(RUNS, run)
    known = await look(client, [manifest], await defaults.read(client), alone=True)
    before = await past_of(client, run)
    workflow = known.workflows[run["spec"]["workflow"]].workflow or {"metadata": {"uid": "", "generation": 1}}
    it = KnownWorkflow(
        workflow={**workflow, "spec": with_graph(workflow.get("spec", {}), graph)},
        kept=[await kept_run(client, run)],
        outputs={} if before is None else before.outputs,
    )
    seen = replace(known, workflows={**known.workflows, run["spec"]["workflow"]: it})
    entries = {} if before is None else before.tasks
    kept = {task: entry for task, entry in entries.items() if str(entry.get("reason", "")).startswith(_KEPT)}

    def planned(known: Known) -> Planned:
        return Preparation([manifest], known, wishes, now).replayed(manifest, {"tasks": kept} if kept else {})

    own = await asyncio.to_thread(planned, seen)  # the page's server has others to answer
    as_long = replace(it, kept=[replace(it.kept[0], of_pods_s=own.times_s)])  # whatever the limits
    others = _under(replace(seen, workflows={**seen.workflows, run["spec"]["workflow"]: as_long}), run, limits)
    return Replay(finished_at - started_at, own, await asyncio.to_thread(planned, others), limits, seen)


def _under(known: Known, run: Json, limits: Limits) -> Known:
    workflow = run["spec"]["workflow"]
    it = known.workflows[workflow]
    spec = (it.workflow or {})["spec"]
    claimed = {foreign.string(each.get("name")) for task in spec["tasks"] for each in task.get("pools") or ()}
    if unknown := [name for name in limits.pools or {} if name not in claimed]:
        names = [f"no task of the run uses a pool '{name}'{did_you_mean(name, sorted(claimed))}" for name in unknown]
        raise ClientError("\n".join(f"--pool: {each}" for each in names))
    if limits.parallelism is not None:
        spec = {**spec, "parallelism": limits.parallelism}
    workflows = {**known.workflows, workflow: replace(it, workflow={**(it.workflow or {}), "spec": spec})}
    pools = known.pools if not limits.pools else {**(known.pools or {}), **limits.pools}
    return replace(known, workflows=workflows, pools=pools)
