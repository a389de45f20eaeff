"""What is wrong with the objects of our kinds among some documents. The judgement is `core.validation`'s."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from sluice.api import API_VERSION, GROUP
from sluice.api.workflow import WorkflowSettings
from sluice.cli.lint.pools import unmet_claims
from sluice.cli.lint.source import Document, Finding
from sluice.core import Json
from sluice.core.base.errors import Fault
from sluice.core.validation import backfill_faults, pool_faults, run_faults, workflow_faults, workflow_warnings

_KINDS = ("Workflow", "WorkflowRun", "Pool", "Backfill")


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and what could be read of it."""

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
    """A Kubernetes object in a file. `prefix` is where it stands in its document: `items[0].` in a List."""

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
        """Is it meant for Sluice? Other groups have a kind Workflow too."""
        return self.group == GROUP or ("apiVersion" not in self.manifest and self.kind in _KINDS)

    @property
    def metadata(self) -> Json:
        metadata = self.manifest.get("metadata")
        return metadata if isinstance(metadata, dict) else {}


def check(sources: Iterable[Source], *, chart_has_image: bool = False) -> Report:
    """With `chart_has_image` the operator that the manifests are for has a default image for tasks."""
    report = Report()
    objects: list[_Object] = []
    for source in sources:
        report.findings[source.name], report.warnings[source.name] = [], []
        for document in source.documents:
            if isinstance(document, Finding):
                report.findings[source.name].append(document)
                continue
            found = list(_objects(source.name, document))
            if any(each.ours for each in found):
                report.findings[source.name] += document.findings
            objects += found
    for each in objects:
        if not each.ours:
            report.ignored[".".join(filter(None, (each.kind, each.group))) or "no kind"] += 1
        else:
            report.checked[each.kind] += 1
            faults = list(_faults(each, objects, chart_has_image=chart_has_image))
            report.findings[each.file] += (each.document.at(fault, each.prefix) for fault in faults)
            if each.kind == "Workflow" and not faults:
                warnings = [*workflow_warnings(each.manifest), *unmet_claims(each.manifest, _pools(each, objects))]
                report.warnings[each.file] += (each.document.at(warning, each.prefix) for warning in warnings)
    for findings in (*report.findings.values(), *report.warnings.values()):
        findings.sort()
    return report


def _objects(file: str, document: Document) -> Iterator[_Object]:
    """A null counts as absent, as it does for kubectl."""
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
    word = manifest.get(field)
    return word if isinstance(word, str) else ""


def _faults(found: _Object, among: Iterable[_Object], *, chart_has_image: bool) -> Iterator[Fault]:
    kind_faults = list(_kind_faults(found.manifest))
    yield from kind_faults
    yield from _metadata_faults(found.manifest)
    if kind_faults:
        return
    if found.kind == "Workflow":
        manifest = found.manifest | {"metadata": _readable(found.metadata)}
        yield from workflow_faults(manifest, chart_has_image=chart_has_image)
    elif found.kind == "Pool":
        yield from pool_faults(found.manifest)
    elif found.kind == "Backfill":
        yield from backfill_faults(found.manifest, _sound_workflow_of(found, among))
    else:
        yield from _run_faults(found, [other for other in among if other.ours and other.kind == "Workflow"])


def _kind_faults(manifest: Json) -> Iterator[Fault]:
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if version != API_VERSION:
        words = "is required" if version is None else f"'{version}' is not known here"
        yield Fault("apiVersion", f"{words}; write {API_VERSION}")
    if kind not in _KINDS:
        close = get_close_matches(str(kind), _KINDS, n=1)
        words = "is required" if kind is None else f"{API_VERSION} has no kind '{kind}'"
        yield Fault("kind", f"{words}; did you mean '{close[0]}'?" if close else words)


def _metadata_faults(manifest: Json) -> Iterator[Fault]:
    metadata = manifest.get("metadata", {})
    if not isinstance(metadata, dict):
        yield Fault("metadata", "must be a map")
    elif "name" not in metadata and "generateName" not in metadata:
        yield Fault("metadata.name", "is required")
    elif not isinstance(metadata.get("name", ""), str):
        yield Fault("metadata.name", "must be a string; put it in quotes")


def _readable(metadata: Json) -> Json:
    return {"name": metadata["name"]} if isinstance(metadata.get("name"), str) else {}


def _run_faults(run: _Object, workflows: Iterable[_Object]) -> Iterator[Fault]:
    spec = run.manifest.get("spec")
    if not isinstance(spec, dict):
        yield Fault("spec", "is required; it needs at least `workflow`")
        return
    given = spec.get("parameters")
    unjudged = {name: "" for name in given if isinstance(name, str)} if isinstance(given, dict) else {}
    own = (workflow for workflow in workflows if _names(spec.get("workflow"), run.metadata, workflow.metadata))
    workflow = next(own, None)
    yield from run_faults(spec, unjudged if workflow is None else _parameters(workflow.manifest))


def _sound_workflow_of(backfill: _Object, among: Iterable[_Object]) -> WorkflowSettings | None:
    """What its Workflow says, if that is among the files and has no faults."""
    spec = backfill.manifest.get("spec")
    name = spec.get("workflow") if isinstance(spec, dict) else None
    for other in among:
        if other.ours and other.kind == "Workflow" and _names(name, backfill.metadata, other.metadata):
            sound = not workflow_faults(other.manifest | {"metadata": _readable(other.metadata)})
            return WorkflowSettings.read(other.manifest["spec"]) if sound else None
    return None


def _pools(workflow: _Object, among: Iterable[_Object]) -> dict[str, Any]:
    """The slots of the Pools that the Workflow could mean, as they stand there."""
    found = (other for other in among if other.ours and other.kind == "Pool")
    return {
        name: other.manifest["spec"].get("slots")
        for other in found
        if isinstance(name := other.metadata.get("name"), str)
        and isinstance(other.manifest.get("spec"), dict)
        and _names(name, workflow.metadata, other.metadata)
    }


def _names(name: Any, run: Json, workflow: Json) -> bool:
    """Is this the object that another one means? An object without a namespace goes where the others go."""
    namespaces = {each["namespace"] for each in (run, workflow) if isinstance(each.get("namespace"), str)}
    return bool(name) and workflow.get("name") == name and len(namespaces) <= 1


def _parameters(workflow: Json) -> Mapping[str, str | None]:
    """Parameters and defaults, as far as they can be read; what cannot is a fault of the Workflow."""
    spec = workflow.get("spec")
    parameters = spec.get("parameters") if isinstance(spec, dict) else None
    return {
        parameter["name"]: parameter.get("default")
        for parameter in (parameters if isinstance(parameters, list) else ())
        if isinstance(parameter, dict) and isinstance(parameter.get("name"), str)
    }
