"""One cluster and one installed operator for the whole session; a namespace of its own for every test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, open_cluster
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, eventually
from tests.install import NAMESPACE, RELEASE, install

_number = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A fresh cluster, taken down afterwards; `KEEP_CLUSTER=1` keeps it for the next session."""
    opened = open_cluster("sluice-test")
    yield opened
    if not os.environ.get("KEEP_CLUSTER"):
        opened.down()


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Cluster:
    install(cluster)
    return cluster


@pytest.fixture
def bare(cluster: Cluster) -> Iterator[Kubectl]:
    """kubectl in a namespace of the test's own."""
    kubectl = Kubectl(cluster, f"test-{os.getpid()}-{next(_number)}")
    kubectl("create", "namespace", kubectl.namespace)
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


@pytest.fixture
def kubectl(installed: Cluster, bare: Kubectl) -> Kubectl:  # noqa: ARG001  # what matters is that it is there
    """kubectl in a namespace of the test's own, with the operator at work."""
    return bare


@pytest.fixture
def system(installed: Cluster) -> Kubectl:
    """kubectl in the operator's namespace."""
    return Kubectl(installed, NAMESPACE)


@pytest.fixture(scope="module")
def without_operator(installed: Cluster) -> Iterator[None]:
    """The installed operator is scaled to nothing for the tests of a module."""
    system = Kubectl(installed, NAMESPACE)
    selector = f"app.kubernetes.io/instance={RELEASE}"
    system("scale", "deployment", "-l", selector, "--replicas=0")
    eventually(lambda: not system.list("pods", selector), "the operator's pods are gone", 60)
    yield
    system("scale", "deployment", "-l", selector, "--replicas=1")
    system("rollout", "status", "deployment", "-l", selector, "--timeout=60s")


@pytest.fixture
def operator(without_operator: None, bare: Kubectl, tmp_path: Path) -> Iterator[Callable[[str], HostOperator]]:  # noqa: ARG001
    """Starts an operator of that identity as a process of this machine. The namespace of the test has its Lease."""
    started: list[HostOperator] = []

    def start(identity: str) -> HostOperator:
        log = tmp_path / f"{identity}.log"
        started.append(HostOperator(bare.cluster.kubeconfig, bare.namespace, identity, log))
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.end()
        print(each.log)  # pytest shows it if the test has failed
