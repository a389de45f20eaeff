"""The ConfigMap of a run, for outputs that are too large for its status: one key for each task.

It is written before the status refers to it, and read when a run is opened again.
"""

import logging
from collections.abc import Mapping

from sluice.controller.kube.client import NOT_FOUND, ApiError, KubeClient
from sluice.controller.kube.paths import object_path
from sluice.core import Json
from sluice.core.base.errors import SluiceError
from sluice.core.base.naming import LABEL_RUN, LABEL_WORKFLOW, outputs_name, owner_reference
from sluice.core.base.ownership import controller_of
from sluice.core.spec.identity import RunIdentity

log = logging.getLogger("sluice.outputs")


class ForeignOutputs(SluiceError):
    """A ConfigMap has the name of the run's, and is somebody else's, or was made so."""


async def store_outputs(kube: KubeClient, run: RunIdentity, outputs: Mapping[str, str]) -> None:
    """`outputs` by task, as JSON. What the ConfigMap has of other tasks stays. Raises ApiError and ForeignOutputs."""
    name = outputs_name(run.name, run.uid)
    body: Json = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": run.namespace,
            "labels": {LABEL_WORKFLOW: run.workflow, LABEL_RUN: run.name},
            "ownerReferences": [owner_reference("WorkflowRun", run.name, run.uid)],
        },
        "data": dict(outputs),
    }
    try:
        await kube.create(_path(run.namespace), body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        found = (await kube.get(_path(run.namespace, name)))["metadata"]
        if controller_of(found, "WorkflowRun") != run.ref:
            raise ForeignOutputs(f"ConfigMap {name} is not of run {run.name}; delete it") from error
        await kube.patch(_path(run.namespace, name), {"metadata": {"uid": found["uid"]}, "data": dict(outputs)})


async def load_outputs(kube: KubeClient, run: RunIdentity) -> Mapping[str, str]:
    """What was kept, by task. Nothing if somebody has deleted it, or it is not the run's any more."""
    name = outputs_name(run.name, run.uid)
    try:
        found = await kube.get(_path(run.namespace, name))
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        found = None
    if found is None or controller_of(found["metadata"], "WorkflowRun") != run.ref:
        words = "ConfigMap %s/%s is gone or not the run's any more, and with it outputs of run %s"
        log.warning(words, run.namespace, name, run.name, extra={"namespace": run.namespace, "run": run.name})
        return {}
    data: dict[str, str] = found.get("data") or {}
    return data


def _path(namespace: str, name: str = "") -> str:
    return object_path("/api/v1", namespace, "configmaps", name)
