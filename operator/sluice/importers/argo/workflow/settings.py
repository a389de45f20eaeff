"""What a workflow, or a template that becomes one, says of a run as a whole: its limits and its locks."""

from functools import partial

from sluice.core import Json
from sluice.importers.argo import unread
from sluice.importers.argo.documents.library import Document, Missing, Template
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Resolve
from sluice.importers.argo.graph import apart
from sluice.importers.argo.graph.draft import DraftGraph
from sluice.importers.argo.graph.values import tell_cluster_default
from sluice.importers.argo.workflow.deadlines import shorter, shortest
from sluice.importers.argo.workflow.locks import LockPools, locks_of


def settings(
    graph: DraftGraph, document: Document, spec: Map, template: Template, pools: LockPools, resolve: Resolve
) -> Json:
    """Of a workflow that begins with the template."""
    graph.tell_unread(document, unread.of_spec(spec))
    for each in spec.map("arguments").maps("parameters"):
        tell_cluster_default(graph, each, document)
    made: Json = {key: spec[key] for key in ("parallelism", "priority") if isinstance(spec.get(key), int)}
    made |= limits(graph, template, resolve, made.get("parallelism"))
    if limit := shortest(spec, resolve, partial(graph.lose, document)):
        made["timeout"] = shorter(limit, made.get("timeout", limit))
    held = _held(graph, document, spec, pools, resolve)
    if template.kind in ("steps", "dag"):
        held += _held(graph, template.document, template.body, pools, resolve)
    if spec.get("suspend") is True:
        words = "the run begins at once; suspend it by spec.state"
        graph.lose(document, spec.line_of("suspend"), "suspend: true", words)
    return made | ({"pools": held} if held else {})


def _held(graph: DraftGraph, document: Document, holder: Map, pools: LockPools, resolve: Resolve) -> list[Json]:
    """The locks of a whole workflow, as the run holds them."""
    held = []
    for lock in locks_of(holder.map("synchronization"), graph.library.config_maps, resolve):
        for what, instead in lock.losses:
            graph.lose(document, lock.line, what, instead, left=True)
        held.append({"name": pools.hold(lock, by_runs=True)})
    return held


def limits(graph: DraftGraph, template: Template, resolve: Resolve, at_most: int | None = None) -> Json:
    """The limits that a `steps` or `dag` template has of its own; `at_most` is the parallelism of what is around it."""
    if template.kind not in ("steps", "dag"):
        return {}
    body, document = template.body, template.document
    made: Json = {}
    if isinstance(body.get("parallelism"), int) and not apart.one_loop_at_a_time(template):
        if any(_kind(graph, call, template) in ("steps", "dag") for call in template.calls):
            words = "as many pods at a time: a run counts pods, and no templates"
            line = body.line_of("parallelism")
            graph.lose(document, line, "the parallelism of a template of templates", words)
        made["parallelism"] = body["parallelism"] if at_most is None else min(body["parallelism"], at_most)
    if timeout := shortest(body, resolve, partial(graph.lose, document)):
        made["timeout"] = timeout
    return made


def tell_lock(graph: DraftGraph, template: Template) -> None:
    """A loss if a template that another calls has a lock."""
    if template.kind in ("steps", "dag") and template.body.get("synchronization"):
        what, words = f"the lock of '{template.name}'", "not held: a run that another calls takes no slots"
        line = template.body.line_of("synchronization")
        graph.lose(template.document, line, what, words, left=True)


def _kind(graph: DraftGraph, call: Map, template: Template) -> str:
    try:
        return graph.library.template(call, template.document).kind
    except Missing:
        return ""
