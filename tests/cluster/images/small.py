"""The images that are a program and hardly anything else: pause, and busybox with its applets as links."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

from tests.cluster import binaries, debian
from tests.cluster.commands import run
from tests.cluster.errors import ClusterError

from . import archive

BUSYBOX_TAG = "busybox:1.35"
PAUSE_TAG = "sluice.dev/pause:1"

_ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
_GROUPS = "root:x:0:\nnogroup:x:65534:\n"


def pause(to: Path) -> None:
    """Write the image that holds a pod's namespaces."""
    layer = to.with_suffix(".layer")
    with tarfile.open(layer, "w") as tar:
        tar.add(binaries.build(binaries.PAUSE), "pause", filter=_as_root)
    archive.write(to, [PAUSE_TAG], layer, archive.Configuration(entrypoint=["/pause"]))
    layer.unlink()


def busybox(to: Path) -> None:
    """Write busybox: the static program of Debian's package, with a link per applet."""
    debian.require([package for package in debian.IMAGES if package.name == "busybox-static"])
    program = shutil.which("busybox")
    if not program or "1.35" not in run(program, "--help").splitlines()[0]:
        raise ClusterError(f"{program} is not the busybox 1.35 that the image {BUSYBOX_TAG} promises")
    layer = to.with_suffix(".layer")
    with tarfile.open(layer, "w") as tar:
        for name in ("bin", "etc", "home", "root", "tmp", "usr", "usr/bin", "var"):
            _directory(tar, name, 0o1777 if name == "tmp" else 0o755)
        tar.add(Path(program).resolve(), "bin/busybox", filter=_as_root)
        for applet in run(program, "--list").split():
            if applet != "busybox":
                _link(tar, f"bin/{applet}", "busybox")
        _link(tar, "usr/bin/env", "../../bin/busybox")
        _file(tar, "etc/passwd", _ACCOUNTS)
        _file(tar, "etc/group", _GROUPS)
    archive.write(to, [BUSYBOX_TAG], layer, archive.Configuration(command=["sh"]))
    layer.unlink()


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode = 0o755
    return entry


def _directory(tar: tarfile.TarFile, name: str, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    tar.addfile(entry)


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    tar.addfile(entry)


def _file(tar: tarfile.TarFile, name: str, content: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content.encode()))
