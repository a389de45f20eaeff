"""`sluice run FILE`: what is in the file, and what of it is run.

A Workflow with `trigger: OnChange`, no schedule and no `after` makes a run of its own as soon as what it does has
changed; then that one is meant, and no second one is made.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sluice.api import API_VERSION
from sluice.cli.lint import files
from sluice.cli.lint.check import check, without_nulls
from sluice.cli.lint.source import YamlDocument
from sluice.client.errors import ClientError, NotFound
from sluice.client.resources import BACKFILLS, OURS, POOLS, RUNS, WORKFLOWS, Resource
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import change_of, graph_of, run_name
from sluice.core.base.text import first_names
from sluice.core.quota.calls import called_by

if TYPE_CHECKING:
    from sluice.client.api import Client  # files are read without what it needs

_SHOWN = 5
_ORDER = (POOLS, WORKFLOWS, RUNS, BACKFILLS)


class BadFile(ClientError):
    """A file that cannot be run. The message has all faults, each with its line."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a file."""

    resource: Resource
    body: Json

    @property
    def name(self) -> str:
        return str(self.body["metadata"].get("name", ""))

    @property
    def title(self) -> str:
        """Its name, or how that will begin."""
        return self.name or f"{self.body['metadata'].get('generateName', '')}…"


def read(name: str, *, chart_has_image: bool) -> list[Manifest]:
    """The objects of our kinds, in the order in which they are to be applied. A Python file is rendered.

    Raises BadFile.
    """
    source = files.read(name)
    report = check([source], chart_has_image=chart_has_image, warnings=False)
    if faults := [f"{source.name}:{each}" for each in report.findings[source.name]]:
        raise BadFile("\n".join(faults))
    kinds = {resource.kind: resource for resource in OURS}
    documents = [without_nulls(document.value) for document in source.documents if isinstance(document, YamlDocument)]
    ours = [body for each in documents for body in _objects(each) if body.get("apiVersion") == API_VERSION]
    if not ours:
        raise BadFile(f"{name}: there is no Workflow in this file")
    found = [Manifest(kinds[body["kind"]], body) for body in ours]
    return sorted(found, key=lambda manifest: _ORDER.index(manifest.resource))


def _objects(document: Any) -> Iterator[Json]:
    """That of a document, or the items of a List."""
    whole = foreign.mapping(document)
    is_list = foreign.string(whole.get("kind")).endswith("List") and isinstance(whole.get("items"), list)
    yield from foreign.mappings(whole["items"]) if is_list else (whole,)


def check_names(file: str, manifests: Iterable[Manifest]) -> None:
    """Raises BadFile if Workflows, or Pools, of several namespaces have one name: who says it means which of them?"""
    namespaces: dict[str, list[str]] = {}
    for each in manifests:
        if each.resource in (WORKFLOWS, POOLS):
            namespace = foreign.string(each.body["metadata"].get("namespace")) or "none given"
            namespaces.setdefault(f"{each.resource.kind} '{each.name}'", []).append(namespace)
    if found := [f"{what} ({', '.join(where)})" for what, where in namespaces.items() if len(where) > 1]:
        words = "is in this file for several namespaces; take a file for each"
        raise BadFile("\n".join(f"{file}: {each} {words}" for each in found))


def to_run(manifests: Sequence[Manifest], file: str) -> Manifest:
    """The WorkflowRun, else the Workflow that no other of the file calls. Raises BadFile."""
    runs = [each for each in manifests if each.resource is RUNS]
    workflows = [each for each in manifests if each.resource is WORKFLOWS]
    called = {name for each in workflows for name in called_by(each.body["spec"])}
    candidates = runs or [each for each in workflows if each.name not in called]
    if len(candidates) != 1:
        names = first_names((each.name for each in candidates), len(candidates), _SHOWN) or "none"
        raise BadFile(
            f"{file}: which one is to be run? ({names}) Apply the file with kubectl apply --server-side -f {file}, "
            "then: sluice run WORKFLOW"
        )
    return candidates[0]


async def current(client: "Client", manifest: Manifest) -> Json | None:
    """The object as the cluster has it."""
    try:
        return await client.get(manifest.resource, manifest.name)
    except NotFound:
        return None


def own_run(before: Json | None, applied: Json) -> str | None:
    """The name of the run that the Workflow makes by itself because it was applied; None if it makes none."""
    spec = applied["spec"]
    if spec.get("trigger") == "Manual" or spec.get("schedule") or spec.get("after"):
        return None
    last = ((before or {}).get("status") or {}).get("lastRun") or {}
    if last.get("change") == change_of(graph_of(spec)):
        return None
    metadata = applied["metadata"]
    return run_name(metadata["name"], metadata["uid"], metadata["generation"])
