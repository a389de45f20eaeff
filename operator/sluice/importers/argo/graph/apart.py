"""Which templates become Workflows of their own: what a graph of ours cannot say of a part of itself."""

import re
from collections.abc import Iterable, Mapping

from sluice.importers.argo.documents.library import Library, Missing, Template
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.graph.hooks import hooks_of
from sluice.importers.argo.loops.loop import LOOPS

_HANDLES = re.compile(r"\.(Failed|Errored|Omitted|AnySucceeded|AllFailed)|\|\||!")
_PAIRED_AT_MOST = 50
_LIMITS = ("parallelism", "synchronization", "retryStrategy", "timeout", "activeDeadlineSeconds")


def why(
    template: Template,
    call: Map,
    *,
    looped: bool,
    library: Library,
    around: tuple[tuple[int, int], ...],
    drains: bool,
    observed: bool,
    gated: bool,
) -> str:
    """Why a `steps` or `dag` template that is called cannot stand in the caller's graph; empty if it can.

    `around` are the templates that the call stands in. `observed`: others ask how it ended. `gated`: it may be
    left out.
    """
    if template.kind not in ("steps", "dag"):
        return ""
    if template.key in around:
        return "it calls itself"
    if looped:
        return "it runs once for each item"
    if limit := next((key for key in _LIMITS if template.body.get(key)), ""):
        return f"it has a {limit} of its own"
    if observed or call.map("continueOn"):
        return "others ask how it ended as a whole"
    if gated and any(_HANDLES.search(each.text("depends")) or hooks_of(each) for each in template.calls):
        return "it may be left out, and has tasks that run after a failure"
    if _says_what_a_failure_does(template) and fails_fast(template) != drains and not _in_step(template):
        return "it goes on after a failure, and what is around it does not, or the other way round"
    if _reaches(template, template.key, library, set()):
        return "it calls itself"
    return ""


def fails_fast(template: Template) -> bool:
    """Does nothing begin any more once a task has failed? A DAG says if not, steps say if so."""
    if template.kind == "dag":
        return template.body.map("dag").get("failFast") is not False
    return template.kind == "steps" and template.body.get("failFast") is True


def _says_what_a_failure_does(template: Template) -> bool:
    return template.kind == "dag" or fails_fast(template)


def dependencies(tasks: Iterable[Map]) -> Mapping[str, list[str]]:
    """By task, those that it names, in order."""
    found: dict[str, list[str]] = {}
    for task in tasks:
        said = task.get("dependencies")
        named = [str(each) for each in said] if isinstance(said, list) else []
        named += re.findall(r"(?<![\w.-])[\w-]+", task.text("depends"))
        found[task.text("name")] = list(dict.fromkeys(named))
    return found


def one_loop_at_a_time(template: Template) -> bool:
    """Are these steps of which each is a loop? Then a limit of the template's is one of the loops."""
    layers = template.layers
    return bool(layers) and all(len(layer) == 1 and any(key in layer[0] for key in LOOPS) for layer in layers)


def _in_step(template: Template) -> bool:
    """Does a failure in this DAG leave nothing that had yet to begin? Any two of its tasks are in order, or start
    together.
    """
    direct = dependencies(template.calls)
    before: dict[str, set[str]] = {}
    for _ in direct:
        before = {
            name: set(names).union(*(before.get(other, set()) for other in names)) for name, names in direct.items()
        }
    names = list(direct)
    return len(names) <= _PAIRED_AT_MOST and all(
        one in before[two] or two in before[one] or set(direct[one]) == set(direct[two])
        for place, one in enumerate(names)
        for two in names[place + 1 :]
    )


def _reaches(template: Template, wanted_: tuple[int, int], library: Library, seen: set[tuple[int, int]]) -> bool:
    for call in template.calls:
        try:
            called = library.template(call, template.document)
        except Missing:
            continue
        if called.key == wanted_:
            return True
        if called.key not in seen:
            seen.add(called.key)
            if _reaches(called, wanted_, library, seen):
                return True
    return False
