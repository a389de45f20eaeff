"""One cluster and one installed operator for the whole session; a namespace of its own for every test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster, open_cluster
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
def without_operator(installed: Cluster) -> Iterator[Kubectl]:
    """kubectl in the operator's namespace, with the operator scaled to nothing for the time of the test."""
    system = Kubectl(installed, NAMESPACE)
    selector = f"app.kubernetes.io/instance={RELEASE}"
    system("scale", "deployment", "-l", selector, "--replicas=0")
    eventually(lambda: not system.list("pods", selector), "the operator's pods are gone", 60)
    yield system
    system("scale", "deployment", "-l", selector, "--replicas=1")
    system("rollout", "status", "deployment", "-l", selector, "--timeout=60s")
