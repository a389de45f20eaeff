"""What a template hands on: that of its one pod, or of the tasks that it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from sluice.core import Json
from sluice.importers.argo.documents.library import Document
from sluice.importers.argo.documents.names import parameter_name
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import FILL_IN, Ref, Text, UnknownTag, literal, parse, text_of
from sluice.importers.argo.expressions.choices import chosen
from sluice.importers.argo.expressions.depends import Dependency
from sluice.importers.argo.expressions.scope import ArtifactPlace, Converted, Draft, Scope, parameter
from sluice.importers.argo.expressions.tree import Untranslatable, reason
from sluice.importers.argo.graph.artifact_places import place_of
from sluice.importers.argo.graph.draft import DraftGraph, Expansion


def leaf(graph: DraftGraph, draft: Draft, scope: Scope) -> Converted:
    """What one pod, or an approval, hands on. Under a global name it is known in the scope from now on."""
    outputs: dict[str, Text] = {}
    template = draft.template
    for output in template.body.map("outputs").maps("parameters"):
        name = output.text("name")
        value: Text = (Ref.to("tasks", draft.name, "outputs", name),)
        if is_fixed(output):
            value = _output(graph, output, draft.scope, template.document)
        elif template.kind == "suspend":
            value = (_supplied(graph, name, draft),)
        outputs[name] = value
        _make_global(output, value, scope)
    artifacts: dict[str, ArtifactPlace] = {}
    for each in template.body.map("outputs").maps("artifacts"):
        artifacts[each.text("name")] = place = ArtifactPlace(draft, each.text("name"))
        if each.text("globalName"):
            scope.global_artifacts[each.text("globalName")] = place
    return Converted([draft], [draft], [draft], outputs, artifacts, Dependency(draft.name))


def is_fixed(output: Map) -> bool:
    """Has it a value that is no work of the pod's?"""
    return output.get("value") is not None


def _supplied(graph: DraftGraph, name: str, draft: Draft) -> Ref:
    """A value that is given when a suspended workflow goes on: a parameter, as who approves can give none."""
    ours: Json = {"name": parameter_name(name), "default": literal(draft.scope.inputs.get(name, ())) or ""}
    for each in draft.template.body.map("inputs").maps("parameters"):
        if each.text("name") == name and isinstance(enum := each.get("enum"), list):
            ours["enum"] = [text_of(value) for value in enum]
    graph.parameters[ours["name"]] = ours
    return parameter(ours["name"])


def whole(
    graph: DraftGraph,
    frame: Expansion,
    nodes: Mapping[str, Converted],
    every: Sequence[Converted],
    roots: list[Draft],
    leaves: list[Draft],
) -> Converted:
    drafts = list(dict.fromkeys(draft for node in every for draft in (*node.drafts, *node.after)))
    made = Converted(drafts, roots, leaves)
    scope = replace(frame.scope, nodes=nodes)
    for output in frame.template.body.map("outputs").maps("parameters"):
        value = _output(graph, output, scope, frame.template.document)
        made.outputs[output.text("name")] = value
        _make_global(output, value, scope)
    for artifact in frame.template.body.map("outputs").maps("artifacts"):
        if (place := place_of(artifact, scope)) is not None:
            made.artifacts[artifact.text("name")] = place
    name = leaves[-1].name if leaves else ""
    may_skip = any(leaf.may_skip for leaf in leaves)
    made.dependency = Dependency(name, may_skip=may_skip, may_fail_before=len(drafts) > 1)
    return made


def _output(graph: DraftGraph, output: Map, scope: Scope, document: Document) -> Text:
    source = output.map("valueFrom")
    try:
        if source.text("expression"):
            return chosen(source.text("expression"), scope.resolve, partial(_may_skip, graph))
        return parse(output.text("value") or source.text("parameter") or source.text("default"), scope.resolve)
    except (UnknownTag, Untranslatable) as error:
        graph.lose(
            document,
            output.line,
            f"the output '{output.text('name')}'",
            f"{FILL_IN}; {reason(error)}",
            left=True,
        )
        return (FILL_IN,)


def _may_skip(graph: DraftGraph, name: str) -> bool:
    return any(draft.may_skip for draft in graph.drafts if draft.name == name)


def _make_global(output: Map, value: Text, scope: Scope) -> None:
    if name := output.text("globalName"):
        scope.workflow[f"outputs.parameters.{name}"] = value
