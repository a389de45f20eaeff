"""A run that resumes from another: decided once, before its first pod, and recorded in its status.

The other run's volumes are taken over first and what is kept is recorded then, in one patch: after a crash in between
the volumes are ours already, and the decision is the same. Once it is recorded, the other run may go.
"""

from collections.abc import Mapping
from dataclasses import replace

from sluice.api.run import ResumeFrom, WorkflowRunSpec
from sluice.controller.kube.client import NOT_FOUND, ApiError, KubeClient
from sluice.controller.kube.objects import Key
from sluice.controller.kube.paths import our_path
from sluice.controller.resources.output_configmaps import load_outputs as kept_outputs
from sluice.controller.resources.output_configmaps import store_outputs
from sluice.controller.resources.pvcs import VolumeClaims
from sluice.controller.resources.revisions import ForeignRevision, Revision, Revisions
from sluice.core import Json
from sluice.core.base.naming import outputs_name
from sluice.core.pod.volumes import claims_of, mounted
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.triggers.resume import Past, kept_entry, kept_tasks, same_templates


class ResumePlanner:
    def __init__(self, kube: KubeClient, revisions: Revisions, claims: VolumeClaims) -> None:
        self._kube, self._revisions, self._claims = kube, revisions, claims

    async def find(self, namespace: str, run: str) -> Json | None:
        try:
            return await self._kube.get(our_path(namespace, "workflowruns", run))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            return None

    async def status(self, asked: ResumeFrom, identity: RunIdentity, revision: Revision, old: Json | None) -> Json:
        """What the status of a run says from the start. Of `old` nothing is kept if it, or its graph, is gone."""
        nothing: Json = {"revision": revision.name, "resumed": {"run": asked.run}}
        past = await self._past(old, identity) if old is not None else None
        if old is None or past is None:
            return nothing
        uid = old["metadata"]["uid"]
        going = old["status"]["phase"] == "Succeeded"  # and its volumes with it
        same = set() if going else same_templates(revision.definition, past.definition)
        free = {t: past.claims[t] for t in sorted(same) if await self._claims.can_be_had(past.claims[t], identity, uid)}
        past, numbers = await self._take_over(asked, identity, revision, replace(past, claims=free), uid)
        tasks = {
            revision.definition.tasks[n].name: kept_entry(past, revision.definition.tasks[n].name) for n in numbers
        }
        status = {**nothing, "tasks": tasks}
        if past.claims:
            status["resumed"] = {**nothing["resumed"], "claims": dict(past.claims)}
        if await self._hand_over(old, identity, tasks):
            status["outputsConfigMap"] = outputs_name(identity.name, identity.uid)
        return status

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
        return Past(
            run=metadata["name"],
            definition=definition,
            parameters=definition.values(spec.arguments or {}),
            tasks=status.get("tasks", {}),
            scheduled=ScheduledTime.of(spec),
            claims=own | status.get("resumed", {}).get("claims", {}),
        )

    async def _take_over(
        self, asked: ResumeFrom, identity: RunIdentity, revision: Revision, past: Past, uid: str
    ) -> tuple[Past, list[int]]:
        """Takes the volumes that kept tasks mount. Without one that somebody else was faster to take, less is kept."""
        definition = revision.definition
        while True:
            numbers = kept_tasks(definition, identity.parameters, past, asked.rerun or (), identity.scheduled)
            needed = {t for n in numbers for t in mounted(definition.tasks[n].fields, definition.claims)}
            lost = [t for t in needed if not await self._claims.take(past.claims[t], identity, uid)]
            left: Mapping[str, str] = {t: name for t, name in past.claims.items() if t in needed and t not in lost}
            past = replace(past, claims=left)
            if not lost:
                return past, numbers

    async def _hand_over(self, old: Json, identity: RunIdentity, tasks: Mapping[str, Json]) -> bool:
        """Outputs that the other run has in its ConfigMap go into ours. Returns whether there are any."""
        apart = [name for name, told in tasks.items() if "outputsIn" in told]
        if not apart:
            return False
        metadata = old["metadata"]
        theirs = await kept_outputs(self._kube, replace(identity, name=metadata["name"], uid=metadata["uid"]))
        await store_outputs(self._kube, identity, {name: theirs[name] for name in apart if name in theirs})
        return True
