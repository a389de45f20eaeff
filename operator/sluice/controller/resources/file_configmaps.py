"""The ConfigMaps of a revision's files, and of the stub that calls functions in them. They are made before the first
pod that mounts them, and go with the revision.

One that exists counts only if it has the content that the frozen graph says, for good: it is immutable. One that
somebody has deleted is made again, as long as the Workflow still has these files.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import NOT_FOUND, ApiError, KubeClient
from sluice.controller.kube.objects import Key
from sluice.controller.kube.paths import object_path
from sluice.controller.resources.revisions import Revision, Revisions
from sluice.core import Json
from sluice.core.base.errors import Unanswered
from sluice.core.base.files import config_map_data, holds
from sluice.core.base.foreign import mapping
from sluice.core.base.naming import LABEL_WORKFLOW, files_name, owner_reference, stub_name
from sluice.core.pod.create_errors import CreateError, classify
from sluice.core.pod.mounted_files import FileSources, stub_data
from sluice.core.run.state import RunState
from sluice.stub import STUB

_KNOWN = 1000

Refusal = tuple[CreateError, str]


class FileConfigMaps:
    def __init__(self, kube: KubeClient, cache: Cache, revisions: Revisions) -> None:
        self._kube, self._cache, self._revisions = kube, cache, revisions
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()
        """The UIDs of those that were found right, by namespace and name. What is immutable stays right."""

    @staticmethod
    def sources(run: RunState) -> FileSources:
        return FileSources(run.definition.files, files_name(run.revision), stub_name(run.revision, STUB))

    async def refusal(self, run: RunState, number: int) -> Refusal | None:
        """Sees to the ConfigMaps that a task's pod mounts. Returns why they are not there, or None."""
        task = run.tasks[number].definition
        if not task.mounts_files:
            return None
        try:
            key = Key(run.identity.namespace, run.identity.workflow)
            revision = await self._revisions.read(key, run.revision)
            refused = await self._files(key, revision, run.definition.files)
            if refused is None and task.function is not None:
                refused = await self._stub(key, revision)
        except ApiError as error:
            return classify(error.status, error.message), f"the ConfigMap of its files: {error.message}"
        except Unanswered as error:
            return CreateError.BUSY, f"the ConfigMap of its files: no answer yet: {error}"
        return refused

    async def _files(self, workflow: Key, revision: Revision, hashes: Mapping[str, str]) -> Refusal | None:
        name = files_name(revision.name)

        def right(found: Json) -> bool:
            return holds(found, hashes)

        if (found := await self._find(workflow.namespace, name)) is not None:
            return self._judge(found, revision, right)
        seen = self._cache.workflows.get(workflow)
        data = None if seen is None else config_map_data(seen.spec, hashes)
        if data is None:
            words = (
                f"ConfigMap {name} with the files of this run is gone, and its Workflow has others now: apply what it "
                "was, or start a run of what it is"
            )
            return CreateError.FILES_GONE, words
        return await self._create(workflow, revision, name, data, right)

    async def _stub(self, workflow: Key, revision: Revision) -> Refusal | None:
        name, data = stub_name(revision.name, STUB), stub_data(STUB)

        def right(found: Json) -> bool:
            return found.get("immutable") is True and found.get("data") == data and not found.get("binaryData")

        if (found := await self._find(workflow.namespace, name)) is not None:
            return self._judge(found, revision, right)
        return await self._create(workflow, revision, name, {"data": data}, right)

    async def _find(self, namespace: str, name: str) -> Json | None:
        """The ConfigMap, or its metadata alone if it is known to be right. None if there is none."""
        path = _path(namespace, name)
        try:
            if (namespace, name) in self._known:
                found = await self._kube.get_metadata(path)
                if found["metadata"]["uid"] == self._known[namespace, name]:
                    return found
            return await self._kube.get(path)
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            return None

    def _judge(self, found: Json, revision: Revision, right: Callable[[Json], bool]) -> Refusal | None:
        metadata = found["metadata"]
        namespace, name, uid = metadata["namespace"], metadata["name"], metadata["uid"]
        if self._known.get((namespace, name)) == uid:
            return None
        owners = [mapping(owner).get("uid") for owner in metadata.get("ownerReferences") or ()]
        if revision.uid not in owners or not right(found):
            words = f"a ConfigMap {name} exists that does not hold the files of this run; delete it"
            return CreateError.NAME_TAKEN, words
        self._known[namespace, name] = uid
        while len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        return None

    async def _create(
        self, workflow: Key, revision: Revision, name: str, data: Json, right: Callable[[Json], bool]
    ) -> Refusal | None:
        owner = owner_reference("ControllerRevision", revision.name, revision.uid, version="apps/v1")
        body: Json = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": name,
                "namespace": workflow.namespace,
                "labels": {LABEL_WORKFLOW: workflow.name},
                "ownerReferences": [owner],
            },
            "immutable": True,
            **data,
        }
        try:
            made = await self._kube.create(_path(workflow.namespace), body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            made = await self._kube.get(_path(workflow.namespace, name))
        return self._judge(made, revision, right)


def _path(namespace: str, name: str = "") -> str:
    return object_path("/api/v1", namespace, "configmaps", name)
