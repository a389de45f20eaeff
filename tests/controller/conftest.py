"""A control plane without nodes, the CRDs, and a namespace of its own for every test."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.cluster.cluster import chosen_kind
from tests.cluster.session import Session
from tests.conftest import CLUSTER
from tests.controller.proxy import without_credentials
from tests.e2e.kubernetes import Kubectl

_CRDS = Path(__file__).parent.parent.parent / "crds"

_SESSION = secrets.token_hex(3)  # a kept control plane may still have the namespaces of another session
_number = itertools.count(1)


@pytest.fixture(scope="session")
def control_plane(session: Session) -> Cluster:
    """Taken down afterwards; `KEEP_CLUSTER=1` keeps it for the next session."""
    if chosen_kind() == "current":
        pytest.skip("needs a control plane of its own, where no operator is installed")
    opened = session.open(f"{CLUSTER}-control", node=False)
    Kubectl(opened, "default").install_crds(_CRDS)
    return opened


@pytest.fixture(scope="session")
def api_server(control_plane: Cluster) -> Iterator[str]:
    """The API server's URL for a client without credentials."""
    with without_credentials(control_plane) as url:
        yield url


@pytest.fixture
def kubectl(control_plane: Cluster) -> Iterator[Kubectl]:
    kubectl = Kubectl(control_plane, f"test-{_SESSION}-{next(_number)}")
    kubectl("create", "namespace", kubectl.namespace)
    yield kubectl
    kubectl("delete", "workflows,workflowruns", "--all")  # at once, so that the next test's operator finds none
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")
