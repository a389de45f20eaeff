"""Python images by debootstrap: one for tasks, and one that the operator's Dockerfile can start from.

Debian 13 (trixie) has Python 3.13. The mirror is the one that this machine's own package sources name. The operator's
base also gets pip, this machine's certificate bundle and its pip settings, so that `pip install` works in the build
wherever it works here.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster import debian
from tests.cluster.commands import run, works
from tests.cluster.errors import ClusterError
from tests.cluster.progress import say

from . import archive

if TYPE_CHECKING:
    from collections.abc import Sequence

SUITE = "trixie"
TASK_TAG = "python:3.13-slim"
BASE_TAG = "localhost/sluice-base:trixie"

_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_NETWORK_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
_BALLAST = (
    "var/cache/apt/archives/*.deb", "var/cache/apt/*.bin", "var/lib/apt/lists/*", "var/log/*",
    "var/cache/debconf/*-old", "var/lib/dpkg/*-old",
    "usr/share/doc/*", "usr/share/man/*", "usr/share/info/*", "usr/share/locale/*", "usr/share/lintian/*",
)  # fmt: skip


def task_image(to: Path) -> None:
    """Write the image for Python and Bash tasks."""
    _bootstrap(to, TASK_TAG, ["python3", "bash", "ca-certificates"], for_pip=False)


def base_image(to: Path) -> None:
    """Write the base of the operator's image."""
    _bootstrap(to, BASE_TAG, ["python3", "python3-venv", "python3-pip", "bash", "ca-certificates"], for_pip=True)


def host_files() -> list[Path]:
    """What the operator's base takes over from this machine."""
    return [path for path in map(Path, (*_BUNDLES, "/etc/pip.conf")) if path.exists()]


def _bootstrap(to: Path, tag: str, packages: Sequence[str], *, for_pip: bool) -> None:
    debian.require([package for package in debian.IMAGES if package.name == "debootstrap"])
    say(f"{tag}: building from Debian {SUITE}'s packages (first time only)")
    work = Path(tempfile.mkdtemp(prefix="debootstrap-", dir=to.parent))
    root = work / "root"
    options = ["--variant=minbase", f"--include={','.join(packages)}", SUITE]
    try:
        # in a mount namespace of its own, so that what debootstrap mounts is gone with it even when it is killed
        run("unshare", "--mount", "--propagation", "private", "debootstrap", *options, root, *_mirror(), timeout_s=1200)
        (root / "usr/bin/python").symlink_to("python3")
        if for_pip:
            _take_over_network_settings(root)
        _strip(root)
        layer = work / "layer.tar"
        run(
            "tar",
            "--create",
            "--numeric-owner",
            "--one-file-system",
            "--exclude=./dev/*",
            "--directory",
            root,
            "--file",
            layer,
            ".",
        )
        archive.write(to, [tag], layer, archive.Configuration(command=["python3"], env={"LANG": "C.UTF-8"}))
    finally:
        shutil.rmtree(work)
    say(f"{tag}: {to.stat().st_size / 1e6:.0f} MB")


def _mirror() -> list[str]:
    """The mirror in this machine's package sources, in either of apt's two formats; none leaves it to debootstrap."""
    directory = Path("/etc/apt/sources.list.d")
    for file in [
        Path("/etc/apt/sources.list"),
        *sorted(directory.glob("*.list")),
        *sorted(directory.glob("*.sources")),
    ]:
        text = file.read_text() if file.exists() else ""
        for mirror in re.findall(r"^(?:deb\s+(?:\[.*?\]\s+)?|URIs:\s*)(\S+)", text, re.MULTILINE):
            if str(mirror).rstrip("/").endswith("/debian"):
                return [str(mirror)]
    return []


def _take_over_network_settings(root: Path) -> None:
    bundle = next((Path(name) for name in _BUNDLES if Path(name).exists()), None)
    if bundle:
        shutil.copyfile(bundle, root / "etc/ssl/certs/ca-certificates.crt")
    lines = ["[global]", "cert = /etc/ssl/certs/ca-certificates.crt"]
    pip = ("python3", "-m", "pip")  # also knows the settings in the environment and in the user's files
    for line in run(*pip, "config", "list").splitlines() if works(*pip, "--version") else []:
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in _NETWORK_SETTINGS:
            lines.append(f"{name} = {value.strip(chr(39))}")
    (root / "etc/pip.conf").write_text("\n".join(lines) + "\n")


def _strip(root: Path) -> None:
    for pattern in _BALLAST:
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for cache in root.rglob("__pycache__"):
        shutil.rmtree(cache)
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/hostname").unlink(missing_ok=True)
    version = run("chroot", root, "/usr/bin/python", "-c", "import sys; print(*sys.version_info[:2])").split()
    for cache in root.rglob("__pycache__"):  # that command's
        shutil.rmtree(cache)
    if version != ["3", "13"]:
        raise ClusterError(
            f"Debian {SUITE} came with Python {'.'.join(version)}, not with the 3.13 that {TASK_TAG} promises"
        )
