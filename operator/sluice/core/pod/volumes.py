"""A run's volumes: one PersistentVolumeClaim for each volumeClaimTemplate that a task mounts, shared by its tasks.

The claim is created before the first pod that mounts it, and owned by the run. It is deleted as soon as the run
succeeds; Kubernetes keeps it until no pod mounts it, terminated pods included. If the run fails, the claim stays as
long as the run, for a person to inspect and for a run that resumes it.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from sluice.core import Json
from sluice.core.base.naming import LABEL_RUN, LABEL_RUN_UID, LABEL_WORKFLOW, claim_name

_MORE_THAN_ONE_NODE = {"ReadWriteMany", "ReadOnlyMany"}


def claims_of(run: str, run_uid: str, templates: Iterable[str]) -> dict[str, str]:
    """The names of the run's claims, by template name."""
    return {template: claim_name(run, run_uid, template) for template in templates}


def mounted(fields: Json, templates: Container[str]) -> list[str]:
    """The templates that a task mounts in any container of its pod. `fields` include the defaults."""
    spec = fields.get("podTemplate", {}).get("spec", {})
    containers = [fields, *spec.get("containers", ()), *spec.get("initContainers", ())]
    mounts = (mount for container in containers for mount in _maps(container.get("volumeMounts", ())))
    names: dict[str, None] = dict.fromkeys(str(mount.get("name")) for mount in mounts)
    return [name for name in names if name in templates]


def claim_volumes(fields: Json, claims: Mapping[str, str]) -> list[Json]:
    """The entries for the pod's `volumes`."""
    return [
        {"name": template, "persistentVolumeClaim": {"claimName": claims[template]}}
        for template in mounted(fields, claims)
    ]


def claim_body(template: Json, name: str, *, run: str, workflow: str, run_owner: Json) -> Json:
    """The manifest of a run's PersistentVolumeClaim."""
    labels = {LABEL_WORKFLOW: workflow, LABEL_RUN: run, LABEL_RUN_UID: run_owner["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": name,
            "labels": template["metadata"].get("labels", {}) | labels,
            "ownerReferences": [run_owner],
        },
        "spec": template["spec"],
    }


def for_one_node(template: Json) -> bool:
    """Whether pods on only one node at a time can mount it."""
    return not _MORE_THAN_ONE_NODE & set(template["spec"].get("accessModes") or ())


def _maps(items: Any) -> Iterator[Json]:
    return (item for item in (items if isinstance(items, list) else ()) if isinstance(item, dict))
