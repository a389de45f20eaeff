"""All documents of one import, and the templates that they name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sluice.importers.argo.documents.source import Map

KINDS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")
LEAVES = ("container", "script", "containerSet", "suspend")
REFUSED = ("resource", "http", "plugin", "data")


class Missing(Exception):
    """A template that is not among the files."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `spec` is that of its workflow, of a CronWorkflow the `workflowSpec`."""

    file: str
    manifest: Map

    @property
    def kind(self) -> str:
        return self.manifest.text("kind")

    @property
    def name(self) -> str:
        metadata = self.manifest.map("metadata")
        return metadata.text("name") or metadata.text("generateName").rstrip("-") or self.kind.lower()

    @property
    def spec(self) -> Map:
        spec = self.manifest.map("spec")
        return spec.map("workflowSpec") if self.kind == "CronWorkflow" else spec


@dataclass(frozen=True, slots=True)
class Template:
    """A template, and the document that it stands in, whose templates it calls by name."""

    document: Document
    body: Map

    @property
    def name(self) -> str:
        return self.body.text("name")

    @property
    def key(self) -> tuple[int, int]:
        return id(self.document.manifest), id(self.body)

    @property
    def kind(self) -> str:
        kinds = ("steps", "dag", *LEAVES, *REFUSED)
        return next((kind for kind in kinds if kind in self.body), "")

    @property
    def calls(self) -> list[Map]:
        """The steps or tasks."""
        if self.kind == "dag":
            return self.body.map("dag").maps("tasks")
        return [step for layer in self.layers for step in layer]

    @property
    def layers(self) -> list[list[Map]]:
        layers = self.body.get("steps")
        return [_steps(layer) for layer in layers] if isinstance(layers, list) else []


def _steps(layer: object) -> list[Map]:
    if isinstance(layer, Map):
        return layer.maps("steps") if "steps" in layer else [layer]
    return [step for step in layer if isinstance(step, Map)] if isinstance(layer, list) else []


@dataclass(slots=True)
class Library:
    """Documents of Argo's kinds, and the ConfigMaps among the files."""

    documents: list[Document] = field(default_factory=list)
    config_maps: dict[str, Map] = field(default_factory=dict)
    _completed: dict[int, Map] = field(default_factory=dict)

    def add(self, file: str, manifests: Iterable[Map]) -> Iterator[Map]:
        """Yields those that are of no kind that it knows."""
        for manifest in manifests:
            if manifest.text("apiVersion").startswith("argoproj.io/") and manifest.text("kind") in KINDS:
                self.documents.append(Document(file, manifest))
            elif manifest.text("kind") == "ConfigMap":
                self.config_maps[manifest.map("metadata").text("name")] = manifest.map("data")
            else:
                yield manifest

    def template(self, call: Map, document: Document) -> Template:
        """What a step or task calls, seen from a document. Raises Missing."""
        if isinstance(call.get("inline"), Map):
            return Template(document, call.map("inline"))
        if isinstance(reference := call.get("templateRef"), Map):
            return self._referred(reference)
        return self.named(call.text("template"), document)

    def named(self, name: str, document: Document) -> Template:
        """Raises Missing."""
        for holder in filter(None, (document, self.base(document))):
            for body in holder.spec.maps("templates"):
                if body.text("name") == name:
                    return Template(holder, self._with_defaults(body, holder.spec.map("templateDefaults")))
        raise Missing(f"the template '{name}'")

    def _with_defaults(self, body: Map, defaults: Map) -> Map:
        """With what `templateDefaults` say of all templates. The same map each time, as it tells templates apart."""
        if not defaults:
            return body
        if id(body) not in self._completed:
            made = Map({key: value for key, value in defaults.items() if key not in LEAVES} | body)
            made.line, made.lines = body.line, {**defaults.lines, **body.lines}
            for kind in LEAVES:
                if isinstance(own := body.get(kind), Map) and isinstance(said := defaults.get(kind), Map):
                    made[kind] = inner = Map({**said, **own})
                    inner.line, inner.lines = own.line, {**said.lines, **own.lines}
            self._completed[id(body)] = made
        return self._completed[id(body)]

    def base(self, document: Document) -> Document | None:
        """The WorkflowTemplate that the document takes its spec from. Raises Missing."""
        reference = document.spec.get("workflowTemplateRef")
        if not isinstance(reference, Map):
            return None
        kind = _kind_of(reference)
        found = self._document(kind, reference.text("name"))
        if found is None:
            raise Missing(f"the {kind} '{reference.text('name')}'")
        return found

    def _referred(self, reference: Map) -> Template:
        kind, name = _kind_of(reference), reference.text("name")
        found = self._document(kind, name)
        if found is None:
            raise Missing(f"the {kind} '{name}'")
        try:
            return self.named(reference.text("template"), found)
        except Missing as error:
            raise Missing(f"{error} of the {kind} '{name}'") from None

    def _document(self, kind: str, name: str) -> Document | None:
        return next((each for each in self.documents if (each.kind, each.name) == (kind, name)), None)


def _kind_of(reference: Map) -> str:
    return "ClusterWorkflowTemplate" if reference.get("clusterScope") is True else "WorkflowTemplate"
