"""One Workflow of ours in the making: a template as its graph, with the templates that it calls inside.

Steps become layers, a `dag` its dependencies. A template that a rule of its own keeps apart (see `apart.py`) becomes a
Workflow that a task runs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from sluice.core import Json
from sluice.core.cel.diagnostics import path_text
from sluice.importers.argo import apart, depends, unread
from sluice.importers.argo.choices import chosen
from sluice.importers.argo.depends import Dependency, Rule
from sluice.importers.argo.expressions import conditions
from sluice.importers.argo.expressions.tree import Untranslatable, reason
from sluice.importers.argo.library import LEAVES, REFUSED, Document, Library, Missing, Template
from sluice.importers.argo.loops import LOOPS, Endless, Loop, loop_of
from sluice.importers.argo.names import dns_label, free, parameter_name
from sluice.importers.argo.scope import ArtifactPlace, Draft, Item, Node, Scope, parameter
from sluice.importers.argo.source import Map
from sluice.importers.argo.text import Ref, Text, Unknown, literal, parse, text_of, usual
from sluice.importers.report import Loss

_T = TypeVar("_T")
MAX_TASKS = 2000
FILL_IN = "FILL_IN"
"""Stands where a value cannot be known."""
NO_MEMORY = "it runs each time; `resumeFrom` keeps what has succeeded"
BY_DEFAULT = "computed here, by the defaults of the parameters"


class Refused(Exception):
    """A document that cannot be imported, and the line that says why."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(message)
        self.file, self.line = file, line


@dataclass(frozen=True, slots=True)
class Frame:
    """The template that is being expanded: its scope, the prefix of its tasks' names, and those around it."""

    scope: Scope
    prefix: str = ""
    around: tuple[tuple[int, int], ...] = ()
    finally_: bool = False

    @property
    def template(self) -> Template:
        return self.scope.template


_AT_ONCE = Rule([])
_NOTHING: Mapping[str, Text] = {}


@dataclass(slots=True)
class Graph:
    """`drafts` are in order. `call_workflow` makes a template a Workflow of its own, and the task that runs it."""

    library: Library
    drains: bool
    """Does nothing begin any more once a task has failed?"""
    call_workflow: "Callable[[Graph, Template, Mapping[str, Text], Frame, str, int], Draft]"
    drafts: list[Draft] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    global_artifacts: dict[str, ArtifactPlace] = field(default_factory=dict)
    parameters: dict[str, Json] = field(default_factory=dict)
    """Those that come with its tasks, by name."""
    handles: bool = False
    """Is there a task that runs because another has failed?"""
    has_hooks: bool = False

    def lose(
        self, document: Document, line: int, what: str, instead: str, task: str = "", *, left: bool = False
    ) -> None:
        loss = Loss(document.file, line, what, instead, task, left)
        if loss not in self.losses:
            self.losses.append(loss)

    def tell_unread(self, document: Document, said: Map, keys: Iterable[str]) -> None:
        for key in keys:
            self.lose(document, said.line_of(key), f"the field '{key}'", "left out: it is not known here")

    def draft(self, name: str, scope: Scope, line: int, frame: Frame) -> Draft:
        if len(self.drafts) >= MAX_TASKS:
            raise Refused(
                scope.template.document.file,
                line,
                f"has more than {MAX_TASKS} tasks; templates that call each other add up",
            )
        whole = dns_label(f"{frame.prefix}-{name}" if frame.prefix else name)
        made = Draft(free(whole, {each.name for each in self.drafts}), scope.template, scope, line)
        if frame.finally_:
            made.fields["finally"] = True
        self.drafts.append(made)
        return made

    def enter(self, frame: Frame, name: str) -> Node:
        """The tasks of a template."""
        template = frame.template
        self.tell_unread(template.document, template.body, unread.of_template(template.body))
        if template.kind in ("steps", "dag") and template.body.get("memoize"):
            self.lose(template.document, template.body.line_of("memoize"), "memoize", NO_MEMORY)
        if template.kind in REFUSED or template.body.get("daemon"):
            kind = "daemon" if template.body.get("daemon") else template.kind
            what = f"the template '{template.name}' is a {kind} template, which has no equal here"
            raise Refused(template.document.file, template.body.line, what)
        if template.kind == "steps":
            return self._steps(frame)
        if template.kind == "dag":
            return self._dag(frame)
        if template.kind not in LEAVES:
            what = f"the template '{template.name}' says nothing to run"
            raise Refused(template.document.file, template.body.line, what)
        return self._leaf(self.draft(name, frame.scope, template.body.line, frame))

    def _leaf(self, draft: Draft) -> Node:
        outputs: dict[str, Text] = {}
        template = draft.template
        for output in template.body.map("outputs").maps("parameters"):
            name = output.text("name")
            value: Text = (Ref.to("tasks", draft.name, "outputs", name),)
            if template.kind == "suspend":
                value = (self._supplied(name, draft),)
            outputs[name] = value
            _make_global(output, value, draft.scope)
        artifacts: dict[str, ArtifactPlace] = {}
        for each in template.body.map("outputs").maps("artifacts"):
            artifacts[each.text("name")] = place = ArtifactPlace(draft, each.text("name"))
            if each.text("globalName"):
                self.global_artifacts[each.text("globalName")] = place
        return Node([draft], [draft], [draft], outputs, artifacts, Dependency(draft.name))

    def _supplied(self, name: str, draft: Draft) -> Ref:
        """A value that is given when a suspended workflow goes on: a parameter, as who approves can give none."""
        ours: Json = {"name": parameter_name(name), "default": literal(draft.scope.inputs.get(name, ())) or ""}
        for each in draft.template.body.map("inputs").maps("parameters"):
            if each.text("name") == name and isinstance(enum := each.get("enum"), list):
                ours["enum"] = [text_of(value) for value in enum]
        self.parameters[ours["name"]] = ours
        return parameter(ours["name"])

    # Steps

    def _steps(self, frame: Frame) -> Node:
        scope = replace(frame.scope, nodes={})
        nodes: dict[str, Node] = {}
        before: list[Node] = []
        every: list[Node] = []
        roots: list[Draft] = []
        for layer in frame.template.layers:
            gate = self._after_layer(before, frame, len(layer)) if before else _AT_ONCE
            made: list[Node] = []
            for step in layer:
                node = self._call(step, replace(frame, scope=replace(scope, nodes=dict(nodes))), gate, set())
                made.append(node)
                roots += [] if before else node.roots
            nodes |= {step.text("name"): node for step, node in zip(layer, made, strict=True)}
            every += made
            before = made or before
        return self._whole(
            frame, nodes, every, roots, [leaf for node in before for leaf in (*node.leaves, *node.after)]
        )

    def _after_layer(self, before: Sequence[Node], frame: Frame, count: int) -> Rule:
        """The order of a layer of so many steps."""
        leaves = [leaf for node in before for leaf in (*node.leaves, *node.after)]
        may_skip = any(leaf.may_skip for leaf in leaves)
        gate = Rule([leaf.name for leaf in leaves], "NoneFailed" if may_skip else "")
        return self._joined(gate, frame, frame.template.body.line) if _many(len(leaves), count) else gate

    def _joined(self, gate: Rule, frame: Frame, line: int) -> Rule:
        """The same order by way of a join; `finally` tasks have none."""
        if frame.finally_:
            return gate
        join = self.draft("join", frame.scope, line, frame)
        join.fields |= {"join": {}, "dependsOn": list(gate.depends_on)} | (
            {"runIf": gate.run_if} if gate.run_if else {}
        )
        return Rule([join.name])

    def _behind(self, gate: Rule, leader: str, frame: Frame, line: int) -> Rule:
        """The order of a loop that goes by the items of another: it waits for all of them, as in Argo."""
        if frame.finally_:
            return replace(gate, depends_on=[name for name in gate.depends_on if name != leader])
        return replace(gate, depends_on=self._joined(gate, frame, line).depends_on, run_if="")

    # DAG

    def _dag(self, frame: Frame) -> Node:
        tasks = {task.text("name"): task for task in apart.wanted(frame.template, self._targets(frame))}
        order = self._order(frame, tasks)
        asked = {name: self._asked(frame, task, tasks) for name, task in tasks.items()}
        handled = {
            atom.task for each in asked.values() if each for atom in depends.atoms(each) if atom.results - depends.PLAIN
        }
        mixed = [each for each in asked.values() if each and not depends.is_conjunction(each)]
        handled |= {atom.task for each in mixed for atom in depends.atoms(each)}
        handled |= {
            atom.task
            for each in asked.values()
            if each
            for atom in depends.atoms(each)
            if atom.results == {"Succeeded"}
        }
        nodes: dict[str, Node] = {}
        for name in order:
            task, condition = tasks[name], asked[name]
            gate = self._gate(frame, task, condition, nodes) if condition else _AT_ONCE
            scope = replace(frame.scope, nodes=dict(nodes))
            nodes[name] = self._call(task, replace(frame, scope=scope), gate, handled)
        needed = {atom.task for each in asked.values() if each for atom in depends.atoms(each)}
        roots = [draft for name, node in nodes.items() if not asked[name] for draft in node.roots]
        last = [draft for name, node in nodes.items() if name not in needed for draft in (*node.leaves, *node.after)]
        return self._whole(frame, nodes, list(nodes.values()), roots, last)

    def _targets(self, frame: Frame) -> list[str]:
        body = frame.template.body.map("dag")
        try:
            text = parse(body.text("target"), frame.scope.resolve)
        except (Unknown, Untranslatable):
            text = ()
        if literal(text) is None or (not text and body.text("target")):
            words = f"those for {usual(text) or 'all tasks'}: what there is to run cannot depend on a run"
            self.lose(frame.template.document, body.line_of("target"), "a target that parameters decide", words)
        return (usual(text) or "").split()

    def _asked(self, frame: Frame, task: Map, tasks: Mapping[str, Map]) -> depends.Depends | None:
        line, document = task.line_of("depends" if "depends" in task else "dependencies"), frame.template.document
        try:
            if task.text("depends"):
                asked = depends.parse(task.text("depends"))
            elif names := task.get("dependencies"):
                asked = depends.everything([str(name) for name in names])
            else:
                return None
        except depends.Malformed as error:
            raise Refused(document.file, line, f"depends of '{task.text('name')}' {error}") from error
        for atom in depends.atoms(asked):
            if atom.task not in tasks:
                raise Refused(
                    document.file,
                    line,
                    f"'{task.text('name')}' depends on '{atom.task}', which is no task of the template",
                )
        return asked

    def _order(self, frame: Frame, tasks: Mapping[str, Map]) -> list[str]:
        """Each task after those that it depends on, else as written."""
        names = apart.dependencies(tasks.values())
        order: dict[str, None] = {}
        left = list(tasks)
        while left:
            free_ = [name for name in left if all(other in order or other not in tasks for other in names[name])]
            if not free_:
                line = tasks[left[0]].line
                raise Refused(
                    frame.template.document.file,
                    line,
                    f"the tasks {', '.join(left[:5])} wait for each other in a circle",
                )
            order |= dict.fromkeys(free_)
            left = [name for name in left if name not in order]
        return list(order)

    def _gate(self, frame: Frame, task: Map, asked: depends.Depends, nodes: Mapping[str, Node]) -> Rule:
        known = {atom.task: nodes[atom.task].dependency for atom in depends.atoms(asked)}
        found = depends.rule(asked, known)
        for words in found.inexact:
            self.lose(
                frame.template.document,
                task.line_of("depends"),
                words,
                "asked as .Failed",
                dns_label(task.text("name")),
            )
        for atom in depends.atoms(asked):
            if (
                atom.results & {"AnySucceeded", "AllFailed"}
                and (loop := nodes[atom.task].only) is not None
                and loop.is_fan_out
            ):
                loop.fields["forEach"]["minSuccess"] = 1
        several = [
            nodes[atom.task]
            for atom in depends.atoms(asked)
            if len(nodes[atom.task].leaves) > 1 or nodes[atom.task].after
        ]
        names = list(found.depends_on)
        for node in several:
            place = names.index(node.dependency.name) if node.dependency.name in names else len(names)
            names[place : place + 1] = [leaf.name for leaf in (*node.leaves, *node.after)]
        if found.handles:
            self.handles = True
        return replace(found, depends_on=list(dict.fromkeys(names)))

    # Both

    def _whole(
        self, frame: Frame, nodes: Mapping[str, Node], every: Sequence[Node], roots: list[Draft], leaves: list[Draft]
    ) -> Node:
        drafts = list(dict.fromkeys(draft for node in every for draft in (*node.drafts, *node.after)))
        made = Node(drafts, roots, leaves)
        scope = replace(frame.scope, nodes=nodes)
        for output in frame.template.body.map("outputs").maps("parameters"):
            value = self._output(output, scope, frame)
            made.outputs[output.text("name")] = value
            _make_global(output, value, scope)
        for artifact in frame.template.body.map("outputs").maps("artifacts"):
            if (place := self.artifact(artifact, scope)) is not None:
                made.artifacts[artifact.text("name")] = place
        name = leaves[-1].name if leaves else ""
        may_skip = any(leaf.may_skip for leaf in leaves)
        made.dependency = Dependency(name, may_skip=may_skip, may_fail_before=len(drafts) > 1)
        return made

    def _output(self, output: Map, scope: Scope, frame: Frame) -> Text:
        source = output.map("valueFrom")
        try:
            if source.text("expression"):
                return chosen(source.text("expression"), scope.resolve, self._may_skip)
            return parse(source.text("parameter") or source.text("default"), scope.resolve)
        except (Unknown, Untranslatable) as error:
            self.lose(
                frame.template.document,
                output.line,
                f"the output '{output.text('name')}'",
                f"{FILL_IN}; {reason(error)}",
                left=True,
            )
            return (FILL_IN,)

    def _may_skip(self, name: str) -> bool:
        return any(draft.may_skip for draft in self.drafts if draft.name == name)

    def artifacts(self, arguments: Map, scope: Scope, document: Document, label: str) -> dict[str, ArtifactPlace]:
        """What a call gives to a template."""
        found: dict[str, ArtifactPlace] = {}
        for each in arguments.maps("artifacts"):
            place = (
                self.artifact(each, scope) if "from" in each or "fromExpression" in each else ArtifactPlace(source=each)
            )
            if place is None:
                what = f"the artifact '{each.text('name')}'"
                self.lose(document, each.line, what, "not handed on; put it where the task reads it", label, left=True)
            else:
                found[each.text("name")] = place
        return found

    def artifact(self, written: Map, scope: Scope) -> ArtifactPlace | None:
        """What `from` names; None if that is nowhere."""
        place: ArtifactPlace | None = None
        match written.text("from").strip().removeprefix("{{").removesuffix("}}").strip().split("."):
            case ["steps" | "tasks", name, "outputs", "artifacts", *rest] if name in scope.nodes:
                place = scope.nodes[name].artifacts.get(".".join(rest))
            case ["inputs", "artifacts", *rest]:
                place = scope.artifacts.get(".".join(rest))
            case ["workflow", "outputs", "artifacts", *rest]:
                place = self.global_artifacts.get(".".join(rest))
        if place is not None and place.draft is not None:
            place.draft.artifacts_read.add(place.name)
            place = replace(place, sub_path=written.text("subPath"))
        return place

    def _call(self, call: Map, caller: Frame, gate: Rule, handled: set[str], loop: Loop | None = None) -> Node:
        """A step or a task. `loop` if it is not its own."""
        document, name = caller.template.document, call.text("name") or "step"
        try:
            template = self.library.template(call, document)
        except Missing as error:
            raise Refused(document.file, call.line, f"'{name}' calls {error}, which is not among the files") from error
        self.tell_unread(document, call, unread.of_call(call))
        scope = caller.scope
        label = dns_label(f"{caller.prefix}-{name}" if caller.prefix else name)
        loop = loop or self._loop(call, scope, document, label)
        inner = scope if loop is None else replace(scope, item=loop.item)
        inputs = self.inputs(template, call.map("arguments"), inner, document, label)
        when = self._when(call, inner, document, label)
        hooks = apart.hooks(call)
        alone = apart.why(
            template,
            call,
            looped=loop is not None,
            library=self.library,
            around=caller.around,
            drains=self.drains,
            observed=name in handled or bool(hooks),
            gated=bool(gate.when or gate.run_if not in ("", "NoneFailed") or when),
        )
        if loop is not None and loop.leader in gate.depends_on:
            gate = self._behind(gate, loop.leader, caller, call.line)
        callee = Scope(
            template, inputs, caller.scope.workflow, self.artifacts(call.map("arguments"), inner, document, label)
        )
        if template.kind in LEAVES or template.kind in REFUSED or not template.kind or template.body.get("daemon"):
            node = self.enter(Frame(callee, caller.prefix, caller.around, caller.finally_), name)
        elif alone:
            draft = self.call_workflow(self, template, inputs, caller, name, call.line)
            outputs = {
                each.text("name"): (Ref.to("tasks", draft.name, "outputs", each.text("name")),)
                for each in template.body.map("outputs").maps("parameters")
            }
            node = Node([draft], [draft], [draft], dict[str, Text](outputs), {}, Dependency(draft.name))
        else:
            node = self.enter(Frame(callee, label, (*caller.around, template.key), caller.finally_), name)
        if loop is not None:
            node.drafts[0].fields["forEach"] = dict(loop.for_each)
            limit = caller.template.body.get("parallelism")
            if isinstance(limit, int) and apart.one_loop_at_a_time(caller.template):
                node.drafts[0].fields["forEach"]["parallelism"] = limit
            node.drafts[0].may_skip = loop.leader is not None and not gate.run_if  # AllDone runs in any case
        self._order_of(node, gate, when)
        if node.only is not None:
            self._continue(call, node.only, document)
        node.dependency = self._dependency(node, gate, when)
        begins = replace(gate, when=_both(gate.when, when))
        within = replace(caller, scope=replace(inner, nodes={**scope.nodes, name: node}))
        for line, hook in hooks:
            self._hook(hook, line, call, node, within, begins)
        return node

    def _continue(self, call: Map, draft: Draft, document: Document) -> None:
        """`continueOn`. Failed is a failure of the program, Error one of the cluster."""
        said = call.map("continueOn")
        if said.get("failed") is True:
            draft.fields["allowFailure"] = True
        elif said.get("error") is True:
            words = "a failure of the cluster that outlasts its retries is a failure of the task"
            self.lose(document, said.line, "continueOn: {error: true}", words, draft.name)

    def _order_of(self, node: Node, gate: Rule, when: str) -> None:
        condition = _both(gate.when, when)
        inner = {draft.name for draft in node.drafts}
        for draft in node.drafts:
            is_root = draft in node.roots
            if is_root and gate.depends_on:
                draft.fields["dependsOn"] = list(gate.depends_on)
            if is_root and gate.run_if:
                draft.fields["runIf"] = gate.run_if
            if condition and (is_root or "runIf" in draft.fields):
                own = draft.fields.get("when")
                draft.fields["when"] = condition if not own else f"({condition}) && ({own})"
        if condition:
            for draft in node.drafts:
                waits = draft.fields.get("runIf", "") in ("", "AllSucceeded") and any(
                    name in inner for name in draft.fields.get("dependsOn", ())
                )
                draft.may_skip = draft.may_skip or draft in node.roots or waits or "runIf" in draft.fields

    def only_when(self, node: Node, hook: Map, line: int, scope: Scope, document: Document) -> None:
        """A hook of the workflow that runs at its end if its expression holds then."""
        self._order_of(node, _AT_ONCE, self._when(_asking(hook, line), scope, document, node.drafts[0].name))

    def _dependency(self, node: Node, gate: Rule, when: str) -> Dependency:
        return Dependency(
            node.dependency.name,
            may_skip=bool(when) or node.dependency.may_skip,
            may_fail_before=bool(gate.depends_on) or node.dependency.may_fail_before,
            omitted_as_skipped=bool(gate.when) or gate.run_if in ("OneFailed", "AllFailed"),
            condition=gate.when,
        )

    def _loop(self, call: Map, scope: Scope, document: Document, label: str) -> Loop | None:
        line = next((call.line_of(key) for key in LOOPS if key in call), call.line)
        try:
            loop = self.read(partial(loop_of, call), scope, document, line, "its loop", label)
        except (Endless, Unknown, Untranslatable) as error:
            self.lose(
                document,
                line,
                "its loop",
                f"one item, {FILL_IN}; {error if isinstance(error, Endless) else reason(error)}",
                label,
                left=True,
            )
            return Loop({"items": [FILL_IN]}, Item(None))
        if loop is not None and loop.lost is not None:
            self.lose(document, line, *loop.lost, label)
        return loop

    def _when(self, call: Map, scope: Scope, document: Document, label: str) -> str:
        if not call.text("when"):
            return ""
        line, what = call.line_of("when"), f"when: {call.text('when')}"
        try:
            found = self.read(
                lambda seen: conditions.condition(call.text("when"), seen.resolve), scope, document, line, what, label
            )
        except (Unknown, Untranslatable) as error:
            self.lose(document, line, what, f"the task is skipped; {reason(error)}", label, left=True)
            return "false"
        return "" if found == "true" else found

    def read(
        self, read: Callable[[Scope], _T], scope: Scope, document: Document, line: int, what: str, task: str
    ) -> _T:
        """What `read` finds; where that has to be computed, by the defaults of parameters. Raises as `read` does."""
        try:
            return read(scope)
        except (Unknown, Untranslatable):
            found = read(replace(scope, by_default=True))
            self.lose(document, line, what, BY_DEFAULT, task)
            return found

    def tell_cluster_default(self, parameter: Map, document: Document, task: str = "") -> None:
        if by_cluster(parameter) and ("default" in parameter or "default" in parameter.map("valueFrom")):
            words = "not used: the pod waits until the ConfigMap or Secret has the key"
            self.lose(document, parameter.line, f"the default of '{parameter.text('name')}'", words, task)

    def inputs(
        self,
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
            self.tell_cluster_default(said, where, label)
            try:
                found[name] = self.read(partial(_value, said), seen, where, said.line, what, label)
            except (Unknown, Untranslatable) as error:
                self.lose(where, said.line, what, f"{FILL_IN}; {reason(error)}", label, left=True)
                found[name] = (FILL_IN,)
        return found

    def _hook(self, hook: Map, line: int, call: Map, node: Node, caller: Frame, begins: Rule) -> None:
        """What runs when a step or a task has ended, however it did, or has begun; of a loop for each item."""
        self.has_hooks = True
        label = f"{call.text('name')}-{hook.text('name', 'exit')}"
        named = _as_call(hook, label, line)
        if apart.asks_for_running(hook):
            words = "it begins together with its task"
            self.lose(caller.template.document, line, f"the hook '{hook.text('name')}'", words, dns_label(label))
            made = self._call(named, caller, begins, set())
            node.roots += [] if begins.depends_on else made.roots
            node.after += made.drafts
            return
        gate = Rule([leaf.name for leaf in node.leaves], "AllDone")
        ended, when = node.dependency, ""
        if hook.text("expression"):
            when = self._when(_asking(hook, line), caller.scope, caller.template.document, dns_label(label))
        elif ended.may_fail_before or ended.may_skip or ended.omitted_as_skipped:
            when = f"{path_text(('tasks', ended.name, 'phase'))} in ['Succeeded', 'Failed']"
        by_item = None
        if node.only is not None and node.only.is_fan_out:
            by_item = Loop({"sameAs": node.only.name}, caller.scope.item or Item(None))
            gate = Rule([], "AllDone")
        node.after += self._call(named, caller, replace(gate, when=when), set(), by_item).drafts


def _both(one: str, two: str) -> str:
    """Two conditions at once, each empty if there is none."""
    return " && ".join(f"({each})" if " || " in each and one and two else each for each in (one, two) if each)


def _many(before: int, after: int) -> bool:
    """Are there fewer edges by way of a join?"""
    return before * after > before + after


def _make_global(output: Map, value: Text, scope: Scope) -> None:
    if name := output.text("globalName"):
        scope.workflow[f"outputs.parameters.{name}"] = value


def _asking(hook: Map, line: int) -> Map:
    made = Map({"when": f"{{{{={hook.text('expression')}}}}}"})
    made.line, made.lines = line, {}
    return made


def _as_call(hook: Map, name: str, line: int) -> Map:
    call = Map({key: value for key, value in hook.items() if key != "expression"} | {"name": name})
    call.line, call.lines = line, dict(hook.lines)
    return call


def by_cluster(parameter: Map) -> Ref | None:
    """A parameter whose value is in a ConfigMap or a Secret: pods get it by their environment."""
    for key in ("configMapKeyRef", "secretKeyRef"):
        if isinstance(reference := parameter.map("valueFrom").get(key), Map):
            named = {part: text_of(reference[part]) for part in ("name", "key") if part in reference}
            variable = parameter_name(parameter.text("name")).upper().replace("-", "_")
            return Ref((), variable=variable, source={key: named})
    return None


def _value(parameter: Map, scope: Scope) -> Text:
    """Raises Unknown, and Untranslatable."""
    source = parameter.map("valueFrom")
    if parameter.get("value") is not None:
        return parse(text_of(parameter["value"]), scope.resolve)
    if source.text("expression"):
        return scope.resolve(source.text("expression"), True) or ()
    if reference := by_cluster(parameter):
        return (reference,)
    if "default" in parameter or "default" in source:
        return parse(text_of(parameter.get("default", source.get("default"))), scope.resolve)
    raise Unknown(f"parameter '{parameter.text('name')}'")
