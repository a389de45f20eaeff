"""Checks the objects of our kinds among some documents. The rules are in `core.validation`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from sluice.api import API_VERSION, GROUP
from sluice.api.workflow import WorkflowSettings
from sluice.cli.lint.calls import circles_of_calls
from sluice.cli.lint.pools import claims_held_otherwise, unmet_claims
from sluice.cli.lint.source import Document, Finding
from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.validation import backfill_faults, pool_faults, run_faults, workflow_faults, workflow_warnings

_KINDS = ("Workflow", "WorkflowRun", "Pool", "Backfill")


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its documents, and a finding for each one that could not be read."""

    name: str
    documents: Sequence[Document | Finding]


@dataclass(slots=True)
class Report:
    """`findings` and `warnings` are by file; `checked` and `ignored` count objects by kind."""

    findings: dict[str, list[Finding]] = field(default_factory=dict)
    warnings: dict[str, list[Finding]] = field(default_factory=dict)
    checked: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Object:
    """A Kubernetes object in a file. `prefix` is its path in the document, such as `items[0].` in a List."""

    file: str
    document: Document
    manifest: Json
    prefix: str = ""

    @property
    def kind(self) -> str:
        return _word(self.manifest, "kind")

    @property
    def group(self) -> str:
        group, slash, _ = _word(self.manifest, "apiVersion").partition("/")
        return group if slash else ""

    @property
    def ours(self) -> bool:
        """Whether it is one of Sluice's kinds. Other groups have a kind Workflow too."""
        return self.group == GROUP or ("apiVersion" not in self.manifest and self.kind in _KINDS)

    @property
    def metadata(self) -> Json:
        metadata = self.manifest.get("metadata")
        return metadata if isinstance(metadata, dict) else {}


def check(sources: Iterable[Source], *, chart_has_image: bool = False) -> Report:
    """Check all objects, each against those it refers to. `chart_has_image`: the chart sets a default task image."""
    report = Report()
    objects: list[_Object] = []
    for source in sources:
        report.findings[source.name], report.warnings[source.name] = [], []
        for document in source.documents:
            if isinstance(document, Finding):
                report.findings[source.name].append(document)
                continue
            in_document = list(_objects(source.name, document))
            if any(item.ours for item in in_document):
                report.findings[source.name] += document.findings
            objects += in_document
    ours = {number: item for number, item in enumerate(objects) if item.ours}
    circles = circles_of_calls({number: item.manifest for number, item in ours.items() if item.kind == "Workflow"})
    for number, item in enumerate(objects):
        if not item.ours:
            report.ignored[".".join(filter(None, (item.kind, item.group))) or "no kind"] += 1
        else:
            report.checked[item.kind] += 1
            faults = list(_faults(item, objects, chart_has_image=chart_has_image))
            if item.kind == "Workflow" and not faults:
                faults += claims_held_otherwise(item.manifest, _pools(item, objects))
                faults += [circles[number]] if number in circles else []
            report.findings[item.file] += (item.document.at(fault, item.prefix) for fault in faults)
            if item.kind == "Workflow" and not faults:
                warnings = [*workflow_warnings(item.manifest), *unmet_claims(item.manifest, _pools(item, objects))]
                report.warnings[item.file] += (item.document.at(warning, item.prefix) for warning in warnings)
    for findings in (*report.findings.values(), *report.warnings.values()):
        findings.sort()
    return report


def _objects(file: str, document: Document) -> Iterator[_Object]:
    """The document's object, or the items of a List. Nulls count as absent, as in kubectl."""
    manifest = _without_nulls(document.value) if isinstance(document.value, dict) else {}
    items = manifest.get("items")
    if str(manifest.get("kind")).endswith("List") and isinstance(items, list):
        for number, item in enumerate(items):
            if isinstance(item, dict):
                yield _Object(file, document, item, f"items[{number}].")
    else:
        yield _Object(file, document, manifest)


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    return [_without_nulls(item) for item in node] if isinstance(node, list) else node


def _word(manifest: Json, field: str) -> str:
    value = manifest.get(field)
    return value if isinstance(value, str) else ""


def _faults(item: _Object, objects: Iterable[_Object], *, chart_has_image: bool) -> Iterator[Fault]:
    kind_faults = list(_kind_faults(item.manifest))
    yield from kind_faults
    yield from _metadata_faults(item.manifest)
    if kind_faults:
        return
    if item.kind == "Workflow":
        manifest = item.manifest | {"metadata": _name_only(item.metadata)}
        yield from workflow_faults(manifest, chart_has_image=chart_has_image)
    elif item.kind == "Pool":
        yield from pool_faults(item.manifest)
    elif item.kind == "Backfill":
        yield from backfill_faults(item.manifest, _valid_workflow(item, objects))
    else:
        yield from _run_faults(item, [other for other in objects if other.ours and other.kind == "Workflow"])


def _kind_faults(manifest: Json) -> Iterator[Fault]:
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if version != API_VERSION:
        problem = "is required" if version is None else f"'{version}' is not known here"
        yield Fault("apiVersion", f"{problem}; write {API_VERSION}")
    if kind not in _KINDS:
        close = get_close_matches(str(kind), _KINDS, n=1)
        problem = "is required" if kind is None else f"{API_VERSION} has no kind '{kind}'"
        yield Fault("kind", f"{problem}; did you mean '{close[0]}'?" if close else problem)


def _metadata_faults(manifest: Json) -> Iterator[Fault]:
    metadata = manifest.get("metadata", {})
    if not isinstance(metadata, dict):
        yield Fault("metadata", "must be a map")
    elif "name" not in metadata and "generateName" not in metadata:
        yield Fault("metadata.name", "is required")
    elif not isinstance(metadata.get("name", ""), str):
        yield Fault("metadata.name", "must be a string; put it in quotes")


def _name_only(metadata: Json) -> Json:
    """Metadata for `workflow_faults`, without the parts that `_metadata_faults` has reported."""
    return {"name": metadata["name"]} if isinstance(metadata.get("name"), str) else {}


def _run_faults(run: _Object, workflows: Iterable[_Object]) -> Iterator[Fault]:
    spec = run.manifest.get("spec")
    if not isinstance(spec, dict):
        yield Fault("spec", "is required; it needs at least `workflow`")
        return
    arguments = spec.get("parameters")
    unchecked = {name: "" for name in arguments if isinstance(name, str)} if isinstance(arguments, dict) else {}
    matches = (workflow for workflow in workflows if _refers_to(spec.get("workflow"), run.metadata, workflow.metadata))
    workflow = next(matches, None)
    yield from run_faults(spec, unchecked if workflow is None else _parameters(workflow.manifest))


def _valid_workflow(backfill: _Object, objects: Iterable[_Object]) -> WorkflowSettings | None:
    """The settings of its Workflow, if that is among the files and has no faults."""
    spec = backfill.manifest.get("spec")
    name = spec.get("workflow") if isinstance(spec, dict) else None
    for other in objects:
        if other.ours and other.kind == "Workflow" and _refers_to(name, backfill.metadata, other.metadata):
            faults = workflow_faults(other.manifest | {"metadata": _name_only(other.metadata)})
            return None if faults else WorkflowSettings.read(other.manifest["spec"])
    return None


def _pools(workflow: _Object, objects: Iterable[_Object]) -> dict[str, Json]:
    """The unvalidated spec of each Pool that may be in the Workflow's namespace, by name."""
    pools = (other for other in objects if other.ours and other.kind == "Pool")
    return {
        name: other.manifest["spec"]
        for other in pools
        if isinstance(name := other.metadata.get("name"), str)
        and isinstance(other.manifest.get("spec"), dict)
        and _refers_to(name, workflow.metadata, other.metadata)
    }


def _refers_to(name: Any, source: Json, target: Json) -> bool:
    """Whether `name`, in the object with metadata `source`, refers to the object with metadata `target`.

    An object without a namespace could be applied to any.
    """
    namespaces = {metadata["namespace"] for metadata in (source, target) if isinstance(metadata.get("namespace"), str)}
    return bool(name) and target.get("name") == name and len(namespaces) <= 1


def _parameters(workflow: Json) -> Mapping[str, str | None]:
    """Each readable parameter with its default; unreadable ones are reported as faults of the Workflow."""
    spec = workflow.get("spec")
    parameters = spec.get("parameters") if isinstance(spec, dict) else None
    return {
        parameter["name"]: parameter.get("default")
        for parameter in (parameters if isinstance(parameters, list) else ())
        if isinstance(parameter, dict) and isinstance(parameter.get("name"), str)
    }
