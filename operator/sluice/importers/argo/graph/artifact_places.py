"""Where the artifacts are that a call gives to a template."""

from dataclasses import replace

from sluice.importers.argo.documents.library import Document
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.expressions.scope import ArtifactPlace, Scope
from sluice.importers.argo.graph.draft import DraftGraph


def given(graph: DraftGraph, arguments: Map, scope: Scope, document: Document, label: str) -> dict[str, ArtifactPlace]:
    """What a call gives to a template."""
    found: dict[str, ArtifactPlace] = {}
    for each in arguments.maps("artifacts"):
        place = place_of(each, scope) if "from" in each or "fromExpression" in each else ArtifactPlace(source=each)
        if place is None:
            what = f"the artifact '{each.text('name')}'"
            graph.lose(document, each.line, what, "not handed on; put it where the task reads it", label, left=True)
        else:
            found[each.text("name")] = place
    return found


def place_of(written: Map, scope: Scope) -> ArtifactPlace | None:
    """What `from` names; None if that is nowhere, or has one for each item of a loop."""
    place: ArtifactPlace | None = None
    said, _, below = written.text("from").strip().removeprefix("{{").partition("}}")
    match said.strip().split("."):
        case ["steps" | "tasks", name, "outputs", "artifacts", *rest] if name in scope.nodes:
            place = scope.nodes[name].artifacts.get(".".join(rest))
        case ["inputs", "artifacts", *rest]:
            place = scope.artifacts.get(".".join(rest))
        case ["workflow", "outputs", "artifacts", *rest]:
            place = scope.global_artifacts.get(".".join(rest))
    if place is not None and place.draft is not None:
        if place.draft.is_fan_out:
            return None
        place.draft.artifacts_read.add(place.name)
        inside = [place.sub_path, written.text("subPath") or below.strip("/")]
        place = replace(place, sub_path="/".join(filter(None, inside)))
    return place
