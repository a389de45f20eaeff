"""What a container reads of its environment: variables that it declares, and those that the operator gives `main`.

A value that only the cluster knows (of a ConfigMap, of the pod itself) reaches `command`, `args` and `env` alone, where
the kubelet fills it in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from sluice.core import Json
from sluice.core.base.naming import LABEL_ATTEMPT, LABEL_TASK
from sluice.importers.argo.documents.text import FILL_IN, Ref, Resolve, Text, references

FILLED_BY_KUBELET = frozenset({"command", "args", "env"})
_LABELS = {"SLUICE_TASK": LABEL_TASK, "SLUICE_ATTEMPT": LABEL_ATTEMPT}

Left = Callable[[int, str, str], None]
"""Tells what is left to somebody: its line, what it is, and what stands in its place."""


def environment(refs: Mapping[str, Ref]) -> list[Json]:
    """The variables among them that `main` does not have anyhow."""
    made: list[Json] = []
    for name, ref in refs.items():
        if ref.source:
            made.append({"name": name, "valueFrom": ref.source})
        elif ref.source is None and name != ref.variable:
            made.append({"name": name, "value": ref.placeholder})
    return made


def environment_beside(refs: Mapping[str, Ref]) -> list[Json]:
    """All of them, for a container to which the operator gives none."""
    made: list[Json] = []
    for name, ref in refs.items():
        if ref.source is None:
            made.append({"name": name, "value": ref.placeholder})
        else:
            made.append({"name": name, "valueFrom": ref.source or _label(ref)})
    return made


def _label(ref: Ref) -> Json:
    return {"fieldRef": {"fieldPath": f"metadata.labels['{_LABELS[ref.variable]}']"}}


@dataclass(slots=True)
class Reading:
    """Keeps the values that only the environment has, by their variables."""

    within: Resolve
    refs: dict[str, Ref] = field(default_factory=dict)

    def resolve(self, words: str, is_expression: bool) -> Text | None:  # noqa: FBT001  # the signature of `text.Resolve`
        found = self.within(words, is_expression)
        self.refs |= {ref.variable: ref for ref in references(found or ()) if ref.source is not None}
        return found


def of_run(resolve: Resolve, line: int, left: Left) -> Resolve:
    """Without what only the environment of a container has."""
    tell = partial(left, line)
    return _without(lambda ref: ref.source is not None, resolve, tell, "only the environment of a container has it")


def beside(resolve: Resolve, line: int, left: Left) -> Resolve:
    """Without what only `main` has."""
    tell = partial(left, line)
    return _without(
        lambda ref: ref.source == {} and ref.variable not in _LABELS, resolve, tell, "only the container main has it"
    )


def _without(
    is_out: Callable[[Ref], bool], resolve: Resolve, tell: Callable[[str, str], None], because: str
) -> Resolve:
    def known(words: str, is_expression: bool) -> Text | None:  # noqa: FBT001  # the signature of `text.Resolve`
        found = resolve(words, is_expression)
        if not any(map(is_out, references(found or ()))):
            return found
        tell(f"{{{{{'=' if is_expression else ''}{words}}}}}", f"{FILL_IN}; {because}")
        return (FILL_IN,)

    return known
