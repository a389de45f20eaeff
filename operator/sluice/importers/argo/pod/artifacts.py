"""Artifacts: files and folders that go in and out of a task.

Those of a run go through a claim that the run has for itself. `raw` becomes a file of the manifest, `git` and `http`
are fetched by an init container. What is in a bucket is left to the user. An output that nobody reads is told.
https://argo-workflows.readthedocs.io/en/latest/walk-through/artifacts/
"""

from collections.abc import Callable

from sluice.core import Json
from sluice.importers.argo.documents.names import dns_label
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import FILL_IN, Resolve, Text, literal, parse, placeholders, plain
from sluice.importers.argo.expressions.scope import ArtifactPlace, Draft
from sluice.importers.argo.pod.copies import Copy
from sluice.importers.argo.pod.environment import Left, of_run
from sluice.importers.argo.pod.fetched import Attached, git, http, mode_of
from sluice.importers.argo.pod.programs import Around

CLAIM: Json = {
    "metadata": {"name": "artifacts"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
_FOLDER = "/artifacts"
_STORES = ("s3", "gcs", "oss", "azure", "hdfs", "artifactory", "plugin")


def attach(draft: Draft, around: Around, resolve: Resolve, left: Left) -> Attached:
    """Raises what `resolve` does."""
    made = Attached(resolve, left)
    for artifact in draft.template.body.map("inputs").maps("artifacts"):
        _input(artifact, draft, around, made)
    for artifact in draft.template.body.map("outputs").maps("artifacts"):
        _output(artifact, draft, around, made)
    if made.needs_claim:
        made.fields.setdefault("volumeMounts", []).append({"name": CLAIM["metadata"]["name"], "mountPath": _FOLDER})
    return made


def _input(artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    name, path = artifact.text("name"), artifact.text("path")
    place = draft.scope.artifacts.get(name, ArtifactPlace(source=artifact))
    if place.draft is not None:
        source = f"{_FOLDER}/{place.draft.name}/{place.name}"
        if place.sub_path:
            source += f"/{_known_at_import(place.sub_path, artifact, made)}"
        around.before.append(Copy(source, path, artifact.get("optional") is True, mode_of(artifact)))
        made.needs_claim = True
        return
    source_map = place.source or artifact
    for kind, taken in _TAKEN.items():
        if isinstance(said := source_map.get(kind), Map):
            taken(said, artifact, draft, around, made)
            return
    store = next((store for store in _STORES if store in source_map), "")
    words = f"put it at {path}"
    if store:
        said = source_map.map(store)
        where = " ".join(f"{key} {said.text(key)}" for key in ("endpoint", "bucket", "key") if said.text(key))
        words = f"fetch it from {where or store}, and {words}"
    if artifact.get("optional") is True:
        made.losses.append((artifact.line, f"the optional artifact '{name}'", f"not there; to have it, {words}", False))
    else:
        made.losses.append((artifact.line, f"the artifact '{name}'", words, True))


def _known_at_import(written: str, artifact: Map, made: Attached) -> str:
    """A path, which stands in a script, where nothing is filled in."""
    text = parse(written, of_run(made.resolve, artifact.line, made.left))
    if (known := literal(text)) is not None:
        return known
    made.losses.append(
        (artifact.line, f"the subPath of '{artifact.text('name')}'", f"{FILL_IN}: the run decides it", True)
    )
    return FILL_IN


def _raw(said: Map, artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    file = f"{draft.name}-{dns_label(artifact.text('name'))}"
    content: Text = parse(said.text("data"), of_run(made.resolve, artifact.line, made.left))
    if any(not isinstance(part, str) for part in content):
        made.losses.append(
            (
                artifact.line,
                f"values in the artifact '{artifact.text('name')}'",
                "its placeholders stay as they are: files have none",
                True,
            )
        )
    made.files[file] = placeholders(content)
    made.fields.setdefault("files", []).append(file)
    around.before.append(Copy(f"/sluice/files/{file}", artifact.text("path"), mode=mode_of(artifact), is_file=True))


_TAKEN: dict[str, Callable[[Map, Map, Draft, Around, Attached], None]] = {"raw": _raw, "git": git, "http": http}


def _output(artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    name, path = artifact.text("name"), artifact.text("path")
    if name in draft.artifacts_read and path:
        target = f"{_FOLDER}/{draft.name}/{name}"
        around.after.append(Copy(path, target, artifact.get("optional") is True))
        made.needs_claim = True
        return
    where = next((f"; Argo keeps it at {plain(artifact[store])}" for store in _STORES if store in artifact), "")
    words = f"not kept: nobody among the files reads it{where}"
    made.losses.append((artifact.line, f"the output artifact '{name}'", words, False))
