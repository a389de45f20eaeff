"""A run that resumes from another: decided once, before its first pod, and recorded in its status.

The other run's volumes are taken over first and what is kept is recorded then, in one patch: after a crash in between
the volumes are ours already, and the decision is the same. Once it is recorded, the other run may go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sluice.api.run import ResumeFrom, WorkflowRunSpec
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import NOT_FOUND, ApiError, KubeClient
from sluice.controller.kube.objects import Key, ObjectView, workflow_of
from sluice.controller.kube.paths import our_path
from sluice.controller.resources.output_configmaps import load_outputs, store_outputs
from sluice.controller.resources.pvcs import VolumeClaims
from sluice.controller.resources.revisions import ForeignRevision, Revision, Revisions
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.core import Json
from sluice.core.base.naming import outputs_name
from sluice.core.base.ownership import RunRef
from sluice.core.pod.volumes import claims_of, mounted
from sluice.core.run.children import MAX_DEPTH
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.status.kept import kept_entries, kept_words
from sluice.core.status.stored_entries import stored_outputs, usable_entries
from sluice.core.triggers.rerun import RerunOrders
from sluice.core.triggers.resume import Kept, Past, Unit, kept, same_templates


class ResumePlanner:
    def __init__(
        self, kube: KubeClient, cache: Cache, revisions: Revisions, validation: ValidationCache, claims: VolumeClaims
    ) -> None:
        self._kube, self._revisions, self._claims = kube, revisions, claims
        self._children = ChildGraphs(cache, validation)

    async def find(self, namespace: str, run: str) -> Json | None:
        try:
            return await self._kube.get(our_path(namespace, "workflowruns", run))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            return None

    async def status(
        self, asked: ResumeFrom, identity: RunIdentity, revision: Revision, old: Json | None
    ) -> tuple[Json, str]:
        """What the status of a run says from the start, and in words what is kept. Of `old` nothing is if it, or its
        graph, is gone.
        """
        nothing: Json = {"revision": revision.name, "resumed": {"run": asked.run}}
        past = await self._past(old, identity) if old is not None else None
        if old is None or past is None:
            return nothing, f"nothing kept of run {asked.run}: it, or its graph, is gone"
        uid, definition = old["metadata"]["uid"], revision.definition
        going = old["status"]["phase"] == "Succeeded"  # and its volumes with it
        same = set() if going else same_templates(definition, past.definition)
        free = {t: past.claims[t] for t in sorted(same) if await self._claims.can_be_had(past.claims[t], identity, uid)}
        past, found = await self._take_over(asked, identity, revision, replace(past, claims=free), uid)
        entries, apart = kept_entries(definition, past, found)
        status = {**nothing, "tasks": entries}
        if past.claims:
            status["resumed"] = {**nothing["resumed"], "claims": dict(past.claims)}
        if apart:
            await store_outputs(self._kube, identity, apart)
            status["outputsConfigMap"] = outputs_name(identity.name, identity.uid)
        return status, kept_words(definition, past, found)

    async def _past(self, old: Json, identity: RunIdentity) -> Past | None:
        status, metadata = old["status"], old["metadata"]
        if "revision" not in status:
            return None  # it was refused, and did nothing
        try:
            revision = await self._revisions.read(Key(identity.namespace, identity.workflow), status["revision"])
        except ForeignRevision:
            return None
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            return None  # with the graph went the Workflow that it belonged to
        definition, spec = revision.definition, WorkflowRunSpec.read_usable(old["spec"])
        own = claims_of(metadata["name"], metadata["uid"], definition.claims)
        ref = RunRef(identity.namespace, metadata["name"], metadata["uid"])
        tasks = usable_entries(status)
        apart: Mapping[str, str] = {}
        if any("outputsIn" in entry for entry in tasks.values()):
            apart = await load_outputs(self._kube, replace(identity, name=ref.name, uid=ref.uid))
        outputs = {name: stored_outputs(name, entry, apart) for name, entry in tasks.items()}
        return Past(
            run=metadata["name"],
            definition=definition,
            parameters=definition.values(spec.arguments or {}),
            tasks=tasks,
            scheduled=ScheduledTime.of(spec),
            claims=own | status.get("resumed", {}).get("claims", {}),
            outputs={name: values for name, values in outputs.items() if values is not None},
            children=frozenset(self._children.unchanged(ref)),
        )

    async def _take_over(
        self, asked: ResumeFrom, identity: RunIdentity, revision: Revision, past: Past, uid: str
    ) -> tuple[Past, Kept]:
        """Takes the volumes that kept tasks mount. Without one that somebody else was faster to take, less is kept."""
        definition, rerun = revision.definition, RerunOrders.of(asked.rerun or ())
        while True:
            found = kept(definition, identity, past, rerun)
            needed = {t for n in found.any_of for t in mounted(definition.tasks[n].fields, definition.claims)}
            lost = [t for t in needed if not await self._claims.take(past.claims[t], identity, uid)]
            left: Mapping[str, str] = {t: name for t, name in past.claims.items() if t in needed and t not in lost}
            past = replace(past, claims=left)
            if not lost:
                return past, found


class ChildGraphs:
    """Which child runs would do today what they have done: their graphs, and those beneath them, are as they were, and
    ask nobody for an approval.
    """

    def __init__(self, cache: Cache, validation: ValidationCache) -> None:
        self._cache, self._validation = cache, validation

    def unchanged(self, parent: RunRef) -> Iterator[Unit]:
        """The units of a run whose last child succeeded and is unchanged. What the run had kept itself has its child
        beneath the run from which that one resumed.
        """
        last: dict[Unit, ObjectView] = {}
        for run in self._resumed_from(parent):
            for unit, child in self._last(run.ref).items():
                last.setdefault(unit, child)
        for unit, child in last.items():
            if child.phase == "Succeeded" and self._is_unchanged(child):
                yield unit

    def _resumed_from(self, ref: RunRef) -> Iterator[ObjectView]:
        """The run, the one from which it resumed, and so on. A younger one of that name is another."""
        run, passed = self._cache.run(ref), set[str]()
        while run is not None and run.uid not in passed:
            yield run
            passed.add(run.uid)
            asked = run.spec_as(WorkflowRunSpec).resume_from
            before = None if asked is None else self._cache.runs.get(Key(ref.namespace, asked.run))
            run = before if before is not None and before.created_at <= run.created_at else None

    def _is_unchanged(self, child: ObjectView, levels: int = MAX_DEPTH) -> bool:
        """`levels`: how deep to look. Owner references can be written by hand, also in a circle."""
        workflow = self._cache.workflows.get(workflow_of(child))
        if workflow is None or workflow.deleting:
            return False
        now = self._validation.of(workflow)
        return (
            levels > 0
            and not now.faults
            and not now.asks_people
            and child.status.get("revision") == now.revision
            and all(self._is_unchanged(below, levels - 1) for below in self._last(child.ref).values())
        )

    def _last(self, parent: RunRef) -> dict[Unit, ObjectView]:
        """The child run of the last attempt of each unit."""
        found: dict[Unit, tuple[int, ObjectView]] = {}
        for child in self._cache.children_by_parent.objects(parent):
            if (attempt := child.attempt_of) is None:
                continue
            unit = (attempt.task, attempt.index)
            if unit not in found or found[unit][0] < attempt.number:
                found[unit] = (attempt.number, child)
        return {unit: child for unit, (_, child) in found.items()}
