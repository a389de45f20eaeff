"""Values as a scope has them, but what is unknown is told, and stands as `FILL_IN`."""

from sluice.importers.argo.documents.library import Document
from sluice.importers.argo.documents.text import FILL_IN, Resolve, Text, UnknownTag
from sluice.importers.argo.expressions.scope import Scope
from sluice.importers.argo.expressions.tree import Untranslatable, reason
from sluice.importers.argo.graph.draft import DraftGraph

_OTHERWISE = {
    "workflow.failures": "the names of the failed tasks",
    "retries": "the number of the attempt, from 1",
}


def telling(graph: DraftGraph, scope: Scope, document: Document, line: int, task: str = "") -> Resolve:
    def known(words: str, is_expression: bool) -> Text | None:  # noqa: FBT001  # the signature of `text.Resolve`
        what = f"{{{{{'=' if is_expression else ''}{words}}}}}"
        try:
            found = graph.read(lambda seen: seen.resolve(words, is_expression), scope, document, line, what, task)
        except (UnknownTag, Untranslatable) as error:
            because = "" if what == str(error) else f"; {reason(error)}"
            graph.lose(document, line, what, f"{FILL_IN}{because}", task, left=True)
            return (FILL_IN,)
        if words in _OTHERWISE:
            graph.lose(document, line, what, _OTHERWISE[words], task)
        return found

    return known
