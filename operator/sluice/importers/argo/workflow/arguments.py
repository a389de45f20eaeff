"""`arguments` of a workflow as our parameters."""

from sluice.core import Json
from sluice.importers.argo.documents.library import Document, Template
from sluice.importers.argo.documents.names import parameter_name
from sluice.importers.argo.documents.source import Map, empty
from sluice.importers.argo.documents.text import Text, parse, placeholders, text_of
from sluice.importers.argo.expressions.scope import Scope, parameter
from sluice.importers.argo.graph.draft import DraftGraph
from sluice.importers.argo.graph.values import by_cluster
from sluice.importers.argo.workflow.telling import telling


def arguments_of(graph: DraftGraph, document: Document, spec: Map) -> tuple[list[Json], dict[str, Text]]:
    """Our parameters, and the values of the whole workflow by what follows `workflow.`"""
    declared: list[Json] = []
    values: dict[str, Text] = {"mainEntrypoint": (spec.text("entrypoint"),), "status": ("Running",)}
    metadata = document.manifest.map("metadata")
    for kind in ("labels", "annotations"):
        values |= {f"{kind}.{key}": (text_of(value),) for key, value in metadata.map(kind).items()}
    for each in spec.map("arguments").maps("parameters"):
        name = each.text("name")
        if reference := by_cluster(each):
            values[f"parameters.{name}"] = (reference,)
            continue
        ours: Json = {"name": parameter_name(name)}
        if isinstance(enum := each.get("enum"), list):
            ours["enum"] = [text_of(value) for value in enum]
        default = each.get("value", each.get("default"))
        if default is not None:
            scope = Scope(Template(document, empty(1)), {}, values)
            ours["default"] = placeholders(parse(text_of(default), telling(graph, scope, document, each.line)))
        if each.text("description"):
            ours["description"] = " ".join(each.text("description").split())[:1024]
        declared.append(ours)
        values[f"parameters.{name}"] = (parameter(ours["name"], ours.get("default")),)
    return declared, values
