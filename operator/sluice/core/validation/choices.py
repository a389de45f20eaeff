"""Faults of `$(a ?? b ?? 'text')`: how it is spelled, and what can never be used."""

import re
from collections.abc import Iterator

from sluice.core.base.faults import Fault
from sluice.core.graph.placeholders import PART, PLACEHOLDER, UNFILLED, parts_of, placeholders_of, strings_in
from sluice.core.graph.references import references
from sluice.core.spec.definition import Definition
from sluice.core.validation.manifest import ParsedManifest

_BRACKETS = re.compile(r"""(?<!\$)\$\((?P<words>(?>'[^']*'|"[^"]*"|[^()])*)\)""")
_OURS = re.compile(r"\s*(?:params?|inputs|outputs|item|run|tasks?|steps|workflow|context|workspaces)\b")
_ALWAYS = re.compile(r"params\..*|item|run\.(?:name|startedAt|phase|duration)|tasks\.[^.]*\.phase")


def choices(found: ParsedManifest) -> Iterator[Fault]:
    for path, fields in found.layers.items():
        for name, field in fields.items():
            for place, text in strings_in(field, f"{path}.{name}") if name not in UNFILLED else ():
                yield from _misspelled(place, text)
        for place, words in placeholders_of(fields, path):
            if always := next(filter(_ALWAYS.fullmatch, parts_of(words)[:-1]), None):
                why = f"$({always}) always exists, so nothing after it is ever used"
                yield Fault(place, f"{why}; leave that out, or write first what may be absent")


def unused_parts(definition: Definition) -> Iterator[Fault]:
    """Parts after what always exists, as its task must have succeeded: this one waits for it on other grounds, too."""
    allowed_to_fail = {task.name for task in definition.tasks if task.allow_failure}
    for number, task in enumerate(definition.tasks):
        before = {definition.tasks[other].name for other in definition.graph.dependencies[number]}
        certain = before - task.reads.optional - allowed_to_fail if task.run_if == "AllSucceeded" else ()
        for reference in references(task.own, f"spec.tasks[{number}]") if certain else ():
            read = reference.read
            if read.task in certain and read.end != "message" and not reference.last:
                why = f"'{task.name}' waits for the success of '{read.task}' elsewhere, so $({read}) always exists"
                yield Fault(reference.path, f"{why}, and nothing after it is used; leave out the one or the other")


def _misspelled(place: str, text: str) -> Iterator[Fault]:
    for match in _BRACKETS.finditer(text) if "??" in text else ():
        parts = match["words"].split("??")
        if len(parts) > 1 and any(map(_OURS.match, parts)) and not PLACEHOLDER.fullmatch(match[0]):
            form = "write for example $(tasks.a.outputs.k ?? tasks.b.outputs.k ?? 'none')"
            yield Fault(place, f"{match[0]} is no placeholder: {_why([part.strip() for part in parts])}; {form}")


def _why(parts: list[str]) -> str:
    if "" in parts:
        return "a side of ?? is empty"
    odd = next((part for part in parts if not PART.fullmatch(part)), "")
    if odd.startswith('"'):
        return f"a text stands in single quotes, not {odd}"
    if not odd.startswith("'"):
        return f"'{odd}' is neither a value nor a text in single quotes"
    if len(odd) > 1 and odd.endswith("'") and "'" not in odd[1:-1]:
        return f"a text always exists, so {odd} must be the last part"
    return f"a text has one quote at its start and one at its end, and none inside, not {odd}"
