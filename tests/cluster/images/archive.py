"""An image archive as `docker save` writes it: one layer, a configuration, and a manifest with the tags."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a container of the image does unless told otherwise."""

    command: Sequence[str] = ()
    entrypoint: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)


def write(archive: Path, tags: Sequence[str], layer: Path, config: Configuration) -> None:
    """Write the archive from an uncompressed layer, all at once: a half-written archive never has its name."""
    digest = _sha256(layer)
    env = {"PATH": DEFAULT_PATH, **config.env}
    image = {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine),
        "os": "linux",
        "config": {
            "Cmd": list(config.command),
            "Entrypoint": list(config.entrypoint),
            "Env": [f"{name}={value}" for name, value in env.items()],
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "tests/cluster"}],
    }
    encoded = json.dumps(image).encode()
    config_name = f"{hashlib.sha256(encoded).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": list(tags), "Layers": [f"{digest}.tar"]}]
    part = archive.with_suffix(".part")
    with tarfile.open(part, "w") as out:
        out.add(layer, f"{digest}.tar")
        _add(out, config_name, encoded)
        _add(out, "manifest.json", json.dumps(manifest).encode())
    part.rename(archive)


def _add(out: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    out.addfile(entry, io.BytesIO(content))


def _sha256(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
