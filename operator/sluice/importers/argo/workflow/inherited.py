"""What a template that stands apart reads of the whole workflow: each value comes by a parameter of its own."""

import re
from collections.abc import Iterator, Mapping

from sluice.importers.argo.documents.library import Library, Missing, Template
from sluice.importers.argo.documents.names import free, parameter_name
from sluice.importers.argo.documents.text import Text

STATUS = "workflow-status"
"""The parameter by which a Workflow that stands apart knows how the run that calls it has ended."""

_READS = re.compile(r"\{\{=?[^}]*?workflow\.(parameters\.[\w-]+|status|outputs\.parameters\.[\w-]+)")


def inherited(template: Template, library: Library, workflow: Mapping[str, Text]) -> dict[str, str]:
    """What a template and those that it calls read of the whole workflow, each with a parameter for it."""
    own = {parameter_name(each.text("name")) for each in template.body.map("inputs").maps("parameters")}
    found: dict[str, str] = {}
    for key in dict.fromkeys(_read(template, library, set())):
        if key == "status" or key in workflow:
            name = STATUS if key == "status" else parameter_name(key.rpartition(".")[2])
            found[key] = free(name, own | set(found.values()))
    return found


def _read(template: Template, library: Library, seen: set[tuple[int, int]]) -> Iterator[str]:
    if template.key in seen:
        return
    seen.add(template.key)
    yield from (read[1] for read in _READS.finditer(repr(template.body)))
    for call in template.calls:
        try:
            yield from _read(library.template(call, template.document), library, seen)
        except Missing:
            continue
