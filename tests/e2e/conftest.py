"""One installed operator for the whole session; a namespace of its own for every test."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, eventually
from tests.e2e.volumes import Disks
from tests.install import NAMESPACE, RELEASE, install

_SESSION = secrets.token_hex(3)  # a kept cluster may still have the namespaces of another session
_number = itertools.count(1)


class Installed:
    """The operator that was installed by Helm. It is switched off where a test brings operators of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self._system = Kubectl(cluster, NAMESPACE)
        self._selector = f"app.kubernetes.io/instance={RELEASE}"
        self._on = True

    def on(self) -> None:
        if not self._on:
            self._scale(1)
            self._system("rollout", "status", "deployment", "-l", self._selector, "--timeout=180s")
            self._on = True

    def off(self) -> None:
        if self._on:
            self._scale(0)
            eventually(lambda: not self._system.list("pods", self._selector), "the operator's pods are gone", 180)
            self._on = False

    def _scale(self, replicas: int) -> None:
        self._system("scale", "deployment", "-l", self._selector, f"--replicas={replicas}")


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Iterator[Installed]:
    install(cluster)
    found = Installed(cluster)
    yield found
    found.on()


@pytest.fixture
def bare(cluster: Cluster) -> Iterator[Kubectl]:
    """kubectl in a namespace of the test's own."""
    kubectl = Kubectl(cluster, f"test-{_SESSION}-{next(_number)}")
    kubectl("create", "namespace", kubectl.namespace)
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


@pytest.fixture
def kubectl(installed: Installed, bare: Kubectl) -> Kubectl:
    """kubectl in a namespace of the test's own, with the installed operator at work."""
    installed.on()
    return bare


@pytest.fixture
def disks(kubectl: Kubectl) -> Iterator[Disks]:
    """Volumes for the claims of a test."""
    found = Disks(kubectl)
    yield found
    found.remove()


@pytest.fixture
def system(installed: Installed, cluster: Cluster) -> Kubectl:
    """kubectl in the namespace of the installed operator, which is at work."""
    installed.on()
    return Kubectl(cluster, NAMESPACE)


@pytest.fixture
def operator(installed: Installed, bare: Kubectl, tmp_path: Path) -> Iterator[Callable[..., HostOperator]]:
    """Starts an operator of that identity as a process of this machine. The test's namespace has the Lease.

    It is the administrator, unless it is given another kubeconfig.
    """
    installed.off()
    started: list[HostOperator] = []

    def start(identity: str, kubeconfig: Path = bare.cluster.kubeconfig) -> HostOperator:
        log = tmp_path / f"{identity}.log"
        started.append(HostOperator(kubeconfig, bare.namespace, identity, log))
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.end()
        print(each.log)  # pytest shows it if the test has failed
