"""One cluster for the whole session."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster, open_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A fresh cluster, taken down afterwards; `KEEP_CLUSTER=1` keeps it for the next session."""
    opened = open_cluster("sluice-test")
    yield opened
    if not os.environ.get("KEEP_CLUSTER"):
        opened.down()
