"""The frozen graphs of runs: ControllerRevisions, each owned by its Workflow and shared by all its runs."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from sluice.controller.kube.client import CONFLICT, METADATA_ONLY, NOT_FOUND, ApiError, KubeClient, with_retries
from sluice.controller.kube.objects import Key, ObjectView
from sluice.controller.kube.paths import object_path
from sluice.core import Json
from sluice.core.base.errors import SluiceError
from sluice.core.base.naming import LABEL_WORKFLOW, change_of, graph_of, owner_reference, revision_name
from sluice.core.base.ownership import controller_of
from sluice.core.spec.definition import Definition

_KEPT_VALUES = 400_000  # of all graphs, nested ones too: some 40 MB at most


class ForeignRevision(SluiceError):
    """It has the wrong owner, or not the graph that its name stands for: somebody else made or changed it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A frozen graph, and the Workflow that it belongs to."""

    name: str
    uid: str
    workflow: str
    workflow_uid: str
    definition: Definition
    change: str
    """What the graph does, as `change_of` writes it."""
    values: int
    """How many values it has, nested ones too: each takes memory."""


class Revisions:
    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._read: OrderedDict[tuple[str, str], Revision] = OrderedDict()
        self._kept_values = 0
        self._used: set[tuple[str, str]] = set()

    def used_since_last_asked(self) -> set[tuple[str, str]]:
        """The namespace and name of each."""
        used, self._used = self._used, set()
        return used

    def is_used_again(self, namespace: str, name: str) -> bool:
        """Since `used_since_last_asked`, which still tells of it next time."""
        return (namespace, name) in self._used

    def forget(self, namespace: str, name: str) -> None:
        """It is about to be deleted."""
        if (known := self._read.pop((namespace, name), None)) is not None:
            self._kept_values -= known.values

    async def freeze(self, workflow: ObjectView) -> str:
        """Creates the revision of the current graph unless it exists, and returns its name. Raises ApiError."""
        graph = graph_of(workflow.spec)
        name = revision_name(workflow.key.name, workflow.uid, graph)
        self._used.add((workflow.key.namespace, name))
        if (workflow.key.namespace, name) in self._read:
            return name
        body: Json = {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": name,
                "namespace": workflow.key.namespace,
                "labels": {LABEL_WORKFLOW: workflow.key.name},
                "ownerReferences": [owner_reference("Workflow", workflow.key.name, workflow.uid)],
            },
            "revision": workflow.generation,
            "data": graph,
        }
        try:
            made = await with_retries(lambda: self._kube.create(_path(workflow.key.namespace), body, METADATA_ONLY))
        except ApiError as error:
            if error.status != CONFLICT or (await self.read(workflow.key, name)).workflow_uid != workflow.uid:
                raise
            return name
        self._keep(workflow.key.namespace, _revision(workflow.key.name, workflow.uid, made["metadata"], graph))
        return name

    async def read(self, workflow: Key, name: str) -> Revision:
        """Raises ApiError(404) if the revision is gone, as with its Workflow, and ForeignRevision if the Workflow has
        not made it.
        """
        self._used.add((workflow.namespace, name))
        known = self._read.get((workflow.namespace, name))
        if known is None:
            body = await with_retries(lambda: self._kube.get(_path(workflow.namespace, name)))
            owner = controller_of(body["metadata"], "Workflow")
            if owner is None or name != revision_name(owner.name, owner.uid, body.get("data") or {}):
                raise ForeignRevision(f"ControllerRevision '{name}' has no Workflow, or not the graph that it had")
            known = _revision(owner.name, owner.uid, body["metadata"], body["data"])
            self._keep(workflow.namespace, known)
        if known.workflow != workflow.name:
            raise ForeignRevision(f"ControllerRevision '{name}' is of Workflow '{known.workflow}'")
        return known

    async def change(self, workflow: Key, name: str) -> str | None:
        """What a revision did; None if nobody knows any more. Raises ApiError."""
        try:
            return (await self.read(workflow, name)).change
        except ForeignRevision:
            return None
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            return None

    def _keep(self, namespace: str, revision: Revision) -> None:
        if (namespace, revision.name) not in self._read:
            self._kept_values += revision.values
        self._read[namespace, revision.name] = revision
        while self._kept_values > _KEPT_VALUES and len(self._read) > 1:
            _, oldest = self._read.popitem(last=False)
            self._kept_values -= oldest.values


def _revision(workflow: str, workflow_uid: str, metadata: Json, graph: Json) -> Revision:
    name, uid = metadata["name"], metadata["uid"]
    return Revision(name, uid, workflow, workflow_uid, Definition.of(graph), change_of(graph), _count(graph))


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_count, value.values()))
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1


def _path(namespace: str, name: str = "") -> str:
    return object_path("/apis/apps/v1", namespace, "controllerrevisions", name)
