"""A DAG: its tasks by what they depend on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sluice.importers.argo.documents.library import Template
from sluice.importers.argo.documents.names import dns_label
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import UnknownTag, literal, parse, usual
from sluice.importers.argo.expressions import depends
from sluice.importers.argo.expressions.depends import Rule
from sluice.importers.argo.expressions.scope import Converted
from sluice.importers.argo.expressions.tree import Untranslatable
from sluice.importers.argo.graph import apart
from sluice.importers.argo.graph.draft import DocumentRefused, DraftGraph, Expansion
from sluice.importers.argo.graph.global_outputs import Made, keep, made_in, seen_after
from sluice.importers.argo.graph.outputs import whole
from sluice.importers.argo.loops.loop import LOOPS

if TYPE_CHECKING:
    from sluice.importers.argo.graph.expander import Expander

_AT_ONCE = Rule([])
_OF_ITEMS = frozenset({"AnySucceeded", "AllFailed"})


def expand_dag(expander: "Expander", frame: Expansion) -> Converted:
    """The tasks of a `dag` template. Raises DocumentRefused."""
    tasks = {task.text("name"): task for task in _wanted(frame.template, _targets(expander.graph, frame))}
    order = _order(frame, tasks)
    asked = {name: _asked(frame, task, tasks) for name, task in tasks.items()}
    handled = {
        atom.task for each in asked.values() if each for atom in depends.atoms(each) if atom.results - depends.PLAIN
    }
    mixed = [each for each in asked.values() if each and not depends.is_conjunction(each)]
    handled |= {atom.task for each in mixed for atom in depends.atoms(each)}
    handled |= {
        atom.task for each in asked.values() if each for atom in depends.atoms(each) if atom.results == {"Succeeded"}
    }
    _tell_of_mixed_questions(expander.graph, frame, tasks, asked)
    nodes: dict[str, Converted] = {}
    direct = apart.dependencies(tasks.values())
    before: dict[str, set[str]] = {}
    global_: dict[str, Made] = {}
    for name in order:
        task, condition = tasks[name], asked[name]
        gate = _gate(expander.graph, frame, task, condition, nodes) if condition else _AT_ONCE
        before[name] = {other for one in direct[name] if one in nodes for other in (one, *before[one])}
        known = [global_[other] for other in nodes if other in before[name]]
        scope = seen_after(replace(frame.scope, nodes=dict(nodes)), known)
        seen = seen_after(scope, ())
        nodes[name] = expander.call(task, replace(frame, scope=seen), gate, handled)
        global_[name] = made_in(seen, scope)
    keep(frame.scope, global_.values())
    needed = {atom.task for each in asked.values() if each for atom in depends.atoms(each)}
    roots = [draft for name, node in nodes.items() if not asked[name] for draft in node.roots]
    last = [draft for name, node in nodes.items() if name not in needed for draft in (*node.leaves, *node.after)]
    return whole(expander.graph, frame, nodes, list(nodes.values()), roots, last)


def _tell_of_mixed_questions(
    graph: DraftGraph, frame: Expansion, tasks: Mapping[str, Map], asked: Mapping[str, depends.Depends | None]
) -> None:
    """A loop of which one task asks whether any item succeeded has succeeded with one, for all others as well."""
    questions = [(name, atom) for name, each in asked.items() if each for atom in depends.atoms(each)]
    loops = {atom.task for _, atom in questions if atom.results & _OF_ITEMS and tasks[atom.task].keys() & LOOPS}
    for name, atom in questions:
        if atom.task in loops and not atom.results & _OF_ITEMS:
            what, words = f"'{atom.task}' as a whole", "it has succeeded with one item, as others ask for any success"
            graph.lose(frame.template.document, tasks[name].line_of("depends"), what, words, frame.label(name))


def _targets(graph: DraftGraph, frame: Expansion) -> list[str]:
    body = frame.template.body.map("dag")
    try:
        text = parse(body.text("target"), frame.scope.resolve)
    except (UnknownTag, Untranslatable):
        text = ()
    if literal(text) is None or (not text and body.text("target")):
        words = f"those for {usual(text) or 'all tasks'}: what there is to run cannot depend on a run"
        graph.lose(frame.template.document, body.line_of("target"), "a target that parameters decide", words)
    return (usual(text) or "").split()


def _asked(frame: Expansion, task: Map, tasks: Mapping[str, Map]) -> depends.Depends | None:
    line, document = task.line_of("depends" if "depends" in task else "dependencies"), frame.template.document
    try:
        if task.text("depends"):
            asked = depends.parse(task.text("depends"))
        elif names := task.get("dependencies"):
            asked = depends.everything([str(name) for name in names])
        else:
            return None
    except depends.Malformed as error:
        raise DocumentRefused(document.file, line, f"depends of '{task.text('name')}' {error}") from error
    for atom in depends.atoms(asked):
        if atom.task not in tasks:
            raise DocumentRefused(
                document.file,
                line,
                f"'{task.text('name')}' depends on '{atom.task}', which is no task of the template",
            )
    return asked


def _order(frame: Expansion, tasks: Mapping[str, Map]) -> list[str]:
    """Each task after those that it depends on, else as written."""
    names = apart.dependencies(tasks.values())
    order: dict[str, None] = {}
    left = list(tasks)
    while left:
        free_ = [name for name in left if all(other in order or other not in tasks for other in names[name])]
        if not free_:
            line = tasks[left[0]].line
            raise DocumentRefused(
                frame.template.document.file,
                line,
                f"the tasks {', '.join(left[:5])} wait for each other in a circle",
            )
        order |= dict.fromkeys(free_)
        left = [name for name in left if name not in order]
    return list(order)


def _gate(
    graph: DraftGraph, frame: Expansion, task: Map, asked: depends.Depends, nodes: Mapping[str, Converted]
) -> Rule:
    known = {atom.task: nodes[atom.task].dependency for atom in depends.atoms(asked)}
    found = depends.rule(asked, known)
    for words, instead in found.inexact:
        graph.lose(
            frame.template.document,
            task.line_of("depends"),
            words,
            instead,
            dns_label(task.text("name")),
        )
    for atom in depends.atoms(asked):
        if atom.results & _OF_ITEMS and (loop := nodes[atom.task].only) is not None and loop.is_fan_out:
            loop.fields["forEach"]["minSuccess"] = 1
    several = [
        nodes[atom.task] for atom in depends.atoms(asked) if len(nodes[atom.task].leaves) > 1 or nodes[atom.task].after
    ]
    names = list(found.depends_on)
    for node in several:
        place = names.index(node.dependency.name) if node.dependency.name in names else len(names)
        names[place : place + 1] = [leaf.name for leaf in (*node.leaves, *node.after)]
    if found.handles:
        graph.handles = True
    return replace(found, depends_on=list(dict.fromkeys(names)))


def _wanted(template: Template, targets: list[str]) -> list[Map]:
    """The tasks of a DAG that its targets need; without any, all."""
    tasks = {task.text("name"): task for task in template.calls}
    if not targets:
        return list(tasks.values())
    needed, before = set(targets), apart.dependencies(tasks.values())
    while more := {other for name in needed if name in before for other in before[name]} - needed:
        needed |= more
    return [task for name, task in tasks.items() if name in needed]
