"""One document of Argo's as our Workflow, with those that stand apart from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from sluice.api import API_VERSION
from sluice.core import Json
from sluice.core.run.children import MAX_DEPTH
from sluice.importers.argo import unread
from sluice.importers.argo.documents.library import Document, Library, Missing, Template
from sluice.importers.argo.documents.names import WORKFLOW_MAX, dns_label, free, parameter_name
from sluice.importers.argo.documents.source import Map, empty
from sluice.importers.argo.documents.text import FILL_IN, Ref, Text, placeholders, references, text_of
from sluice.importers.argo.expressions.scope import Converted, Draft, Scope, parameter
from sluice.importers.argo.graph import apart, artifact_places
from sluice.importers.argo.graph.draft import DocumentRefused, DraftGraph, Expansion
from sluice.importers.argo.graph.expander import Expander, apart_node
from sluice.importers.argo.graph.hooks import asks_for_running, hooks_of, only_when
from sluice.importers.argo.graph.values import inputs
from sluice.importers.argo.pod.environment import of_run
from sluice.importers.argo.pod.retries import retried
from sluice.importers.argo.workflow.arguments import arguments_of
from sluice.importers.argo.workflow.inherited import inherited
from sluice.importers.argo.workflow.locks import LockPools
from sluice.importers.argo.workflow.mending import mend
from sluice.importers.argo.workflow.run_fields import written
from sluice.importers.argo.workflow.schedules import scheduled
from sluice.importers.argo.workflow.settings import limits, settings, tell_lock
from sluice.importers.argo.workflow.telling import telling
from sluice.importers.report import Imported, Loss

_ORDER = (
    *("parameters", "parallelism", "priority", "concurrency", "history", "pools", "timeout", "failFast", "failWhen"),
    *("trigger", "schedule", "files", "volumeClaimTemplates", "defaults", "tasks", "outputs"),
)
_ARGOS = "workflows.argoproj.io/"


@dataclass(eq=False, slots=True)
class _Apart:
    """A template as a Workflow of its own. `inherited` are the values of the whole workflow that it reads, by what
    follows `workflow.`, each with the parameter that brings it. `is_made`: a call before that is one from within.
    """

    name: str
    template: Template
    inherited: dict[str, str] = field(default_factory=dict)
    is_made: bool = False


class WorkflowWriter:
    """Of one document. `names` are those of all Workflows so far."""

    def __init__(self, document: Document, library: Library, pools: LockPools, names: set[str]) -> None:
        self._document, self._library, self._pools, self._names = document, library, pools, names
        base = library.base(document)
        self._spec = document.spec if base is None else _over(base.spec, document.spec)
        self._apart: dict[tuple[int, int], _Apart] = {}
        self._made: list[Imported] = []
        self.name = self._free(dns_label(document.name, WORKFLOW_MAX))

    def write(self) -> list[Imported]:
        """What is called comes first, so that it is there. Raises DocumentRefused, Missing, and text.UnknownTag."""
        template = self._library.named(self._spec.text("entrypoint"), self._document)
        graph = DraftGraph(self._library, apart.fails_fast(template))
        parameters, workflow = arguments_of(graph, self._document, self._spec)
        scope = Scope(template, {}, workflow)
        named = [each.text("name") for each in self._spec.map("arguments").maps("parameters")]
        given = {name: workflow[f"parameters.{name}"] for name in named}
        values = inputs(graph, template, empty(template.body.line), scope, self._document, "", given)
        artifacts = artifact_places.given(graph, self._spec.map("arguments"), scope, self._document, "")
        scope = replace(scope, inputs=values, artifacts=artifacts)
        if self._document.kind == "Workflow" and values.keys() <= given.keys() and not hooks_of(self._spec):
            self._apart[template.key] = _Apart(self.name, template)  # it may call itself
        root = self._enter(graph, scope)
        self._hooks(graph, scope)
        parameters += graph.parameters.values()
        spec: Json = {"parameters": parameters} if parameters else {}
        resolve = telling(graph, Scope(template, {}, dict(workflow)), self._document, self._spec.line)
        spec |= settings(graph, self._document, self._spec, template, self._pools, resolve)
        spec |= written(graph, self._document, self._spec, self._pools, root, Scope(template, {}, scope.workflow))
        if self._document.kind == "CronWorkflow":
            cron = self._document.manifest.map("spec")
            made = scheduled(cron)
            spec |= made.spec
            graph.tell_unread(self._document, unread.of_cron(cron))
            for what, instead in made.losses:
                graph.lose(self._document, cron.line_of(what), what, instead)
        elif self._document.kind != "Workflow" or any("default" not in each for each in parameters):
            spec["trigger"] = "Manual"
        self._keep(self.name, spec, graph, self._metadata())
        return self._made

    def _enter(self, graph: DraftGraph, scope: Scope) -> Converted:
        """The entrypoint: one that is tried again as a whole is a Workflow that a task runs."""
        template = scope.template
        frame = Expansion(scope, "", (template.key,))
        if template.kind not in ("steps", "dag") or not template.body.get("retryStrategy"):
            return Expander(graph, self._call_workflow).enter(frame, template.name)
        self._apart.pop(template.key, None)
        draft = self._call_workflow(graph, template, scope.inputs, frame, template.name, template.body.line)
        return apart_node(draft)

    def write_alone(self, template: Template) -> list[Imported]:
        """A template of a library as a Workflow of its own."""
        self._make_apart(_Apart(self.name, template))
        return self._made

    def _free(self, name: str) -> str:
        found = free(name, self._names, WORKFLOW_MAX)
        self._names.add(found)
        return found

    def _metadata(self) -> Json:
        metadata = self._document.manifest.map("metadata")
        kept: Json = {}
        for kind in ("labels", "annotations"):
            own = {key: text_of(value) for key, value in metadata.map(kind).items() if not key.startswith(_ARGOS)}
            kept |= {kind: own} if own else {}
        return ({"namespace": metadata.text("namespace")} if metadata.text("namespace") else {}) | kept

    def _hooks(self, graph: DraftGraph, scope: Scope) -> None:
        """`onExit` and the hooks of the workflow: what runs at its end, however it ends, or from its beginning."""
        ended = {key: text for key, text in scope.workflow.items() if key != "status"}
        for hook in hooks_of(self._spec):
            try:
                template = self._library.template(hook, self._document)
            except Missing as error:
                words = f"{hook.text('name')} names {error}, which is not among the files"
                raise DocumentRefused(self._document.file, hook.line, words) from error
            at_end = not asks_for_running(hook)
            seen = replace(scope, workflow=ended) if at_end else scope
            name = hook.text("name") if hook.text("expression") else template.name
            values = inputs(graph, template, hook.map("arguments"), seen, self._document, name)
            artifacts = artifact_places.given(graph, hook.map("arguments"), seen, self._document, name)
            inner = Scope(template, values, seen.workflow, artifacts, seen.global_artifacts)
            frame = Expansion(inner, "", (template.key,), finally_=at_end)
            node = Expander(graph, self._call_workflow).enter(frame, name)
            if not at_end:
                graph.lose(self._document, hook.line, f"the hook '{name}'", "it begins together with the run", name)
            elif hook.text("expression"):
                only_when(graph, node, hook, seen, self._document)

    # Workflows that stand apart

    def _call_workflow(
        self, graph: DraftGraph, template: Template, inputs: Mapping[str, Text], caller: Expansion, name: str, line: int
    ) -> Draft:
        made = self._apart.get(template.key)
        if made is None:
            made = _Apart(self._free(dns_label(f"{self.name}-{template.name or name}", WORKFLOW_MAX)), template)
            made.inherited = inherited(template, self._library, caller.scope.workflow)
            self._apart[template.key] = made
            self._make_apart(made)
        elif not made.is_made:
            words = f"each call is a run of its own, at most {MAX_DEPTH} deep"
            graph.lose(
                template.document,
                line,
                f"'{template.name}' calls itself",
                words,
                dns_label(f"{caller.prefix}-{name}" if caller.prefix else name),
            )
        draft = graph.draft(name, Scope(template, inputs, caller.scope.workflow), line, caller)
        values = {parameter_name(key): text for key, text in inputs.items()}
        for key, ours in made.inherited.items():
            values[ours] = self._inherit(graph, key, caller, line, draft.name)
        arguments: Json = {}
        for key, text in values.items():
            if any(ref.source is not None for ref in references(text)):
                graph.lose(
                    caller.template.document,
                    line,
                    f"the argument '{key}'",
                    f"{FILL_IN}; a Workflow that is called takes no value of the cluster's",
                    draft.name,
                    left=True,
                )
            arguments[key] = FILL_IN if any(ref.source is not None for ref in references(text)) else placeholders(text)
        draft.fields["workflow"] = {"name": made.name, **({"arguments": arguments} if arguments else {})}
        if outputs := [each.text("name") for each in template.body.map("outputs").maps("parameters")]:
            draft.fields["outputs"] = outputs
        if isinstance(strategy := template.body.get("retryStrategy"), Map):
            left = partial(graph.lose, template.document, task=draft.name, left=True)
            resolve = telling(graph, caller.scope, template.document, strategy.line, draft.name)
            found = retried(strategy, of_run(resolve, strategy.line, left))
            draft.fields |= {"retries": found.retries} if found.retries else {}
            for what, instead, left_ in found.losses:
                graph.lose(template.document, strategy.line, what, instead, draft.name, left=left_)
        return draft

    def _inherit(self, graph: DraftGraph, key: str, caller: Expansion, line: int, task: str) -> Text:
        if key in caller.scope.workflow:
            return caller.scope.workflow[key]
        if key == "status":
            return (Ref.to("run", "phase"),) if caller.finally_ else ("Running",)
        what, words = f"{{{{workflow.{key}}}}}", f"{FILL_IN}; no task before it hands it on"
        graph.lose(caller.template.document, line, what, words, task, left=True)
        return (FILL_IN,)

    def _make_apart(self, made: _Apart) -> None:
        template = made.template
        declared, inputs = [], dict[str, Text]()
        for each in template.body.map("inputs").maps("parameters"):
            ours: Json = {"name": parameter_name(each.text("name"))}
            default = each.get("value", each.get("default"))
            if default is not None and "{{" not in text_of(default):
                ours["default"] = text_of(default)
            declared.append(ours)
            inputs[each.text("name")] = (parameter(ours["name"]),)
        declared += [{"name": ours} for ours in made.inherited.values()]
        workflow: dict[str, Text] = {key: (parameter(ours),) for key, ours in made.inherited.items()}
        graph = DraftGraph(self._library, apart.fails_fast(template))
        scope = Scope(template, inputs, workflow)
        root = Expander(graph, self._call_workflow).enter(Expansion(scope, "", (template.key,)), template.name)
        metadata = {key: value for key, value in self._metadata().items() if key == "namespace"}
        declared += graph.parameters.values()
        tell_lock(graph, template)
        spec: Json = {"parameters": declared} if declared else {}
        spec |= limits(graph, template, telling(graph, scope, template.document, template.body.line))
        spec |= written(graph, self._document, self._spec, self._pools, root, Scope(template, {}, workflow))
        spec["trigger"] = "Manual"
        self._keep(made.name, spec, graph, metadata)
        made.is_made = True

    def _keep(self, name: str, spec: Json, graph: DraftGraph, metadata: Json) -> None:
        ordered = {key: spec[key] for key in _ORDER if key in spec}
        manifest = {
            "apiVersion": API_VERSION,
            "kind": "Workflow",
            "metadata": {"name": name, **metadata},
            "spec": ordered,
        }
        if faults := mend(manifest, partial(self._left, graph)):
            line = self._document.manifest.line
            raise DocumentRefused(self._document.file, line, f"what comes of it would not pass lint: {faults[0]}")
        tasks = {task["name"] for task in ordered["tasks"]}
        losses: list[Loss] = [loss if loss.task in tasks else replace(loss, task="") for loss in graph.losses]
        self._made.append(Imported(manifest, losses))

    def _left(self, graph: DraftGraph, task: str, what: str, instead: str) -> None:
        draft = next((draft for draft in graph.drafts if draft.name == task), None)
        document, line = (
            (self._document, self._document.manifest.line) if draft is None else (draft.template.document, draft.line)
        )
        graph.lose(document, line, what, instead, task, left=True)


def _over(base: Map, above: Map) -> Map:
    """The spec of a WorkflowTemplate with that of a workflow that refers to it on top; arguments one by one."""
    made = Map({**base, **above})
    made.line, made.lines = above.line, {**base.lines, **above.lines}
    given = {each.text("name"): each for each in above.map("arguments").maps("parameters")}
    arguments = Map({**base.map("arguments"), **above.map("arguments")})
    arguments.line, arguments.lines = made.line, {}
    merged_ = {each.text("name"): each for each in base.map("arguments").maps("parameters")} | given
    arguments["parameters"] = list(merged_.values())
    made["arguments"] = arguments
    return made
