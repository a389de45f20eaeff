"""Checks the objects of our kinds among some documents. The rules are in `core.validation`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any

from sluice.api import API_VERSION, GROUP
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.cli.lint.arguments import arguments_of_calls, declared
from sluice.cli.lint.calls import circles_of_calls
from sluice.cli.lint.pools import claims_held_otherwise, unmet_claims
from sluice.cli.lint.scalars import shown
from sluice.cli.lint.source import Finding, YamlDocument
from sluice.core import Json
from sluice.core.base.faults import Fault, listed
from sluice.core.base.foreign import mapping, mappings
from sluice.core.triggers.rerun import rerun_faults
from sluice.core.validation import (
    backfill_faults,
    metadata_faults,
    pool_faults,
    run_faults,
    workflow_faults,
    workflow_warnings,
)
from sluice.core.validation.shape import NOT_A_STRING

_KINDS = ("Workflow", "WorkflowRun", "Pool", "Backfill")
_REFERRED_TO = ("Workflow", "Pool")


@dataclass(frozen=True, slots=True)
class LintedFile:
    """A file: its documents, and a finding for each one that could not be read."""

    name: str
    documents: Sequence[YamlDocument | Finding]


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
    document: YamlDocument
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
        return self.group == GROUP or (self.manifest.get("apiVersion") is None and self.kind in _KINDS)

    @property
    def metadata(self) -> Json:
        return mapping(self.manifest.get("metadata"))

    @property
    def place(self) -> str:
        """Of its name."""
        return f"{self.file}:{self.document.line(f'{self.prefix}metadata.name')}"


def check(sources: Iterable[LintedFile], *, chart_has_image: bool = False, warnings: bool = True) -> Report:
    """Check all objects, each against those it refers to. `chart_has_image`: the chart sets a default task image.

    Without `warnings` none are looked for, which takes half as long.
    """
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
                report.findings[source.name] += [*document.findings, *document.twice]
            objects += in_document
    there = _Objects.of(objects)
    workflows = {number: item for number, item in enumerate(objects) if item.ours and item.kind == "Workflow"}
    taken = _names_taken(objects)
    circles = circles_of_calls({number: item.manifest for number, item in workflows.items()})
    for number, item in enumerate(objects):
        if not item.ours:
            report.ignored[".".join(filter(None, (item.kind, item.group))) or "no kind"] += 1
        else:
            report.checked[item.kind] += 1
            faults = list(_faults(item, there, chart_has_image=chart_has_image))
            pools = there.pools(item.metadata) if number in workflows and not faults else {}
            if number in workflows and not faults:
                faults += claims_held_otherwise(item.manifest, pools)
                faults += [circles[number]] if number in circles else []
                faults += arguments_of_calls(item.manifest, there.called(item.metadata))
            faults += [taken[number]] if number in taken else []
            report.findings[item.file] += _findings(item, faults)
            if warnings and not faults:
                found = list(listed(_misread(item)))
                if number in workflows:
                    found += [*workflow_warnings(item.manifest), *unmet_claims(item.manifest, pools)]
                report.warnings[item.file] += (item.document.at(warning, item.prefix) for warning in found)
    for findings in (*report.findings.values(), *report.warnings.values()):
        findings.sort()
    return report


def _findings(item: _Object, faults: Iterable[Fault]) -> Iterator[Finding]:
    """The faults with their lines, and with what kubectl read where it should be a string."""
    known = {finding.path for finding in item.document.findings}
    for fault in faults:
        found = item.document.at(fault, item.prefix)
        misread = next(item.document.misread(found.path), None) if fault.message == NOT_A_STRING else None
        if misread is not None and misread.path == found.path:
            yield replace(found, message=f"must be a string, and {misread}")
        elif found.path not in known:
            yield found


def _misread(item: _Object) -> Iterator[Fault]:
    """Warnings of values that arrive as something else than what is written. The object must have no faults."""
    for path in _values(item.manifest["spec"]):
        for found in item.document.misread(f"{item.prefix}{path}"):
            if not found.arrives:
                meant = shown(found.value)
                yield Fault(found.path.removeprefix(item.prefix), f"{found}, or {meant} if that is meant")


def _values(spec: Json) -> Iterator[str]:
    """The paths of the values that may be of any type: arguments, what parameters can be, and items."""
    yield "spec.arguments"
    for number in range(len(spec.get("parameters", ()))):
        yield from (f"spec.parameters[{number}].{part}" for part in ("default", "enum"))
    for number, task in enumerate(spec.get("tasks", ())):
        parts = ("forEach.items", "forEach.matrix", "forEach.exclude") if "forEach" in task else ()
        yield from (f"spec.tasks[{number}].{part}" for part in (*parts, "workflow.arguments", "function.arguments"))


def _objects(file: str, document: YamlDocument) -> Iterator[_Object]:
    """The document's object, or the items of a List."""
    manifest = document.value if isinstance(document.value, dict) else {}
    items = manifest.get("items")
    if str(manifest.get("kind")).endswith("List") and isinstance(items, list):
        for number, item in enumerate(items):
            if isinstance(item, dict):
                yield _read(_Object(file, document, item, f"items[{number}]."))
    else:
        yield _read(_Object(file, document, manifest))


def _read(item: _Object) -> _Object:
    """One of ours without its nulls, as kubectl takes them for absent. Others stay as they are: they may be large."""
    return replace(item, manifest=without_nulls(item.manifest)) if item.ours else item


def without_nulls(node: Any) -> Any:
    """As the API server stores it: a field that is null is not there."""
    if isinstance(node, dict):
        return {key: without_nulls(value) for key, value in node.items() if value is not None}
    return [without_nulls(item) for item in node] if isinstance(node, list) else node


def _word(manifest: Json, field: str) -> str:
    value = manifest.get(field)
    return value if isinstance(value, str) else ""


def _faults(item: _Object, there: "_Objects", *, chart_has_image: bool) -> Iterator[Fault]:
    kind_faults = list(_kind_faults(item.manifest))
    yield from kind_faults
    yield from _unnamed(item)
    if kind_faults or item.kind != "Workflow":
        yield from metadata_faults(item.kind, item.manifest.get("metadata", {}))
    if kind_faults:
        return
    if item.kind == "Workflow":
        yield from workflow_faults(item.manifest, chart_has_image=chart_has_image)
    elif item.kind == "Pool":
        yield from pool_faults(item.manifest)
    elif item.kind == "Backfill":
        yield from backfill_faults(item.manifest, there.settings(item))
    else:
        yield from _run_faults(item, there)


def _kind_faults(manifest: Json) -> Iterator[Fault]:
    version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if version != API_VERSION:
        problem = "is required" if version is None else f"'{version}' is not known here"
        yield Fault("apiVersion", f"{problem}; write {API_VERSION}")
    if kind not in _KINDS:
        close = get_close_matches(str(kind), _KINDS, n=1)
        problem = "is required" if kind is None else f"{API_VERSION} has no kind '{kind}'"
        yield Fault("kind", f"{problem}; did you mean '{close[0]}'?" if close else problem)


def _unnamed(item: _Object) -> Iterator[Fault]:
    if "name" in item.metadata or not isinstance(item.manifest.get("metadata", {}), dict):
        return
    if "generateName" not in item.metadata:
        yield Fault("metadata.name", "is required")
    elif item.kind in _REFERRED_TO:
        words = f"is required, as others refer to a {item.kind} by it; write `name` in place of `generateName`"
        yield Fault("metadata.name", words)


def _names_taken(objects: Iterable[_Object]) -> dict[int, Fault]:
    """By number, a fault of each object whose name another of its kind had before, in the same namespace. Without one
    they must be in the same folder: `dev` and `prod` may be meant for two.
    """
    first: dict[tuple[str, str | PurePath, str], _Object] = {}
    taken: dict[int, Fault] = {}
    for number, item in enumerate(objects):
        name, namespace = item.metadata.get("name"), item.metadata.get("namespace")
        if not item.ours or not isinstance(name, str):
            continue
        where = namespace if isinstance(namespace, str) else PurePath(item.file).parent
        before = first.setdefault((item.kind, where, name), item)
        if before is not item:
            words = f"{item.kind} '{name}' is in {before.place} already; rename one, or remove it"
            taken[number] = Fault("metadata.name", words)
    return taken


def _run_faults(run: _Object, there: "_Objects") -> Iterator[Fault]:
    spec = run.manifest.get("spec")
    if not isinstance(spec, dict):
        yield Fault("spec", "is required; it needs at least `workflow`")
        return
    workflow = there.workflow(spec.get("workflow"), run.metadata)
    found = run_faults(spec, None if workflow is None else declared(workflow.manifest))
    yield from found
    if workflow is not None and not found and (asked := WorkflowRunSpec.model_validate(spec).resume_from) is not None:
        yield from listed(rerun_faults(asked, _fan_outs(workflow.manifest), {}))


@dataclass(frozen=True, slots=True)
class _Objects:
    """The Workflows and Pools among the files, for those that refer to them by name."""

    workflows: Mapping[str, Sequence[_Object]]
    pools_by_name: Mapping[str, Sequence[_Object]]
    _settings: dict[int, WorkflowSettings | None] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Iterable[_Object]) -> "_Objects":
        found: dict[str, dict[str, list[_Object]]] = {"Workflow": {}, "Pool": {}}
        for item in objects:
            if item.ours and item.kind in found and isinstance(name := item.metadata.get("name"), str):
                found[item.kind].setdefault(name, []).append(item)
        return cls(found["Workflow"], found["Pool"])

    def workflow(self, name: Any, source: Json) -> _Object | None:
        """The one that `name` refers to, in an object with the metadata `source`."""
        named = self.workflows.get(name, ()) if isinstance(name, str) else ()
        return next((workflow for workflow in named if _same_namespace(source, workflow.metadata)), None)

    def called(self, source: Json) -> Callable[[str], Json | None]:
        """Finds the manifest of a Workflow by the name that a task of another calls it, whose metadata is `source`."""

        def find(name: str) -> Json | None:
            found = self.workflow(name, source)
            return None if found is None else found.manifest

        return find

    def settings(self, backfill: _Object) -> WorkflowSettings | None:
        """Those of its Workflow, if that is among the files and has no faults."""
        spec = backfill.manifest.get("spec")
        workflow = self.workflow(spec.get("workflow"), backfill.metadata) if isinstance(spec, dict) else None
        if workflow is None:
            return None
        if id(workflow) not in self._settings:
            faults = workflow_faults(workflow.manifest)
            read = None if faults else WorkflowSettings.read(workflow.manifest["spec"])
            self._settings[id(workflow)] = read
        return self._settings[id(workflow)]

    def pools(self, source: Json) -> dict[str, Json]:
        """The unvalidated spec of each Pool that may be in the namespace of a Workflow with this metadata, by name."""
        return {
            name: pool.manifest["spec"]
            for name, pools in self.pools_by_name.items()
            for pool in pools
            if isinstance(pool.manifest.get("spec"), dict) and _same_namespace(source, pool.metadata)
        }


def _same_namespace(source: Json, target: Json) -> bool:
    """May both be in one namespace? An object without one could be applied to any."""
    namespaces = {metadata["namespace"] for metadata in (source, target) if isinstance(metadata.get("namespace"), str)}
    return len(namespaces) <= 1


def _fan_outs(workflow: Json) -> Mapping[str, bool]:
    """Of each readable task, whether it is a fan-out."""
    tasks = mappings(mapping(workflow.get("spec")).get("tasks"))
    return {name: "forEach" in task for task in tasks if isinstance(name := task.get("name"), str)}
