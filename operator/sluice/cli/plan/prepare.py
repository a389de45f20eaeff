"""From the objects of a file, and what is known of the cluster, to the runs that would start."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import ValidationError

from sluice.api.chart import PodLimits
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings, WorkflowStatus
from sluice.cli.plan.beside import beside
from sluice.cli.plan.guesses import guessed_others, guessed_pools, guessed_times, guessed_values
from sluice.cli.plan.planned import Planned
from sluice.cli.plan.seen.known import NOTHING, Known, KnownWorkflow
from sluice.cli.plan.wishes import Wishes
from sluice.cli.run.arguments import typed
from sluice.cli.run.file import BadFile, Manifest
from sluice.cli.words import counted
from sluice.client.resources import BACKFILLS, POOLS, RUNS, WORKFLOWS
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.naming import graph_of, revision_name, run_name
from sluice.core.base.times import instant
from sluice.core.pod.defaults import NO_DEFAULTS, PodDefaults
from sluice.core.pod.volumes import claims_of
from sluice.core.quota.calls import CalledWorkflow, callable_from, calls_of
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.spec.changes import changes_of_settings, changes_of_tasks
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.spec.task import TaskDefinition
from sluice.core.status.durations import Sources, durations
from sluice.core.status.kept import kept_entries
from sluice.core.triggers.rerun import RerunOrders
from sluice.core.triggers.resume import Past, kept
from sluice.core.whatif.assumptions import Guess, assume
from sluice.core.whatif.limits import that_may_strike, without_timeouts
from sluice.core.whatif.plan import NOT_REACHED, SKIPPED, plan
from sluice.core.whatif.room import fit, shortages
from sluice.core.whatif.scene import Other, Scene, Subject
from sluice.core.whatif.start import Stands, Start, start

_PLENTY = 1_000_000  # slots of a Pool of which nothing is known
_UID = "00000000-0000-0000-0000-000000000000"


class Preparation:
    """All objects of a file together, as they may refer to each other. Raises BadFile and BadArguments."""

    def __init__(self, manifests: Sequence[Manifest], known: Known, wishes: Wishes, now: Instant) -> None:
        self._manifests, self._known, self._wishes, self._now = manifests, known, wishes, now
        self._specs = {each.name: each.body["spec"] for each in manifests if each.resource is WORKFLOWS}
        there = {name: each.workflow["spec"] for name, each in known.workflows.items() if each.workflow}
        self._specs = {name: spec for name, spec in there.items() if readable(spec)} | self._specs
        self._pools = {each.name: int(each.body["spec"]["slots"]) for each in manifests if each.resource is POOLS}
        self._defaults = NO_DEFAULTS if known.chart is None else PodDefaults.of(known.chart.task_defaults)
        self._definitions: dict[str, Definition] = {}
        of_file = [self._definition(each.name) for each in manifests if each.resource is WORKFLOWS]
        wishes.check(of_file or list(map(self._definition, self._specs)))

    def planned(self) -> list[Planned]:
        found = [self._workflow(each) for each in self._manifests if each.resource is WORKFLOWS]
        return found + [self._run(each) for each in self._manifests if each.resource is RUNS]

    @property
    def left_out(self) -> list[str]:
        """The objects of the file that are not planned."""
        return [f"backfill/{each.name}" for each in self._manifests if each.resource is BACKFILLS]

    def _definition(self, workflow: str) -> Definition:
        if workflow not in self._definitions:
            self._definitions[workflow] = Definition.of(graph_of(self._specs[workflow]))
        return self._definitions[workflow]

    def _of(self, workflow: str) -> KnownWorkflow:
        return self._known.workflows.get(workflow, NOTHING)

    def _workflow(self, manifest: Manifest) -> Planned:
        name, spec = manifest.name, manifest.body["spec"]
        before = self._of(name).workflow
        on_first_sight = "Run" if self._known.chart is None else self._known.chart.on_first_sight
        stands = Stands() if before is None else _stands(before, spec)
        starts = start(spec, stands, on_first_sight, self._now)
        arguments = typed(self._arguments_for(name), manifest.body, complete=False)
        old = None if before is None else before["spec"]
        run = WorkflowRunSpec.read(
            {"workflow": name, "arguments": arguments}
            | ({"scheduledTime": starts.scheduled.time} if starts.scheduled.time else {})
            | ({"intervalStart": starts.scheduled.interval_start} if starts.scheduled.interval_start else {})
        )
        past = self._of(name).past if starts.now else None
        return self._plan(manifest, run, starts, old, self._reused(manifest, run, starts, past, RerunOrders()))

    def _reused(
        self, manifest: Manifest, run: WorkflowRunSpec, starts: Start, past: Past | None, rerun: RerunOrders
    ) -> Json:
        """The status of a run that keeps what the one has done from which it resumes."""
        if past is None:
            return {}
        definition = self._definition(run.workflow)
        found = kept(definition, self._identity(manifest, run, definition, starts), past, rerun)
        return {"tasks": kept_entries(definition, past, found)[0]}

    def _arguments_for(self, workflow: str) -> list[str]:
        """Of several Workflows each gets those that it declares."""
        given = list(self._wishes.arguments)
        if sum(each.resource is WORKFLOWS for each in self._manifests) == 1:
            return given
        return [text for text in given if text.partition("=")[0] in self._definition(workflow).parameters]

    def replayed(self, manifest: Manifest, status: Json) -> Planned:
        """A run as if it started again. `status` is what it had kept of another."""
        spec = WorkflowRunSpec.read_usable(manifest.body["spec"]).model_copy(update={"state": None})
        return self._plan(manifest, spec, Start(now=True, scheduled=ScheduledTime.of(spec)), None, status, again=True)

    def _run(self, manifest: Manifest) -> Planned:
        spec = WorkflowRunSpec.read_usable(manifest.body["spec"])
        if spec.workflow not in self._specs:
            raise BadFile(f"run {manifest.title}: Workflow '{spec.workflow}' is not in the file{self._nor_there}")
        stopped = spec.state == "Stopped"
        starts = Start(not stopped, "it is to be Stopped (state)" if stopped else "", ScheduledTime.of(spec))
        asked = spec.resume_from
        past = None if asked is None else self._known.resumed.get(asked.run)
        rerun = RerunOrders() if asked is None else RerunOrders.of(asked.rerun or ())
        status = self._reused(manifest, spec, starts, past, rerun)
        return self._plan(manifest, spec, starts, self._specs[spec.workflow], status)

    @property
    def _nor_there(self) -> str:
        return " nor on the cluster" if self._known.namespace else "; leave out --offline to look for it on the cluster"

    def _plan(
        self,
        manifest: Manifest,
        run: WorkflowRunSpec,
        starts: Start,
        old: Json | None,
        status: Json,
        *,
        again: bool = False,
    ) -> Planned:
        """`old` is the spec to compare with, `status` what the run begins with. `again`: its attempts take as long as
        they did, which was in time.
        """
        spec, known, definition = self._specs[run.workflow], self._of(run.workflow), self._definition(run.workflow)
        identity = self._identity(manifest, run, definition, starts)
        guesses: list[str] = []
        subject, assumed = self._subject(run.workflow, kept_tasks=status.get("tasks", {}))
        if again:
            subject = replace(subject, definition=without_timeouts(subject.definition))
        called = {name: self._subject(name) for name in self._called(run.workflow)}
        callees = {name: each for name, (each, _) in called.items()}
        pools = self._known_pools([subject, *callees.values()], guesses)
        guesses += guessed_values(definition, run)
        if run.resume_from is not None and run.resume_from.run not in self._known.resumed and not status:
            guesses.append(f"nothing is kept of run {run.resume_from.run} (resumeFrom): it cannot be read, or goes on")
        scene = Scene(
            identity=identity,
            subject=subject,
            now=self._now,
            spec=run,
            callees=callees,
            pools=pools,
            defaults=self._defaults,
            status=status,
            held_by_runs=self._held_by_runs([subject, *callees.values()]),
            caps=self._caps(guesses),
            made_by_workflow=manifest.resource is WORKFLOWS,
            beside=self._beside(manifest, run, guesses),
        )
        found = plan(scene)
        begin = {fate.task for fate in found.fates if fate.does not in (SKIPPED, NOT_REACHED)}
        of_tasks = [each.words for each in assumed if each.task in begin]
        of_tasks += [each.words for _, of_callee in called.values() for each in of_callee]
        guesses = [*of_tasks, *guesses, *guessed_times(found)]
        is_run = manifest.resource is RUNS
        return Planned(
            kind=manifest.resource.kind,
            name=manifest.title,
            start=starts,
            changes=changes_of_tasks(None if old is None else readable(old), definition),
            settings=[] if old is None or is_run else changes_of_settings(old, spec),
            plan=found,
            guesses=list(dict.fromkeys(guesses)),
            kept_of=_kept_of(run, known) if status.get("tasks") else "",
            meets=known.meets if starts.now and not is_run else "",
            kept_runs=len(known.kept),
            fit=None if self._known.nodes is None else fit(found.peak, self._known.nodes),
            shortages=tuple(shortages(found.peak, self._known.quotas)),
            times_s={
                task.name: each.typical_s for task, each in zip(definition.tasks, subject.durations.took, strict=True)
            },
            succeeded_at=dict(_succeeded_at(known)),
        )

    def _beside(self, manifest: Manifest, run: WorkflowRunSpec, guesses: list[str]) -> list[Other]:
        """The other runs, the oldest first. One that this one waits for, stops or replays is not among them."""
        concurrency = Concurrency.of(WorkflowSettings.read_usable(self._specs[run.workflow]))
        gone = run.workflow if self._of(run.workflow).meets or concurrency.policy == "Replace" else None
        found = [
            beside(each, self._known.pools or {})
            for each in self._known.others
            if each.name != manifest.name and each.run["spec"]["workflow"] != gone
        ]
        names = [each.identity.name for each in found]
        guesses += guessed_others(names, self._known.more_others)
        return sorted(found, key=lambda each: (each.asks.created_at, each.identity.name))

    def _caps(self, guesses: list[str]) -> PodLimits:
        """What is left of the chart's caps. The pods of runs that are not simulated stay."""
        caps, besides = PodLimits() if self._known.chart is None else self._known.chart.limits, self._known.pods_besides
        if besides.pods and (caps.pods or caps.pods_per_namespace):
            guesses.append(f"{counted(besides.pods, 'pod')} of other runs stay, and count under the chart's caps")
        return PodLimits(
            pods=caps.pods and max(1, caps.pods - besides.pods),
            podsPerNamespace=caps.pods_per_namespace and max(1, caps.pods_per_namespace - besides.pods_per_namespace),
        )

    def _identity(self, manifest: Manifest, run: WorkflowRunSpec, definition: Definition, starts: Start) -> RunIdentity:
        workflow = self._of(run.workflow).workflow
        uid = _UID if workflow is None else str(workflow["metadata"]["uid"])
        generation = 1 if workflow is None else int(workflow["metadata"]["generation"]) + 1
        name = manifest.name if manifest.resource is RUNS else run_name(run.workflow, uid, generation)
        return RunIdentity(
            name=name or run.workflow,
            namespace=self._known.namespace or "default",
            uid=_UID,
            workflow=run.workflow,
            parameters=definition.values(run.arguments or {}),
            claims=claims_of(name, _UID, definition.claims),
            scheduled=starts.scheduled,
            started_at=self._now,
        )

    def _subject(
        self, workflow: str, kept_tasks: Mapping[str, Json] | None = None
    ) -> tuple[Subject, tuple[Guess, ...]]:
        """The Workflow without what cannot be known, and what is assumed instead."""
        known, written = self._of(workflow), self._definition(workflow)
        settings = WorkflowSettings.read_usable(self._specs[workflow])
        as_in = f"as in {known.kept[0].name}" if known.kept else ""
        whole = {name for name, entry in (kept_tasks or {}).items() if entry.get("phase") == "Succeeded"}
        declared = {task.name: task.outputs for task in written.tasks}
        outputs = {name: each for name, each in known.outputs.items() if each.keys() >= set(declared.get(name, ()))}
        assumed = assume(written, outputs, as_in, whole)
        simulated = {
            task.name for task in written.tasks if task.is_sub_workflow and task.own["workflow"]["name"] in self._specs
        }
        sources = Sources(
            given_s=self._wishes.given_s,
            kept=known.kept,
            width=None if known.workflow is None else foreign.integer(known.workflow["spec"].get("parallelism")),
            pools=self._known.pools or {},
        )
        times = durations(assumed.definition, sources, simulated)
        definition = that_may_strike(assumed.definition, times.took)
        return Subject(definition, settings, times, outputs), assumed.guesses

    def _called(self, workflow: str) -> list[str]:
        """The Workflows that its tasks run, and those that theirs do, as far as they are known."""

        def find(name: str) -> CalledWorkflow | None:
            return CalledWorkflow(calls_of(self._definition(name))) if name in self._specs else None

        return list(callable_from(calls_of(self._definition(workflow)), find))

    def _known_pools(self, subjects: Sequence[Subject], guesses: list[str]) -> dict[str, int]:
        """Where the Pools of the cluster are not known, one that is not in the file counts as having room for all."""
        found = {**(self._known.pools or {}), **self._pools}
        names = {name for subject in subjects for task in subject.definition.tasks for name in _pools_of(task)}
        names |= {request.name for subject in subjects for request in subject.settings.pools or ()}
        if self._known.pools is None:
            guesses += guessed_pools(names - found.keys(), None, {})
            return dict.fromkeys(names, _PLENTY) | {name: slots for name, slots in found.items() if name in names}
        guesses += guessed_pools(names, found, self._known.in_use)
        return {name: slots for name, slots in found.items() if name in names}

    def _held_by_runs(self, subjects: Sequence[Subject]) -> set[str]:
        """Of a Pool of which nothing is known it is what the Workflow takes it for."""
        of_file = (each for each in self._manifests if each.resource is POOLS)
        told = {each.name for each in of_file if each.body["spec"].get("heldBy") == "Runs"}
        asked = {request.name for subject in subjects for request in subject.settings.pools or ()}
        known = self._pools.keys() | (self._known.pools or {}).keys()
        return told | self._known.held_by_runs | (asked - known)


def _pools_of(task: TaskDefinition) -> Iterator[str]:
    """Those of which it says the slots by a placeholder among them."""
    yield from (name for name, _ in (*task.pools, *(task.late.slots if task.late is not None else ())))


def _kept_of(run: WorkflowRunSpec, known: KnownWorkflow) -> str:
    if run.resume_from is not None:
        return run.resume_from.run
    return known.past.run if known.past is not None else ""


def readable(spec: Json) -> Definition | None:
    """The graph of a Workflow of the cluster; None if it has faults, for which the operator refuses it, or is of a
    version that we do not know.
    """
    try:
        found = Definition.of(graph_of(spec))
    except (ValidationError, KeyError, TypeError):
        return None
    return found if len(found.graph.topological_order()) == len(found.tasks) else None


def _stands(workflow: Json, spec: Json) -> Stands:
    metadata = workflow["metadata"]
    return Stands(
        revision_name(metadata["name"], metadata["uid"], graph_of(spec)),
        WorkflowStatus.read_usable(workflow.get("status") or {}),
        instant(metadata.get("creationTimestamp")),
    )


def _succeeded_at(known: KnownWorkflow) -> Iterator[tuple[str, Instant]]:
    entries = known.past.tasks if known.past is not None else known.kept[0].tasks if known.kept else {}
    for task, entry in entries.items():
        finished_at = instant(foreign.mapping(entry).get("finishedAt"))
        if foreign.mapping(entry).get("phase") == "Succeeded" and finished_at is not None:
            yield task, finished_at
