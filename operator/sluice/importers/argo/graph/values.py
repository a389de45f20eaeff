"""What a call gives to a template: the values of its parameters, its condition and its loop."""

from collections.abc import Mapping
from functools import partial

from sluice.importers.argo.documents.library import Document, Template
from sluice.importers.argo.documents.names import parameter_name
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import FILL_IN, Ref, Text, UnknownTag, parse, text_of
from sluice.importers.argo.expressions import conditions
from sluice.importers.argo.expressions.scope import LoopItem, Scope
from sluice.importers.argo.expressions.tree import Untranslatable, reason
from sluice.importers.argo.graph.draft import DraftGraph
from sluice.importers.argo.loops.loop import LOOPS, Endless, Loop
from sluice.importers.argo.loops.read import loop_of

_NOTHING: Mapping[str, Text] = {}


def inputs(
    graph: DraftGraph,
    template: Template,
    arguments: Map,
    scope: Scope,
    document: Document,
    label: str,
    known: Mapping[str, Text] = _NOTHING,
) -> dict[str, Text]:
    """The values of a template's parameters: those that are known, else what the arguments or the template say."""
    given = {each.text("name"): each for each in arguments.maps("parameters")}
    declared = template.body.map("inputs").maps("parameters")
    found: dict[str, Text] = {}
    for each in declared:
        name = each.text("name")
        own = Scope(template, found, scope.workflow)
        if name in known:
            found[name] = known[name]
            continue
        is_given = name in given and ("value" in given[name] or "valueFrom" in given[name])
        said, seen = (given[name], scope) if is_given else (each, own)
        where = document if is_given else template.document
        what = f"the value of '{name}'"
        tell_cluster_default(graph, said, where, label)
        try:
            found[name] = graph.read(partial(_value, said), seen, where, said.line, what, label)
        except (UnknownTag, Untranslatable) as error:
            graph.lose(where, said.line, what, f"{FILL_IN}; {reason(error)}", label, left=True)
            found[name] = (FILL_IN,)
    return found


def tell_cluster_default(graph: DraftGraph, parameter: Map, document: Document, task: str = "") -> None:
    """A loss if the parameter is in a ConfigMap or a Secret, and has a default beside."""
    if by_cluster(parameter) and ("default" in parameter or "default" in parameter.map("valueFrom")):
        words = "not used: the pod waits until the ConfigMap or Secret has the key"
        graph.lose(document, parameter.line, f"the default of '{parameter.text('name')}'", words, task)


def by_cluster(parameter: Map) -> Ref | None:
    """A parameter whose value is in a ConfigMap or a Secret: pods get it by their environment."""
    for key in ("configMapKeyRef", "secretKeyRef"):
        if isinstance(reference := parameter.map("valueFrom").get(key), Map):
            named = {part: text_of(reference[part]) for part in ("name", "key") if part in reference}
            variable = parameter_name(parameter.text("name")).upper().replace("-", "_")
            return Ref((), variable=variable, source={key: named})
    return None


def _value(parameter: Map, scope: Scope) -> Text:
    """Raises UnknownTag, and Untranslatable."""
    source = parameter.map("valueFrom")
    if parameter.get("value") is not None:
        return parse(text_of(parameter["value"]), scope.resolve)
    if source.text("expression"):
        return scope.resolve(source.text("expression"), True) or ()
    if reference := by_cluster(parameter):
        return (reference,)
    if "default" in parameter or "default" in source:
        return parse(text_of(parameter.get("default", source.get("default"))), scope.resolve)
    raise UnknownTag(f"parameter '{parameter.text('name')}'")


def condition(graph: DraftGraph, call: Map, scope: Scope, document: Document, label: str) -> str:
    """Its `when` in CEL; empty if it always runs."""
    if not call.text("when"):
        return ""
    line, what = call.line_of("when"), f"when: {call.text('when')}"
    try:
        found = graph.read(
            lambda seen: conditions.condition(call.text("when"), seen.resolve), scope, document, line, what, label
        )
    except (UnknownTag, Untranslatable) as error:
        graph.lose(document, line, what, f"the task is skipped; {reason(error)}", label, left=True)
        return "false"
    return "" if found == "true" else found


def loop_in(graph: DraftGraph, call: Map, scope: Scope, document: Document, label: str) -> Loop | None:
    """Its `with...`, if it has one."""
    line = next((call.line_of(key) for key in LOOPS if key in call), call.line)
    try:
        found = graph.read(partial(loop_of, call), scope, document, line, "its loop", label)
    except (Endless, UnknownTag, Untranslatable) as error:
        graph.lose(
            document,
            line,
            "its loop",
            f"one item, {FILL_IN}; {error if isinstance(error, Endless) else reason(error)}",
            label,
            left=True,
        )
        return Loop({"items": [FILL_IN]}, LoopItem(None, {}))
    if found is not None and found.lost is not None:
        graph.lose(document, line, *found.lost, label)
    return found
