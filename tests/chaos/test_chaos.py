"""The piece of `make chaos` that every `make test` repeats."""

import pytest

from tests.chaos.faults import KINDS, RESTARTS
from tests.chaos.nodes import SimulatedNodes
from tests.chaos.performance import perform
from tests.cluster.cluster import chosen_kind
from tests.conftest import CLUSTER

pytestmark = pytest.mark.chain("chaos")


def test_whatever_breaks_no_attempt_is_made_twice_and_none_is_lost(session, tmp_path):
    if chosen_kind() != "local":
        pytest.skip("the verdict needs the API server's audit log")
    cluster = session.open(f"{CLUSTER}-chaos", kwok_nodes=2, node=False, audit=True)
    kinds = [kind for kind in KINDS if kind not in RESTARTS]  # those take ports that other clusters may take meanwhile
    found = perform(cluster, SimulatedNodes(), seed="12", faults=2 * len(kinds), directory=tmp_path, kinds=kinds)
    print(found)  # pytest shows it if the test has failed
    assert found["violations"] == []
    assert found["pods"] > found["runs"] > 0
