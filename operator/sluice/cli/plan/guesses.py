"""What a plan takes for granted, beside what `core.whatif.assumptions` does, one sentence each."""

from collections.abc import Iterator, Mapping, Sequence

from sluice.api.run import WorkflowRunSpec
from sluice.cli.words import counted
from sluice.core.base.text import first_names
from sluice.core.base.times import lasting
from sluice.core.spec.definition import Definition
from sluice.core.whatif.plan import Plan

_NAMES_SHOWN = 5


def guessed_times(found: Plan) -> Iterator[str]:
    if found.time is None:
        return
    by_time: dict[tuple[str, float], list[str]] = {}
    for each in found.guessed:
        by_time.setdefault((each.workflow, each.took_s), []).append(each.task)
    for (workflow, seconds), tasks in by_time.items():
        of = f" of {workflow}" if workflow else ""
        yield f"{first_names(tasks, len(tasks), _NAMES_SHOWN)}{of}: {lasting(seconds)} (no history)"


def guessed_values(definition: Definition, run: WorkflowRunSpec) -> Iterator[str]:
    given = run.arguments or {}
    for name, parameter in definition.parameters.items():
        if name not in given and parameter.default is None:
            yield f"parameter {name} is empty (it has no default; give -p {name}=VALUE)"


def guessed_pools(names: set[str], pools: Mapping[str, int] | None, in_use: Mapping[str, int]) -> Iterator[str]:
    """`names` are the Pools that the run needs, `pools` those that are known, with their slots; None if none is."""
    for name in sorted(names):
        if pools is None:
            yield f"pool {name} has room for all (it is not in the file)"
        elif name in in_use and name in pools:
            yield f"pool {name} is free ({in_use[name]} of {pools[name]} slots are in use now)"


def guessed_others(names: Sequence[str], more: int) -> Iterator[str]:
    """`names` are the runs that are simulated beside this one, `more` how many there are besides."""
    if names:
        go = "goes on beside it, and its" if len(names) == 1 else "go on beside it, and their"
        yield f"{first_names(names, len(names), _NAMES_SHOWN)} {go} tasks take as long as they have"
    if more:
        yield f"{counted(more, 'other run')} that may not have ended left out"
