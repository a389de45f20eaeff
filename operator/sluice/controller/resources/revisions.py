"""The frozen graphs of runs: ControllerRevisions, each owned by its Workflow and shared by all its runs."""

from collections import OrderedDict
from dataclasses import dataclass

from sluice.controller.kube.client import CONFLICT, ApiError, KubeClient, with_retries
from sluice.controller.kube.objects import ObjectView
from sluice.core import Json
from sluice.core.base.errors import SluiceError
from sluice.core.base.naming import LABEL_WORKFLOW, graph_of, owner_reference, revision_name
from sluice.core.spec.definition import Definition

_KEPT_TASKS = 20_000  # over all revisions: some 40 MB at most


@dataclass(frozen=True, slots=True)
class Revision:
    """A frozen graph, and the UID of the Workflow that it belongs to."""

    name: str
    workflow_uid: str
    definition: Definition


class Revisions:
    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._read: OrderedDict[tuple[str, str], Revision] = OrderedDict()
        self._kept_tasks = 0

    async def freeze(self, workflow: ObjectView) -> str:
        """Creates the revision of the current graph unless it exists, and returns its name. Raises ApiError."""
        graph = graph_of(workflow.spec)
        name = revision_name(workflow.key.name, workflow.uid, graph)
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
            await with_retries(lambda: self._kube.create(_path(workflow.key.namespace), body))
        except ApiError as error:
            if error.status != CONFLICT or (await self.read(workflow.key.namespace, name)).workflow_uid != workflow.uid:
                raise
        self._keep(workflow.key.namespace, Revision(name, workflow.uid, Definition.of(graph)))
        return name

    async def read(self, namespace: str, name: str) -> Revision:
        """Raises ApiError(404) if the revision was deleted with its Workflow, and SluiceError if it has no owner."""
        known = self._read.get((namespace, name))
        if known is not None:
            return known
        body = await with_retries(lambda: self._kube.get(f"{_path(namespace)}/{name}"))
        owners = [reference["uid"] for reference in body["metadata"].get("ownerReferences", ())]
        if not owners:
            raise SluiceError(f"ControllerRevision {namespace}/{name} has no owner; delete it")
        return self._keep(namespace, Revision(name, owners[0], Definition.of(body["data"])))

    def _keep(self, namespace: str, revision: Revision) -> Revision:
        if (namespace, revision.name) not in self._read:
            self._kept_tasks += len(revision.definition.tasks)
        self._read[namespace, revision.name] = revision
        while self._kept_tasks > _KEPT_TASKS and len(self._read) > 1:
            _, oldest = self._read.popitem(last=False)
            self._kept_tasks -= len(oldest.definition.tasks)
        return revision


def _path(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/controllerrevisions"
