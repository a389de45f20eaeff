"""The PersistentVolumeClaims of runs: created before the first pod that mounts them, deleted once the run succeeded.

A PersistentVolumeClaim's name is a claim, as a pod's is: `AlreadyExists` means that an earlier request arrived after
all. The API server is asked which of them have to go, so nothing has to be remembered about them.
"""

import asyncio
import logging
from typing import NamedTuple

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, KubeClient
from sluice.controller.kube.objects import Key
from sluice.controller.kube.paths import object_path
from sluice.controller.queue.workqueue import WorkQueue
from sluice.core import Json
from sluice.core.base.errors import Unanswered
from sluice.core.base.naming import LABEL_RUN, LABEL_RUN_UID, owner_reference
from sluice.core.base.ownership import controller_of
from sluice.core.pod.create_errors import CreateError, classify
from sluice.core.pod.volumes import claim_body, mounted
from sluice.core.run.state import RunState
from sluice.core.spec.identity import RunIdentity

_SWEEP_S = 600.0

log = logging.getLogger("sluice.claims")


class RunUid(NamedTuple):
    """A run that has succeeded."""

    namespace: str
    uid: str


class _Claim(NamedTuple):
    """Of a PersistentVolumeClaim that says that it is a run's."""

    namespace: str
    name: str
    uid: str
    run: str
    run_uid: str
    owner_uid: str
    deleting: bool

    @classmethod
    def of(cls, metadata: Json) -> "_Claim":
        labels = metadata["labels"]
        return cls(
            metadata["namespace"],
            metadata["name"],
            metadata["uid"],
            labels.get(LABEL_RUN, ""),
            labels[LABEL_RUN_UID],
            owner_uid(metadata),
            "deletionTimestamp" in metadata,
        )


def claims_path(namespace: str, name: str = "") -> str:
    return object_path("/api/v1", namespace, "persistentvolumeclaims", name)


class VolumeClaims:
    def __init__(self, kube: KubeClient, cache: Cache, clock: Clock) -> None:
        self._kube, self._cache = kube, cache
        self._delete_queue: WorkQueue[RunUid] = WorkQueue("claims", of="run_uid", clock=clock)

    async def refusal(self, run: RunState, number: int) -> tuple[CreateError, str] | None:
        """Creates the claims that a task mounts. Returns why it could not, or None."""
        if not run.identity.claims:
            return None
        for template in mounted(run.tasks[number].definition.fields, run.identity.claims):
            if not run.is_claimed(template):
                if refused := await self._refusal(run, template):
                    return refused
                run.claimed(template)
        return None

    async def _refusal(self, run: RunState, template: str) -> tuple[CreateError, str] | None:
        identity, name = run.identity, run.identity.claims[template]
        if _was_written(run, template):  # made again, it would be empty
            gone = f"PersistentVolumeClaim {name} was deleted, and with it what tasks of this run wrote there"
            return await self._adopt(identity.namespace, name, identity.uid, (CreateError.INVALID, gone))
        run_owner = owner_reference("WorkflowRun", identity.name, identity.uid)
        wanted = claim_body(
            run.definition.claims[template], name, run=identity.name, workflow=identity.workflow, run_owner=run_owner
        )
        try:
            await self._kube.create(claims_path(identity.namespace), wanted)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                return await self._adopt(identity.namespace, name, identity.uid)
            return classify(error.status, error.message), f"PersistentVolumeClaim {name}: {error.message}"
        except Unanswered as error:
            return CreateError.BUSY, f"PersistentVolumeClaim {name}: no answer yet: {error}"
        return None

    async def _adopt(
        self, namespace: str, name: str, run_uid: str, gone: tuple[CreateError, str] | None = None
    ) -> tuple[CreateError, str] | None:
        """`gone`: what it means if there is none; else it is tried again."""
        try:
            found = await self._kube.get(claims_path(namespace, name))
        except (ApiError, Unanswered) as error:
            if gone is not None and isinstance(error, ApiError) and error.status == NOT_FOUND:
                return gone
            return CreateError.BUSY, f"PersistentVolumeClaim {name}: {error}"
        if owner_uid(found["metadata"]) != run_uid:
            return (
                CreateError.NAME_TAKEN,
                f"a PersistentVolumeClaim {name} exists and belongs to somebody else; delete it",
            )
        if "deletionTimestamp" in found["metadata"]:
            return CreateError.BUSY, f"PersistentVolumeClaim {name} is being deleted, by somebody else"
        return None

    async def can_be_had(self, name: str, run: RunIdentity, old_uid: str) -> bool:
        """Does this claim still belong to the old run, or already to this run?"""
        return await self._found(name, run, old_uid) is not None

    async def take(self, name: str, run: RunIdentity, old_uid: str) -> bool:
        """Hands a claim of an old run to this run. Returns whether it is this run's now."""
        while (claim := await self._found(name, run, old_uid)) is not None:
            if owner_uid(claim["metadata"]) == run.uid:
                return True
            metadata = {
                "uid": claim["metadata"]["uid"],
                "resourceVersion": claim["metadata"]["resourceVersion"],
                "labels": {LABEL_RUN: run.name, LABEL_RUN_UID: run.uid},
                "ownerReferences": [owner_reference("WorkflowRun", run.name, run.uid)],
            }
            try:
                await self._kube.patch(claims_path(run.namespace, name), {"metadata": metadata})
            except ApiError as error:
                if error.status != CONFLICT:  # else it has changed: look again
                    raise
        return False

    async def _found(self, name: str, run: RunIdentity, old_uid: str) -> Json | None:
        try:
            claim = await self._kube.get(claims_path(run.namespace, name))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            return None
        deleting = "deletionTimestamp" in claim["metadata"]
        return None if deleting or owner_uid(claim["metadata"]) not in (old_uid, run.uid) else claim

    def delete(self, namespace: str, run_uid: str) -> None:
        """Deletes the claims of a run whose success is recorded."""
        self._delete_queue.add(RunUid(namespace, run_uid))

    async def run_deletes(self) -> None:
        """One worker, of several."""
        await self._delete_queue.run(self._delete)

    async def run_sweeps(self) -> None:
        while True:
            for namespace in self._cache.namespaces:
                await self._sweep(namespace)
            await asyncio.sleep(_SWEEP_S)

    async def _sweep(self, namespace: str) -> None:
        """Deletes the claims of runs whose success was recorded while no operator was there to delete them."""
        try:
            found = await self._kube.metadata_views(_Claim.of, claims_path(namespace), LABEL_RUN_UID)
        except (ApiError, Unanswered) as error:
            log.warning("listing claims: %s", error)
            return
        for claim in found:
            run = self._cache.runs.get(Key(claim.namespace, claim.run))
            if run is not None and run.uid == claim.run_uid and run.phase == "Succeeded":
                self.delete(claim.namespace, run.uid)

    async def _delete(self, run: RunUid) -> None:
        selector = f"{LABEL_RUN_UID}={run.uid}"
        for claim in await self._kube.metadata_views(_Claim.of, claims_path(run.namespace), selector):
            if claim.owner_uid == run.uid and not claim.deleting:
                await self._remove(claims_path(run.namespace, claim.name), claim.uid)

    async def _remove(self, claim: str, uid: str) -> None:
        try:
            await self._kube.delete(claim, uid)
        except ApiError as error:
            if error.status not in (NOT_FOUND, CONFLICT):  # gone, or another by that name
                raise


def owner_uid(metadata: Json) -> str:
    """The UID of the run that a claim belongs to; empty if it is nobody's."""
    run = controller_of(metadata, "WorkflowRun")
    return "" if run is None else run.uid


def _was_written(run: RunState, template: str) -> bool:
    """Has a task that mounts it succeeded?"""
    ended = {task.definition.name: task.definition for task in run.tasks if task.phase == "Succeeded"}
    return any(template in mounted(each.fields, run.identity.claims) for each in ended.values())
