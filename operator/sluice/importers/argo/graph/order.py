"""The order of the tasks that a step or a task has become: what its roots wait for, and how those after it see it."""

from sluice.importers.argo.expressions.depends import Dependency, Rule
from sluice.importers.argo.expressions.scope import Converted


def put_behind(node: Converted, gate: Rule, when: str) -> None:
    """Gives the tasks their order: the roots wait for the gate, and `when` decides whether they run."""
    condition = both(gate.when, when)
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


def seen_after(node: Converted, gate: Rule, when: str) -> Dependency:
    """How it may have ended, for those that depend on it."""
    return Dependency(
        node.dependency.name,
        may_skip=bool(when) or node.dependency.may_skip,
        may_fail_before=bool(gate.depends_on) or node.dependency.may_fail_before,
        omitted_as_skipped=bool(gate.when) or gate.run_if in ("OneFailed", "AllFailed") or gate.passes_on,
        condition=gate.when,
    )


def both(one: str, two: str) -> str:
    """Two conditions at once, each empty if there is none."""
    return " && ".join(f"({each})" if " || " in each and one and two else each for each in (one, two) if each)
