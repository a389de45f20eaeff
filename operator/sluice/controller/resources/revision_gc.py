"""Deletes frozen graphs that nobody names any more: no run, not the status of their Workflow. Their ConfigMaps go with
them. A Workflow that is applied again makes the same revision again.

They have an hour, so that one which was frozen for a run is not deleted before the run says so.
"""

import asyncio
import logging
from typing import NamedTuple

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, KubeClient
from sluice.controller.kube.paths import object_path
from sluice.controller.resources.revisions import Revisions
from sluice.core import Json
from sluice.core.base.errors import Unanswered
from sluice.core.base.foreign import mapping
from sluice.core.base.naming import LABEL_WORKFLOW
from sluice.core.base.ownership import controller_of

_SWEEP_S = 600.0
_UNNAMED_S = 3600.0

log = logging.getLogger("sluice.revisions")


class _Found(NamedTuple):
    namespace: str
    name: str
    uid: str
    workflow: str


class RevisionGarbageCollector:
    def __init__(self, kube: KubeClient, cache: Cache, revisions: Revisions, clock: Clock) -> None:
        self._kube, self._cache, self._revisions, self._clock = kube, cache, revisions, clock
        self._unnamed_since: dict[_Found, float] = {}
        """By the monotonic clock."""

    async def run(self) -> None:
        while True:
            await self.sweep()
            await asyncio.sleep(_SWEEP_S)

    async def sweep(self) -> None:
        found = [each for namespace in self._cache.namespaces for each in await self._list(namespace)]
        named, now = self._named() | self._revisions.used_since_last_asked(), self._clock.monotonic()
        unnamed = [each for each in found if (each.namespace, each.name) not in named]
        self._unnamed_since = {each: self._unnamed_since.get(each, now) for each in unnamed}
        for each, since in self._unnamed_since.items():
            if now - since >= _UNNAMED_S and not self._revisions.is_used_again(each.namespace, each.name):
                await self._delete(each)  # during which another may be frozen for a run

    async def _list(self, namespace: str) -> list[_Found]:
        """Those that a Workflow owns; none if they cannot be listed now."""
        try:
            return await self._kube.metadata_views(_found, _path(namespace), LABEL_WORKFLOW)
        except (ApiError, Unanswered) as error:
            log.warning("revisions that nobody names stay for now: %s", error, extra={"namespace": namespace})
            return []

    def _named(self) -> set[tuple[str, str]]:
        """The namespace and name of each revision that must stay."""
        named: set[tuple[str, str]] = set()
        for run in self._cache.runs.values():
            for name in (run.status.get("revision"), run.spec.get("revision")):  # parsed whole, it would be kept whole
                named.add((run.key.namespace, str(name)))
        for workflow in self._cache.workflows.values():
            named.add((workflow.key.namespace, str(mapping(workflow.status.get("lastRun")).get("revision"))))
        return named

    async def _delete(self, revision: _Found) -> None:
        """One that cannot be deleted keeps no other."""
        self._revisions.forget(revision.namespace, revision.name)
        try:
            await self._kube.delete(_path(revision.namespace, revision.name), revision.uid)
        except (ApiError, Unanswered) as error:
            if isinstance(error, ApiError) and error.status in (NOT_FOUND, CONFLICT):  # gone, or another by that name
                return
            where = f"{revision.namespace}/{revision.name}"
            log.warning("revision %s stays for now: %s", where, error, extra={"namespace": revision.namespace})


def _found(metadata: Json) -> _Found | None:
    owner = controller_of(metadata, "Workflow")
    if owner is None:
        return None
    return _Found(metadata["namespace"], metadata["name"], metadata["uid"], owner.name)


def _path(namespace: str, name: str = "") -> str:
    return object_path("/apis/apps/v1", namespace, "controllerrevisions", name)
