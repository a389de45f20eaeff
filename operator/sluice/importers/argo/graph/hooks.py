"""Hooks and exit handlers: what runs when a step, a task or a workflow has ended, or has begun."""

import re
from typing import TYPE_CHECKING

from sluice.core.cel.diagnostics import path_text
from sluice.importers.argo.documents.library import Document
from sluice.importers.argo.documents.names import dns_label
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.expressions.depends import Rule
from sluice.importers.argo.expressions.scope import Converted, LoopItem, Scope
from sluice.importers.argo.graph.draft import DraftGraph, Expansion
from sluice.importers.argo.graph.order import put_behind
from sluice.importers.argo.graph.values import condition
from sluice.importers.argo.loops.loop import Loop

if TYPE_CHECKING:
    from sluice.importers.argo.graph.expander import Expander


_STATUS = re.compile(r"""[\w.\[\]"'-]+\.status\s*==\s*["'](?P<status>\w+)["']""")
_RULES = {"Succeeded": "", "Failed": "OneFailed", "Error": "OneFailed"}


def hooks_of(call: Map) -> list[Map]:
    """What runs when a step or task, or a workflow, has ended or begun: its exit handlers and its hooks, by `name`."""
    found = []
    if call.text("onExit"):
        found.append(_like(Map({"template": call.text("onExit"), "name": "exit"}), call.line_of("onExit")))
    for name, hook in call.map("hooks").items():
        if isinstance(hook, Map) and (name == "exit" or hook.text("expression")):
            found.append(_like(Map({**hook, "name": name}), hook.line))
    return found


def asks_for_running(hook: Map) -> bool:
    """Does the hook run as soon as what it belongs to does?"""
    return _status(hook) == "Running"


def _status(hook: Map) -> str:
    """The status that is all that its expression asks for."""
    found = _STATUS.fullmatch(hook.text("expression").strip())
    return "" if found is None else found["status"]


def expand_hook(expander: "Expander", hook: Map, call: Map, node: Converted, caller: Expansion, begins: Rule) -> None:
    """The tasks of a hook; of a loop for each item. `begins` is when the step or task itself does."""
    graph, document = expander.graph, caller.template.document
    graph.has_hooks = True
    label = f"{call.text('name')}-{hook.text('name')}"
    called = _like(Map({**hook, "name": label}), hook.line)
    expression = called.pop("expression", None)
    if asks_for_running(hook):
        graph.lose(document, hook.line, f"the hook '{hook.text('name')}'", "it begins together with its task", label)
        made = expander.call(called, caller, begins, set())
        node.roots += [] if begins.depends_on else made.roots
        node.after += made.drafts
        return
    if node.only is not None and node.only.is_fan_out and (not expression or _status(hook) in _RULES):
        rule = Rule([], _RULES[_status(hook)] if expression else "AllDone")
        by_item = Loop({"sameAs": node.only.name}, caller.scope.item or LoopItem(None, {}))
        node.after += expander.call(called, caller, rule, set(), by_item).drafts
        return
    ended, when = node.dependency, ""
    if node.only is not None and node.only.is_fan_out:
        graph.lose(document, hook.line, f"the hook '{hook.text('name')}' of a loop", "once for all items", label)
    if expression:
        when = condition(graph, _with_condition(hook), caller.scope, document, dns_label(label))
    elif ended.may_fail_before or ended.may_skip or ended.omitted_as_skipped:
        when = f"{path_text(('tasks', ended.name, 'phase'))} in ['Succeeded', 'Failed']"
    gate = Rule([leaf.name for leaf in node.leaves], "AllDone", when)
    node.after += expander.call(called, caller, gate, set()).drafts


def only_when(graph: DraftGraph, node: Converted, hook: Map, scope: Scope, document: Document) -> None:
    """A hook of the workflow that runs at its end if its expression holds then."""
    put_behind(node, Rule([]), condition(graph, _with_condition(hook), scope, document, node.drafts[0].name))


def _with_condition(hook: Map) -> Map:
    return _like(Map({"when": f"{{{{={hook.text('expression')}}}}}"}), hook.line)


def _like(made: Map, line: int) -> Map:
    made.line, made.lines = line, {}
    return made
