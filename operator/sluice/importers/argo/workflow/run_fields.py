"""The tasks of a graph, and what goes with them: their common fields, claims, files, and what the run hands on."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sluice.core import Json
from sluice.importers.argo.documents.library import Document
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import FILL_IN, Resolve, Text, filled, is_of_cluster, placeholders
from sluice.importers.argo.expressions.scope import Converted, Scope
from sluice.importers.argo.graph.draft import DraftGraph
from sluice.importers.argo.pod.artifacts import CLAIM
from sluice.importers.argo.pod.environment import of_run
from sluice.importers.argo.pod.fields import merged, pod_fields
from sluice.importers.argo.workflow.ends import settled
from sluice.importers.argo.workflow.locks import LockPools
from sluice.importers.argo.workflow.tasks import TaskWriter
from sluice.importers.argo.workflow.telling import telling


def written(graph: DraftGraph, document: Document, spec: Map, pools: LockPools, root: Converted, scope: Scope) -> Json:
    """As fields of a Workflow. `spec` is that of the whole workflow in the document, `root` what its first template has
    become.
    """
    resolve = telling(graph, scope, document, spec.line)
    left = partial(graph.lose, document, left=True)
    writer = TaskWriter(graph, pools, spec)
    tasks = _settled(graph, [writer.task(draft) for draft in graph.drafts])
    claims = _claims(spec, of_run(resolve, spec.line, left), tasks) + ([CLAIM] if writer.needs_claim else [])
    handed_on = root.outputs | _global(scope.workflow)
    for name in (name for name, text in handed_on.items() if is_of_cluster(text)):
        left(spec.line, f"the output '{name}'", f"{FILL_IN}; only the environment of a container has it")
        handed_on[name] = (FILL_IN,)
    outputs = {name: placeholders(text) for name, text in handed_on.items()}
    made = {
        **_after_a_failure(graph, scope),
        "tasks": tasks,
        "defaults": merged(pod_fields(_only_pods(spec), resolve, left), _common(tasks)),
        "volumeClaimTemplates": claims,
        "files": writer.files,
        "outputs": outputs,
    }
    return {key: value for key, value in made.items() if value}


def _settled(graph: DraftGraph, tasks: list[Json]) -> list[Json]:
    drafts = {draft.name: draft for draft in graph.drafts}

    def left(task: str, what: str, instead: str) -> None:
        draft = drafts[task]
        graph.lose(draft.template.document, draft.line, what, instead, task, left=True)

    return settled(tasks, {draft.name for draft in graph.drafts if draft.may_skip}, left)


def _after_a_failure(graph: DraftGraph, scope: Scope) -> Json:
    if graph.has_hooks:
        return {}
    if graph.handles:
        return {"failWhen": "LeafFailed"}
    several = len(graph.drafts) > 1 or scope.template.kind == "steps"
    return {"failFast": "Drain"} if graph.drains and several else {}


def _global(workflow: Mapping[str, Text]) -> dict[str, Text]:
    """What tasks hand on under a `globalName`."""
    start = "outputs.parameters."
    return {key.removeprefix(start): text for key, text in workflow.items() if key.startswith(start)}


def _claims(spec: Map, resolve: Resolve, tasks: list[Json]) -> list[Any]:
    """Those that a task mounts."""
    mounted = {str(mount.get("name")) for task in tasks for mount in task.get("volumeMounts", ())}
    claims = [_claim(each, resolve) for each in spec.maps("volumeClaimTemplates")]
    return [claim for claim in claims if claim["metadata"]["name"] in mounted]


def _only_pods(spec: Map) -> Map:
    made = Map({key: value for key, value in spec.items() if key not in ("volumes", "priority")})
    made.line, made.lines = spec.line, spec.lines
    return made


def _claim(template: Map, resolve: Resolve) -> Json:
    made: Json = filled(template, resolve)
    return {"metadata": {"name": template.map("metadata").text("name")}, "spec": made.get("spec", {})}


def _common(tasks: list[Json]) -> Json:
    """The image that all tasks with a pod share, taken out of them."""
    images = {task["image"] for task in tasks if "image" in task}
    with_pods = [task for task in tasks if not {"workflow", "approval", "wait", "join"} & task.keys()]
    if len(images) != 1 or len(with_pods) < 2 or any("image" not in task for task in with_pods):  # noqa: PLR2004  # one is no repetition
        return {}
    for task in with_pods:
        del task["image"]
    return {"image": images.pop()}
