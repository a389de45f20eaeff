"""Artifacts: files and folders that go in and out of a task.

Those of a run go through a claim that the run has for itself. `raw` becomes a file of the manifest, `git` and `http`
are fetched by an init container. What is in a bucket is left to the user. An output that nobody reads is told.
https://argo-workflows.readthedocs.io/en/latest/walk-through/artifacts/
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from sluice.core import Json
from sluice.importers.argo.names import dns_label
from sluice.importers.argo.programs import Around, Copy
from sluice.importers.argo.scope import ArtifactPlace, Draft
from sluice.importers.argo.source import Map
from sluice.importers.argo.text import Text, parse, placeholders, plain

CLAIM: Json = {
    "metadata": {"name": "artifacts"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
_FOLDER = "/artifacts"
_GIT_IMAGE, _HTTP_IMAGE = "alpine/git:2.47.2", "curlimages/curl:8.12.1"
_STORES = ("s3", "gcs", "oss", "azure", "hdfs", "artifactory", "plugin")


@dataclass(slots=True)
class Attached:
    """What a task needs for its artifacts. `files` are by path, of the whole Workflow; `losses` have their line."""

    fields: Json = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    needs_claim: bool = False
    losses: list[tuple[int, str, str, bool]] = field(default_factory=list)

    def mount(self, name: str, path: str, sub_path: str = "") -> None:
        self.fields.setdefault("volumes", []).append({"name": name, "emptyDir": {}})
        mount = {"name": name, "mountPath": path, **({"subPath": sub_path} if sub_path else {})}
        self.fields.setdefault("volumeMounts", []).append(mount)

    def fetch(self, container: Json) -> None:
        template = self.fields.setdefault("podTemplate", {"spec": {"initContainers": []}})
        template["spec"]["initContainers"].append(container)


def attach(draft: Draft, around: Around) -> Attached:
    """Raises Unknown."""
    made = Attached()
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
            source += f"/{placeholders(parse(place.sub_path, draft.scope.resolve))}"
        around.before.append(Copy(source, path, artifact.get("optional") is True, _mode(artifact)))
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


def _raw(said: Map, artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    file = f"{draft.name}-{dns_label(artifact.text('name'))}"
    content: Text = parse(said.text("data"), draft.scope.resolve)
    if any(not isinstance(part, str) for part in content):
        made.losses.append(
            (
                artifact.line,
                f"values in the artifact '{artifact.text('name')}'",
                "its placeholders stay as they are: files have none",
                False,
            )
        )
    made.files[file] = placeholders(content)
    made.fields.setdefault("files", []).append(file)
    around.before.append(Copy(f"/sluice/files/{file}", artifact.text("path"), mode=_mode(artifact)))


def _git(said: Map, artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    del around
    volume = dns_label(artifact.text("name"))
    path = artifact.text("path")
    covering = _covering(path, draft)
    repository, revision = (placeholders(parse(said.text(key), draft.scope.resolve)) for key in ("repo", "revision"))
    clone = f"git clone --recurse-submodules {shlex.quote(repository)} {shlex.quote(path)}"
    if revision:
        clone += f" && git -C {shlex.quote(path)} checkout {shlex.quote(revision)}"
    if covering is None:
        made.mount(volume, path)
    mount = covering or {"name": volume, "mountPath": path}
    made.fetch(
        {
            "name": f"fetch-{volume}",
            "image": _GIT_IMAGE,
            "command": ["sh", "-c"],
            "args": [clone],
            "volumeMounts": [mount],
        }
    )
    secrets = [key for key in ("usernameSecret", "passwordSecret", "sshPrivateKeySecret") if key in said]
    if secrets:
        made.losses.append(
            (said.line, f"git's {', '.join(secrets)}", f"add it to the init container fetch-{volume}", True)
        )


def _covering(path: str, draft: Draft) -> Json | None:
    """The mount of the template's own that has the path in it, where the artifact has its place then."""
    container = draft.template.body.map(draft.template.kind)
    mounts = [each for each in container.maps("volumeMounts") if f"{path}/".startswith(each.text("mountPath") + "/")]
    found = max(mounts, key=lambda each: len(each.text("mountPath")), default=None)
    return None if found is None else dict(found)


def _http(said: Map, artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    del around
    volume = dns_label(artifact.text("name"))
    folder, _, file = artifact.text("path").rpartition("/")
    url = placeholders(parse(said.text("url"), draft.scope.resolve))
    target = f"/fetched/{file}"
    del folder
    mode = f" && chmod {_mode(artifact)} {target}" if _mode(artifact) else ""
    command = f"curl -fsSL -o {shlex.quote(target)} {shlex.quote(url)}{mode}"
    made.mount(volume, artifact.text("path"), file)
    mount = {"name": volume, "mountPath": "/fetched"}
    made.fetch(
        {
            "name": f"fetch-{volume}",
            "image": _HTTP_IMAGE,
            "command": ["sh", "-c"],
            "args": [command],
            "volumeMounts": [mount],
        }
    )
    if set(said) - {"url"}:
        made.losses.append(
            (
                said.line,
                f"{', '.join(sorted(set(said) - {'url'}))} of an http artifact",
                f"add it to the init container fetch-{volume}",
                True,
            )
        )


_TAKEN: dict[str, Callable[[Map, Map, Draft, Around, Attached], None]] = {"raw": _raw, "git": _git, "http": _http}


def _mode(artifact: Map) -> str:
    mode = artifact.get("mode")
    return f"{mode:o}" if isinstance(mode, int) else ""


def _output(artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    name, path = artifact.text("name"), artifact.text("path")
    if name in draft.artifacts_read and not draft.is_fan_out and path:
        target = f"{_FOLDER}/{draft.name}/{name}"
        around.after.append(Copy(path, target, artifact.get("optional") is True))
        made.needs_claim = True
        return
    where = next((f"; Argo keeps it at {plain(artifact[store])}" for store in _STORES if store in artifact), "")
    why = "each item would have its own" if name in draft.artifacts_read else "nobody among the files reads it"
    made.losses.append((artifact.line, f"the output artifact '{name}'", f"not kept: {why}{where}", False))
