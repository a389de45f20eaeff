"""Texts in, Workflows of ours and losses out.

Documents are read first, all of them, so that they can refer to each other; then each becomes what `workflows.py` makes
of it. What one refuses does not stop the others.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sluice.importers.argo.documents.library import Document, Library, Missing, Template
from sluice.importers.argo.documents.source import Map, UnreadableFile, documents
from sluice.importers.argo.documents.text import UnknownTag
from sluice.importers.argo.expressions.tree import Untranslatable
from sluice.importers.argo.graph.draft import DocumentRefused
from sluice.importers.argo.unread import NOTES
from sluice.importers.argo.workflow.locks import LockPools
from sluice.importers.argo.workflow.writer import WorkflowWriter
from sluice.importers.report import Imported, Remark, Result


@dataclass(frozen=True, slots=True)
class ArgoFile:
    """A file's name and its text."""

    name: str
    text: str


_HELM = re.compile(
    r"\{\{-?\s*(?:\.(?:Values|Release|Chart)\b|include \"|template \"|toYaml |if |range |with |end\s*-?\}\})"
)
_KUBEFLOW = "pipelines.kubeflow.org/"


def translate(sources: Iterable[ArgoFile], *, each: bool = False) -> Result:
    """`each`: a template of a library, which no entrypoint names, becomes a Workflow of its own."""
    result, library = Result(), Library()
    for source in sources:
        _read(source, library, result)
    pools, names = LockPools(), set[str]()
    for document in library.documents:
        try:
            result.objects += _written(document, library, pools, names, result, each=each)
        except DocumentRefused as error:
            result.refused.append(Remark(error.file, error.line, str(error)))
        except Missing as error:
            line = document.spec.line_of(
                "workflowTemplateRef" if "workflowTemplateRef" in document.spec else "entrypoint"
            )
            result.refused.append(Remark(document.file, line, f"names {error}, which is not among the files"))
        except (UnknownTag, Untranslatable, ValueError) as error:
            result.refused.append(Remark(document.file, document.manifest.line, f"has what is not understood: {error}"))
        except RecursionError:
            result.refused.append(Remark(document.file, document.manifest.line, "its templates are nested too deep"))
    result.objects = [Imported(pool) for _, pool in sorted(pools.made.items())] + result.objects
    return result


def _read(source: ArgoFile, library: Library, result: Result) -> None:
    if found := _HELM.search(source.text):
        line = source.text.count("\n", 0, found.start()) + 1
        words = "is a template of Helm's; render it first: helm template ... | sluice import argo -"
        result.refused.append(Remark(source.name, line, words))
        return
    try:
        for other in library.add(source.name, documents(source.text)):
            what = other.text("kind") or "a document without a kind"
            result.notes.append(Remark(source.name, other.line, f"{what} is none of Argo's workflows, and is left out"))
    except UnreadableFile as error:
        result.refused.append(Remark(source.name, error.line, str(error)))


def _written(
    document: Document, library: Library, pools: LockPools, names: set[str], result: Result, *, each: bool
) -> Iterator[Imported]:
    metadata = document.manifest.map("metadata")
    if any(key.startswith(_KUBEFLOW) for kind in ("labels", "annotations") for key in metadata.map(kind)):
        words = "was compiled by Kubeflow Pipelines, whose launchers need its services; write the pipeline anew"
        raise DocumentRefused(document.file, document.manifest.line, words)
    for holder in (document.spec, document.manifest.map("spec"), *document.spec.maps("templates")):
        for key in (key for key in holder if key in NOTES):
            note = Remark(document.file, holder.line_of(key), f"{key}: {NOTES[key]}")
            if note not in result.notes:
                result.notes.append(note)
    writer_of = document.spec
    if not writer_of.text("entrypoint") and "workflowTemplateRef" not in writer_of:
        if document.kind in ("Workflow", "CronWorkflow"):
            raise DocumentRefused(document.file, writer_of.line, "has no entrypoint")
        words = "has no entrypoint, so it is a library for the others; --each makes a Workflow of each template"
        result.notes.append(Remark(document.file, document.manifest.line, words))
        for body in writer_of.maps("templates") if each else ():
            yield from WorkflowWriter(_named(document, body), library, pools, names).write_alone(
                Template(document, body)
            )
        return
    yield from WorkflowWriter(document, library, pools, names).write()


def _named(document: Document, body: Map) -> Document:
    """The document by the name of one of its templates."""
    metadata = Map({**document.manifest.map("metadata"), "name": f"{document.name}-{body.text('name')}"})
    metadata.line, metadata.lines = document.manifest.line, {}
    manifest = Map({**document.manifest, "metadata": metadata})
    manifest.line, manifest.lines = document.manifest.line, document.manifest.lines
    return Document(document.file, manifest)
