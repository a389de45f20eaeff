"""The ConfigMap of a run, for outputs that are too large for its status: one key for each task.

It is written before the status refers to it, and read when a run is opened again.
"""

import logging
from collections.abc import Mapping

from sluice.controller.kube.client import NOT_FOUND, ApiError, KubeClient
from sluice.core import Json
from sluice.core.base.errors import SluiceError
from sluice.core.base.naming import LABEL_RUN, LABEL_WORKFLOW, outputs_name, owner_reference
from sluice.core.spec.identity import RunIdentity

log = logging.getLogger("sluice.outputs")


async def store_outputs(kube: KubeClient, run: RunIdentity, outputs: Mapping[str, str]) -> None:
    """`outputs` by task, as JSON. What the ConfigMap has of other tasks stays."""
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
        if run.uid not in [reference["uid"] for reference in found.get("ownerReferences", ())]:
            raise SluiceError(f"ConfigMap {run.namespace}/{name} is not of run {run.name}; delete it") from error
        await kube.patch(_path(run.namespace, name), {"metadata": {"uid": found["uid"]}, "data": dict(outputs)})


async def load_outputs(kube: KubeClient, run: RunIdentity) -> Mapping[str, str]:
    """What was kept, by task. Nothing if somebody has deleted it."""
    name = outputs_name(run.name, run.uid)
    try:
        found = await kube.get(_path(run.namespace, name))
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        words = "ConfigMap %s/%s is gone, and with it outputs of run %s"
        log.warning(words, run.namespace, name, run.name, extra={"namespace": run.namespace, "run": run.name})
        return {}
    data: dict[str, str] = found.get("data") or {}
    return data


def _path(namespace: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps" + (f"/{name}" if name else "")
