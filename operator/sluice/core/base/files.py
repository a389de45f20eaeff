"""Files that travel with a Workflow: `spec.files` as text, `spec.binaryFiles` in base64.

A frozen graph holds their hashes alone. Their contents are in a ConfigMap of the revision, whose keys are numbers, as a
path is no key: number n is the n-th path in order. It counts only if all its contents have these hashes.
https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-object
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping

from sluice.core import Json
from sluice.core.base.foreign import mapping

MAX_FILES = 256
MAX_BYTES = 960 * 1024
"""Of all files, decoded: a ConfigMap takes 1 MiB."""

STUB = "stub.py"
"""What runs a task's `function`: a file of the operator's."""

FOLDER = "files"
"""Below `/sluice`."""

_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
_PATH_MAX = 253


def is_path(name: str) -> bool:
    """Is it a relative path that leads nowhere else?"""
    return len(name) <= _PATH_MAX and _PATH.fullmatch(name) is not None


def contents(spec: Json) -> Iterator[tuple[str, bytes]]:
    """The path and content of each file of a Workflow. What is no base64 counts as it stands: it is a fault, as half
    of a character is.
    """
    for path, text in mapping(spec.get("files")).items():
        yield path, str(text).encode(errors="replace")
    for path, text in mapping(spec.get("binaryFiles")).items():
        try:
            yield path, base64.b64decode(str(text), validate=True)
        except (binascii.Error, ValueError):
            yield path, str(text).encode(errors="replace")


def file_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_hashes(spec: Json) -> dict[str, str]:
    """By path, of a Workflow's files."""
    return {path: file_hash(content) for path, content in contents(spec)}


def decisive_files(task: Json, hashes: Mapping[str, str]) -> Mapping[str, str]:
    """By path, the hashes of the files that decide what a task does, given its manifest. The fingerprint of a function
    stands in for them: it is in the manifest.
    """
    if "function" in task:
        return {} if mapping(task["function"]).get("fingerprint") else hashes
    return {path: hashes.get(path, "") for path in map(str, task.get("files") or ())}


def file_keys(paths: Mapping[str, str]) -> dict[str, str]:
    """By path, its key in the ConfigMap."""
    return {path: str(number) for number, path in enumerate(sorted(paths))}


def config_map_data(spec: Json, hashes: Mapping[str, str]) -> Json | None:
    """`data` and `binaryData` of the ConfigMap. None if the Workflow's files are no longer those with these hashes."""
    found = dict(contents(spec))
    if {path: file_hash(content) for path, content in found.items()} != hashes:
        return None
    keys, texts = file_keys(hashes), mapping(spec.get("files"))
    return {
        "data": {keys[path]: text for path, text in texts.items()},
        "binaryData": {
            keys[path]: base64.b64encode(content).decode() for path, content in found.items() if path not in texts
        },
    }


def holds(config_map: Json, hashes: Mapping[str, str]) -> bool:
    """Does a ConfigMap have exactly these files, for good?"""
    found = {key: str(text).encode() for key, text in mapping(config_map.get("data")).items()}
    for key, text in mapping(config_map.get("binaryData")).items():
        found[key] = base64.b64decode(str(text))
    keys = file_keys(hashes)
    wanted = {keys[path]: digest for path, digest in hashes.items()}
    return config_map.get("immutable") is True and {k: file_hash(c) for k, c in found.items()} == wanted
