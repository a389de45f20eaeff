"""What tasks hand on under a `globalName`: each task sees what those that it comes after have made, and no others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sluice.importers.argo.documents.text import Text
from sluice.importers.argo.expressions.scope import ArtifactPlace, Scope

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Made:
    """Of one step or task. `values` are by what follows `workflow.`, `artifacts` by their global name."""

    values: Mapping[str, Text]
    artifacts: Mapping[str, ArtifactPlace]


def seen_after(scope: Scope, before: Iterable[Made]) -> Scope:
    """A scope of its own for a step or task that comes after those."""
    made = replace(scope, workflow=dict(scope.workflow), global_artifacts=dict(scope.global_artifacts))
    keep(made, before)
    return made


def made_in(scope: Scope, before: Scope) -> Made:
    """What is in a scope that was not in it before."""
    return Made(
        _new(scope.workflow, before.workflow),
        _new(scope.global_artifacts, before.global_artifacts),
    )


def keep(scope: Scope, made: Iterable[Made]) -> None:
    """Makes it known to all that share the scope; what was made last counts."""
    for each in made:
        scope.workflow.update(each.values)
        scope.global_artifacts.update(each.artifacts)


def _new(now: Mapping[str, _T], before: Mapping[str, _T]) -> dict[str, _T]:
    return {key: value for key, value in now.items() if before.get(key) is not value}
