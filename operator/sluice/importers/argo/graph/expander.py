"""A template as tasks, with the templates that it calls inside.

A template that a rule of its own keeps apart (see `apart.py`) becomes a Workflow that a task runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sluice.importers.argo import unread
from sluice.importers.argo.documents.library import LEAVES, REFUSED, Document, Missing, Template
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Ref, Text
from sluice.importers.argo.expressions.depends import Dependency, Rule
from sluice.importers.argo.expressions.scope import Converted, Draft, Scope
from sluice.importers.argo.graph import apart, artifact_places, global_outputs
from sluice.importers.argo.graph.dag import expand_dag
from sluice.importers.argo.graph.draft import NO_MEMORY, DocumentRefused, DraftGraph, Expansion
from sluice.importers.argo.graph.hooks import expand_hook, hooks_of
from sluice.importers.argo.graph.order import both, put_behind, seen_after
from sluice.importers.argo.graph.outputs import leaf
from sluice.importers.argo.graph.steps import behind_loop, expand_steps
from sluice.importers.argo.graph.values import condition, inputs, loop_in
from sluice.importers.argo.loops.loop import Loop

CallWorkflow = Callable[[DraftGraph, Template, Mapping[str, Text], Expansion, str, int], Draft]
"""Makes a template a Workflow of its own, and the task that runs it."""


@dataclass(frozen=True, slots=True)
class Expander:
    """Puts the tasks of templates into a graph."""

    graph: DraftGraph
    call_workflow: CallWorkflow

    def enter(self, frame: Expansion, name: str) -> Converted:
        """The tasks of a template. Raises DocumentRefused."""
        template, graph = frame.template, self.graph
        graph.tell_unread(template.document, unread.of_template(template.body))
        if template.kind in REFUSED or template.body.get("daemon"):
            kind = "daemon" if template.body.get("daemon") else template.kind
            what = f"the template '{template.name}' is a {kind} template, which has no equal here"
            raise DocumentRefused(template.document.file, template.body.line, what)
        if template.kind in LEAVES:
            draft = graph.draft(name, global_outputs.seen_after(frame.scope, ()), template.body.line, frame)
            return leaf(graph, draft, frame.scope)
        if template.body.get("memoize"):
            graph.lose(template.document, template.body.line_of("memoize"), "memoize", NO_MEMORY)
        if template.kind == "steps":
            return expand_steps(self, frame)
        if template.kind == "dag":
            return expand_dag(self, frame)
        what = f"the template '{template.name}' says nothing to run"
        raise DocumentRefused(template.document.file, template.body.line, what)

    def call(self, said: Map, caller: Expansion, gate: Rule, handled: set[str], loop: Loop | None = None) -> Converted:
        """A step or a task. `handled` are those that others ask about; `loop` if it is not its own.

        Raises DocumentRefused.
        """
        document, name = caller.template.document, said.text("name") or "step"
        graph = self.graph
        try:
            template = graph.library.template(said, document)
        except Missing as error:
            raise DocumentRefused(
                document.file, said.line, f"'{name}' calls {error}, which is not among the files"
            ) from error
        graph.tell_unread(document, unread.of_call(said))
        label = caller.label(name)
        loop = loop or loop_in(graph, said, caller.scope, document, label)
        scope = caller.scope if loop is None else replace(caller.scope, item=loop.item)
        arguments = said.map("arguments")
        values = inputs(graph, template, arguments, scope, document, label)
        when = condition(graph, said, scope, document, label)
        hooks = hooks_of(said)
        is_apart = bool(
            apart.why(
                template,
                said,
                looped=loop is not None,
                library=graph.library,
                around=caller.around,
                drains=graph.drains,
                observed=name in handled or bool(hooks),
                gated=bool(gate.when or gate.run_if not in ("", "NoneFailed") or when),
            )
        )
        if loop is not None and loop.leader in gate.depends_on:
            gate = behind_loop(graph, gate, loop.leader, caller, said.line)
        places = artifact_places.given(graph, arguments, scope, document, label)
        callee = Scope(template, values, caller.scope.workflow, places, caller.scope.global_artifacts)
        if is_apart:
            node = apart_node(self.call_workflow(graph, template, values, caller, name, said.line))
        elif template.kind in ("steps", "dag"):
            node = self.enter(Expansion(callee, label, (*caller.around, template.key), caller.finally_), name)
        else:
            node = self.enter(Expansion(callee, caller.prefix, caller.around, caller.finally_), name)
        if loop is not None:
            _repeat(node.drafts[0], loop, gate, caller)
        put_behind(node, gate, when)
        self._continue(said, node, document)
        node.dependency = seen_after(node, gate, when)
        begins = replace(gate, when=both(gate.when, when))
        within = replace(caller, scope=replace(scope, nodes={**caller.scope.nodes, name: node}))
        for hook in hooks:
            expand_hook(self, hook, said, node, within, begins)
        return node

    def _continue(self, call: Map, node: Converted, document: Document) -> None:
        """`continueOn`. Failed is a failure of the program, Error one of the cluster."""
        said = call.map("continueOn")
        if node.only is None:
            return
        if said.get("failed") is True:
            node.only.fields["allowFailure"] = True
        elif said.get("error") is True:
            words = "a failure of the cluster that outlasts its retries is a failure of the task"
            self.graph.lose(document, said.line, "continueOn: {error: true}", words, node.only.name)


def apart_node(draft: Draft) -> Converted:
    """What a task that runs a Workflow of its own hands on."""
    names = [each.text("name") for each in draft.template.body.map("outputs").maps("parameters")]
    outputs: dict[str, Text] = {name: (Ref.to("tasks", draft.name, "outputs", name),) for name in names}
    return Converted([draft], [draft], [draft], outputs, {}, Dependency(draft.name))


def _repeat(draft: Draft, loop: Loop, gate: Rule, caller: Expansion) -> None:
    draft.fields["forEach"] = dict(loop.for_each)
    limit = caller.template.body.get("parallelism")
    if isinstance(limit, int) and apart.one_loop_at_a_time(caller.template):
        draft.fields["forEach"]["parallelism"] = limit
    draft.may_skip = loop.leader is not None and not gate.run_if  # AllDone runs in any case
