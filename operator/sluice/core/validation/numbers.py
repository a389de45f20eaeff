"""Faults of numbers and durations that are placeholders, as far as parameters and their defaults say."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from sluice.api.base import Bounds
from sluice.api.for_each import ITEMS, RANGE
from sluice.api.run import WorkflowRunSpec
from sluice.api.task import RETRIES, SLOTS
from sluice.api.workflow import PODS, WorkflowSettings
from sluice.core import Json
from sluice.core.base.faults import Fault, Hint
from sluice.core.base.foreign import mapping, mappings
from sluice.core.graph.placeholders import Values, fill, is_text, parts_of, placeholders_in
from sluice.core.spec.numbers import BadNumber, duration_s, is_late, whole_number
from sluice.core.spec.parameter import declarations, texts
from sluice.core.spec.run_limits import RunLimits
from sluice.core.validation.lookalikes import lookalikes_in
from sluice.core.validation.manifest import ParsedManifest, name_of

_Said = Iterator[tuple[str, Any, Bounds | None]]
"""Path, what stands there, and its bounds, None for a duration."""


def late_numbers(found: ParsedManifest) -> Iterator[Fault]:
    declared = found.raw.get("parameters")
    names = filter(None, map(name_of, declared if isinstance(declared, list) else ()))
    known = {f"params.{name}" for name in names}
    typed = declarations(found.parameters.values()).items()
    given = {f"params.{name}": each.of_run(None) for name, each in typed if each.default is not None}
    defaults = texts(given)
    for path, said, bounds in _of_workflow(found.raw):
        if isinstance(said, str) and is_late(said):
            parts = _parts(said)
            if not parts:
                yield from list(lookalikes_in(path, said)) or [_nothing(path, said)]
            elif unknown := next((each for each in parts if not is_text(each) and each not in known), None):
                problem = f"$({unknown}) is not known before the run starts; only parameters are"
                yield Fault(path, problem, Hint(unknown, known, form="$({})"))
            else:
                yield from _wrong_default(path, said, bounds, parts, defaults)
    for layer, fields in found.layers.items():
        for place, said, bounds in _of_task(fields):
            if isinstance(said, str) and is_late(said):
                parts = _parts(said)
                path = f"{layer}.{place}"
                if not parts and not any(lookalikes_in(path, said)):
                    yield _nothing(path, said)
                yield from _wrong_default(path, said, bounds, parts, defaults)


def limit_faults(workflow: WorkflowSettings, run: WorkflowRunSpec, values: Mapping[str, Any]) -> list[Fault]:
    """Of a run that is about to start: `values` are the typed values of its parameters."""
    try:
        RunLimits.of(workflow, run, {f"params.{name}": text for name, text in texts(values).items()})
    except BadNumber as error:
        return [Fault("spec.arguments", str(error))]
    return []


def _parts(said: str) -> list[str]:
    """Of a placeholder; empty if it is none of ours."""
    return [part for _, words in placeholders_in(said, "") for part in parts_of(words)]


def _nothing(path: str, said: str) -> Fault:
    return Fault(path, f"{said} stands for nothing; write for example $(params.NAME)")


def _wrong_default(path: str, said: str, bounds: Bounds | None, parts: list[str], defaults: Values) -> Iterator[Fault]:
    """A run without arguments would fail for it."""
    if not parts or any(part not in defaults for part in parts if not is_text(part)):
        return
    field, known = path.rpartition(".")[2], partial(fill, values=defaults)
    try:
        if bounds is None:
            duration_s(field, said, known)
        else:
            whole_number(field, said, bounds, known)
    except BadNumber as error:
        yield Fault(path, f"in a run without arguments, {error}")


def _of_workflow(spec: Json) -> _Said:
    yield "spec.parallelism", spec.get("parallelism"), PODS
    yield "spec.timeout", spec.get("timeout"), None


def _of_task(fields: Json) -> _Said:
    """Of a task, or of the defaults."""
    for_each = mapping(fields.get("forEach"))
    span = mapping(for_each.get("range"))
    yield "timeout", fields.get("timeout"), None
    yield "deadline", fields.get("deadline"), None
    yield "retries.limit", mapping(fields.get("retries")).get("limit"), RETRIES
    yield "forEach.parallelism", for_each.get("parallelism"), ITEMS
    yield "forEach.range.start", span.get("start"), RANGE
    yield "forEach.range.end", span.get("end"), RANGE
    for number, pool in enumerate(mappings(fields.get("pools"))):
        yield f"pools[{number}].slots", pool.get("slots"), SLOTS
