"""Required Debian packages. Missing ones are installed with apt-get, without starting their services."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import cache
from .commands import run
from .errors import ClusterError
from .progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package, `sign` (a program or path that shows that it is installed), and what it is for."""

    name: str
    sign: str
    purpose: str

    @property
    def missing(self) -> bool:
        """Whether its sign cannot be found."""
        return not (Path(self.sign).exists() if self.sign.startswith("/") else shutil.which(self.sign))


VENV = [Package("python3-venv", str(Path(os.__file__).parent / "ensurepip"), "installs Go from PyPI")]
CONTROL_PLANE = [Package("openssl", "openssl", "the cluster's certificates")]
NODE = [
    Package("containerd", "containerd", "runs the node's containers"),
    Package("runc", "runc", "starts the containers' processes"),
    Package("containernetworking-plugins", "/usr/lib/cni/bridge", "gives pods their network"),
    Package("iproute2", "ip", "makes the pods' bridge"),
    Package("iptables", "iptables", "lets pods reach the API server at its service address"),
]
IMAGES = [
    Package("busybox-static", "busybox", "the image busybox"),
    Package("debootstrap", "debootstrap", "the image python"),
]
BROWSER = [Package("chromium", "chromium", "shows the page")]
BUILDER = [Package("buildah", "buildah", "builds the operator's Dockerfile without a Docker daemon")]

_INSTALL = (
    *("apt-get", "install", "--yes", "--quiet", "--no-install-recommends"),
    *("--option", "DPkg::Lock::Timeout=600"),  # the machine's own upgrades may be at it
)


def require(packages: list[Package]) -> None:
    """Install the missing packages, printing which and why. Raises ClusterError if that needs root or apt-get."""
    if any(package.missing for package in packages):
        with cache.locked("debian-packages"):  # of two processes at once, apt-get sends one away
            if missing := [package for package in packages if package.missing]:
                _install(missing)


def _install(missing: list[Package]) -> None:
    for package in missing:
        say(f"missing Debian package {package.name}: {package.purpose}")
    names = [package.name for package in missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ClusterError(f"please install as root: apt-get install {' '.join(names)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_starts():
        try:
            run(*_INSTALL, *names, env=env)
        except ClusterError:  # usually because the package lists are stale or were never fetched
            try:
                run("apt-get", "update", "--quiet", env=env)
            except ClusterError as error:  # one dead source among many may not matter
                say(f"apt-get update: {error}")
            run(*_INSTALL, *names, env=env)
    say(f"installed {' '.join(names)}")


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Create policy-rc.d, which tells Debian not to start a package's services, while packages are installed."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
