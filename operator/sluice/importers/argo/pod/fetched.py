"""Artifacts that an init container fetches: a clone of a repository, a file from the web.

https://argo-workflows.readthedocs.io/en/latest/walk-through/hardwired-artifacts/
"""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from sluice.core import Json
from sluice.importers.argo.documents.names import dns_label
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Resolve, literal, parse, placeholders
from sluice.importers.argo.expressions.scope import Draft
from sluice.importers.argo.pod.environment import Left, Reading, beside, environment_beside
from sluice.importers.argo.pod.programs import Around

_GIT_IMAGE, _HTTP_IMAGE = "alpine/git:2.47.2", "curlimages/curl:8.12.1"
_GIT = frozenset({"repo", "revision", "branch", "depth", "singleBranch", "disableSubmodules"})
_PACKED = re.compile(r"\.(tar|tgz|tar\.gz|zip)([?#].*)?")


@dataclass(slots=True)
class Attached:
    """What a task needs for its artifacts. `files` are by path, of the whole Workflow; `losses` have their line."""

    resolve: Resolve
    left: Left
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


def git(said: Map, artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    del around
    volume = dns_label(artifact.text("name"))
    path = artifact.text("path")
    covering = _covering(path, draft)
    script = _Script(Reading(beside(made.resolve, artifact.line, made.left)))
    _clone(said, path, script)
    if covering is None:
        made.mount(volume, path)
    made.fetch(_container(volume, _GIT_IMAGE, script, covering or {"name": volume, "mountPath": path}))
    _tell_others(said, _GIT, "git", volume, made)


@dataclass(slots=True)
class _Script:
    """A command for a shell. What the run decides comes by the environment, so that it is no code."""

    reading: Reading
    text: str = ""
    env: list[Json] = field(default_factory=list)

    def add(self, words: str) -> None:
        self.text += f" {words}" if self.text else words

    def add_value(self, said: Map, key: str) -> None:
        text = parse(said.text(key), self.reading.resolve)
        if (known := literal(text)) is not None:
            self.add(shlex.quote(known))
            return
        self.env.append({"name": key.upper(), "value": placeholders(text)})
        self.add(f'"${key.upper()}"')


def _clone(said: Map, path: str, script: _Script) -> None:
    script.add("git clone" if said.get("disableSubmodules") is True else "git clone --recurse-submodules")
    if said.text("depth"):
        script.add(f"--depth {shlex.quote(said.text('depth'))}")
    if said.text("branch"):
        script.add("--branch")
        script.add_value(said, "branch")
    if said.get("singleBranch") is True:
        script.add("--single-branch")
    script.add_value(said, "repo")
    script.add(shlex.quote(path))
    if said.text("revision"):
        script.add(f"&& git -C {shlex.quote(path)} checkout")
        script.add_value(said, "revision")


def _covering(path: str, draft: Draft) -> Json | None:
    """The mount of the template's own that has the path in it, where the artifact has its place then."""
    container = draft.template.body.map(draft.template.kind)
    mounts = [each for each in container.maps("volumeMounts") if f"{path}/".startswith(each.text("mountPath") + "/")]
    found = max(mounts, key=lambda each: len(each.text("mountPath")), default=None)
    return None if found is None else dict(found)


def http(said: Map, artifact: Map, draft: Draft, around: Around, made: Attached) -> None:
    del around, draft
    volume, path = dns_label(artifact.text("name")), artifact.text("path")
    file = path.rpartition("/")[2]
    target = f"/fetched/{file}"
    script = _Script(Reading(beside(made.resolve, artifact.line, made.left)), f"curl -fsSL -o {shlex.quote(target)}")
    script.add_value(said, "url")
    if mode := mode_of(artifact):
        script.add(f"&& chmod {mode} {shlex.quote(target)}")
    made.mount(volume, path, file)
    made.fetch(_container(volume, _HTTP_IMAGE, script, {"name": volume, "mountPath": "/fetched"}))
    _tell_others(said, {"url"}, "http", volume, made)
    if _PACKED.search(said.text("url")) and "none" not in artifact.map("archive"):
        what = f"the archive that the artifact '{artifact.text('name')}' is"
        made.losses.append((artifact.line, what, f"not unpacked; do it where {path} is read", True))


def _container(volume: str, image: str, script: _Script, mount: Json) -> Json:
    made = {"name": f"fetch-{volume}", "image": image, "command": ["sh", "-c"], "args": [script.text]}
    env = [*environment_beside(script.reading.refs), *script.env]
    return {**made, **({"env": env} if env else {}), "volumeMounts": [mount]}


def _tell_others(said: Map, known: Iterable[str], kind: str, volume: str, made: Attached) -> None:
    if others := sorted(said.keys() - set(known)):
        words = f"add it to the init container fetch-{volume}"
        made.losses.append((said.line, f"{', '.join(others)} of a {kind} artifact", words, True))


def mode_of(artifact: Map) -> str:
    """For `chmod`; empty if nothing is said."""
    mode = artifact.get("mode")
    below = "-R " if artifact.get("recurseMode") is True else ""
    return f"{below}{mode:o}" if isinstance(mode, int) else ""
