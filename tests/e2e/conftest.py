"""An operator for all tests, and one that a test may switch off, break and upgrade; a namespace for every test."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import Cluster, open_cluster
from tests.cluster.session import Session
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, eventually
from tests.e2e.volumes import Disks
from tests.install import NAMESPACE, RELEASE, install

_SESSION = secrets.token_hex(3)  # a kept cluster may still have the namespaces of another session
_number = itertools.count(1)


class Installed:
    """The operator that was installed by Helm. It is switched off where a test brings operators of its own."""

    def __init__(self, cluster: Cluster, *, on: bool = False) -> None:
        self.cluster = cluster
        self._replicas = 1 if on else None  # a kept cluster may have any number

    def on(self) -> None:
        if self._replicas != 1:
            install(self.cluster)
            self._replicas = 1

    def off(self) -> None:
        if self._replicas != 0:
            install(self.cluster, "replicas=0")
            pods = Kubectl(self.cluster, NAMESPACE)
            eventually(lambda: not pods.list("pods", f"app.kubernetes.io/instance={RELEASE}"), "its pods are gone", 180)
            self._replicas = 0


@pytest.fixture(scope="session")
def installed(session: Session, cluster: Cluster) -> Installed:
    """In the cluster for all."""
    with session.once("install") as first:
        if first:
            install(cluster)
    return Installed(cluster, on=True)


@pytest.fixture(scope="session")
def own(request: pytest.FixtureRequest, session: Session) -> Installed:
    """In a cluster that no other process uses."""
    return request.getfixturevalue("installed") if session.alone else Installed(request.getfixturevalue("own_cluster"))


@contextmanager
def _namespace(cluster: Cluster) -> Iterator[Kubectl]:
    kubectl = Kubectl(cluster, f"test-{_SESSION}-{next(_number)}")
    kubectl("create", "namespace", kubectl.namespace)
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


@pytest.fixture
def bare(own: Installed) -> Iterator[Kubectl]:
    """kubectl in a namespace of the test's own, in a cluster whose operator is the test's own affair."""
    with _namespace(own.cluster) as kubectl:
        yield kubectl


@pytest.fixture
def kubectl(request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """kubectl in a namespace of the test's own, with the installed operator at work."""
    where: Installed = request.getfixturevalue("own" if "system" in request.fixturenames else "installed")
    where.on()
    with _namespace(where.cluster) as kubectl:
        yield kubectl


@pytest.fixture
def disks(kubectl: Kubectl) -> Iterator[Disks]:
    """Volumes for the claims of a test."""
    found = Disks(kubectl)
    yield found
    found.remove()


@pytest.fixture
def system(own: Installed) -> Kubectl:
    """kubectl in the namespace of the installed operator, which is at work, and which the test may kill."""
    own.on()
    return Kubectl(own.cluster, NAMESPACE)


@pytest.fixture
def operator(own: Installed, bare: Kubectl, tmp_path: Path) -> Iterator[Callable[..., HostOperator]]:
    """Starts an operator of that identity as a process of this machine. The test's namespace has the Lease.

    It is the administrator, unless it is given another kubeconfig.
    """
    own.off()
    started: list[HostOperator] = []

    def start(identity: str, kubeconfig: Path = bare.cluster.kubeconfig, **settings: str) -> HostOperator:
        log = tmp_path / f"{identity}.log"
        started.append(HostOperator(kubeconfig, bare.namespace, identity, log))
        started[-1].settings |= settings
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.end()
        print(each.log)  # pytest shows it if the test has failed


@pytest.fixture
def simulated_nodes(bare: Kubectl) -> Iterator[None]:
    """Nodes that kwok plays, for 1,000 pods each. They go again: other tests have pods that tolerate everything."""
    before = {node["metadata"]["name"] for node in bare.list("nodes")}
    open_cluster(bare.cluster.name, kwok_nodes=2)
    yield
    made = {node["metadata"]["name"] for node in bare.list("nodes")} - before
    bare("delete", "nodes", *made)
