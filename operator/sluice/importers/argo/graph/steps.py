"""Steps as layers: each waits for all of the one before."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sluice.importers.argo.expressions.depends import Rule
from sluice.importers.argo.expressions.scope import Converted, Draft
from sluice.importers.argo.graph.draft import DraftGraph, Expansion
from sluice.importers.argo.graph.global_outputs import Made, keep, made_in, seen_after
from sluice.importers.argo.graph.outputs import whole

if TYPE_CHECKING:
    from sluice.importers.argo.graph.expander import Expander

_AT_ONCE = Rule([])


def expand_steps(expander: "Expander", frame: Expansion) -> Converted:
    """The tasks of a `steps` template. Raises DocumentRefused."""
    scope = replace(frame.scope, nodes={})
    nodes: dict[str, Converted] = {}
    before: list[Converted] = []
    every: list[Converted] = []
    roots: list[Draft] = []
    global_: list[Made] = []
    for layer in frame.template.layers:
        gate = _after_layer(expander.graph, before, frame, len(layer)) if before else _AT_ONCE
        made: list[Converted] = []
        made_here: list[Made] = []
        for step in layer:
            before_it = seen_after(replace(scope, nodes=dict(nodes)), global_)
            seen = seen_after(before_it, ())
            node = expander.call(step, replace(frame, scope=seen), gate, set())
            made.append(node)
            made_here.append(made_in(seen, before_it))
            roots += [] if before else node.roots
        nodes |= {step.text("name"): node for step, node in zip(layer, made, strict=True)}
        every += made
        before = made or before
        global_ += made_here
    keep(frame.scope, global_)
    return whole(
        expander.graph, frame, nodes, every, roots, [leaf for node in before for leaf in (*node.leaves, *node.after)]
    )


def _after_layer(graph: DraftGraph, before: Sequence[Converted], frame: Expansion, count: int) -> Rule:
    """The order of a layer of so many steps."""
    leaves = [leaf for node in before for leaf in (*node.leaves, *node.after)]
    may_skip = any(leaf.may_skip for leaf in leaves)
    gate = Rule([leaf.name for leaf in leaves], "NoneFailed" if may_skip else "")
    return joined(graph, gate, frame, frame.template.body.line) if _many(len(leaves), count) else gate


def joined(graph: DraftGraph, gate: Rule, frame: Expansion, line: int) -> Rule:
    """The same order by way of a join; `finally` tasks have none."""
    if frame.finally_:
        return gate
    join = graph.draft("join", frame.scope, line, frame)
    join.fields |= {"join": {}, "dependsOn": list(gate.depends_on)} | ({"runIf": gate.run_if} if gate.run_if else {})
    return Rule([join.name])


def behind_loop(graph: DraftGraph, gate: Rule, leader: str, frame: Expansion, line: int) -> Rule:
    """The order of a loop that goes by the items of another: it waits for all of them, as in Argo."""
    if frame.finally_:
        return replace(gate, depends_on=[name for name in gate.depends_on if name != leader])
    return replace(gate, depends_on=joined(graph, gate, frame, line).depends_on, run_if="")


def _many(before: int, after: int) -> bool:
    """Are there fewer edges by way of a join?"""
    return before * after > before + after
