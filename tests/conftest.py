"""One session of tests, in one process or in several side by side (`-n auto`, as `make test` does).

Tests that wait most of their time share the machine well; what they share beside it is said here, in chains. The tests
of a chain run one after another in one process; all others run anywhere, in the order in which they are sorted.
"""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.cluster import Cluster, ClusterError
from tests.cluster.cluster import chosen_kind
from tests.cluster.progress import say
from tests.cluster.session import Session

_HERE = Path(__file__).parent
CLUSTER = os.environ.get("CLUSTER_NAME", "sluice-test")  # another name lets two checkouts test side by side
_SESSION = pytest.StashKey[Session]()


@pytest.fixture(scope="session")
def session(request: pytest.FixtureRequest) -> Session:
    return request.config.stash[_SESSION]


@pytest.fixture(scope="session")
def cluster(session: Session) -> Cluster:
    """A fresh cluster for all tests, taken down afterwards; `KEEP_CLUSTER=1` keeps it for the next session."""
    return session.open(CLUSTER)


@pytest.fixture(scope="session")
def own_cluster(session: Session) -> Cluster:
    """The same for the tests of this process; in a single process it is the one for all."""
    return session.open_own(CLUSTER)


# The chains, in the order in which they begin.
_CHAINS_FILE = "chains.json"
_CHAINS = ("clock", "operators", "chaos", "control-plane", "harness", "disks")


def _chain(item: pytest.Item) -> str:
    """The one that this test belongs to, by its marker or its fixtures; empty if it can run beside any other."""
    asks = getattr(item, "fixturenames", ())
    if said := item.get_closest_marker("chain"):
        return str(said.args[0])
    if "bare" in asks or "system" in asks:  # it does with the installed operator what it likes
        return "operators"
    if "control_plane" in asks:  # its operator sees all namespaces there
        return "control-plane"
    if "disks" in asks:  # claims take any volume that there is
        return "disks"
    return "harness" if item.path.is_relative_to(_HERE / "cluster") else ""  # its clusters have fixed names


def _place(item: pytest.Item) -> tuple[bool, bool, int]:
    """What waits begins first, and of that the chains. The installed operator is switched off once, then on again."""
    chain, asks = _chain(item), getattr(item, "fixturenames", ())
    waits = bool(chain) or "kubectl" in asks
    return not waits, not ("operator" in asks or "confined" in asks), _CHAINS.index(chain) if chain else len(_CHAINS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    session = config.stash[_SESSION]
    if not session.alone:
        session.publish(_CHAINS_FILE, json.dumps({item.nodeid: chain for item in items if (chain := _chain(item))}))


class _ChainScheduling(LoadScopeScheduling):  # pytest-xdist's own --dist=loadgroup does not know pytest 9's node ids
    """Hands a chain to a worker whole, and other tests one by one."""

    @cached_property
    def _chain_of(self) -> dict[str, str]:
        return json.loads(self.config.stash[_SESSION].published(_CHAINS_FILE))

    def _split_scope(self, nodeid: str) -> str:
        return self._chain_of.get(nodeid, nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _ChainScheduling:
    return _ChainScheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "chain(name): the tests that it runs with, one after another")
    known = getattr(config, "workerinput", {})
    config.stash[_SESSION] = Session(known.get("session", ""), known.get("workerid", ""))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """A worker is about to start; `node` is how pytest-xdist sees it."""
    node.workerinput["session"] = node.config.stash[_SESSION].directory


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The workers have ended by now."""
    if hasattr(session.config, "workerinput"):
        return
    try:
        session.config.stash[_SESSION].end(keep=bool(os.environ.get("KEEP_CLUSTER")))
    except ClusterError as error:
        say(f"error: {error}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are processors, as most of them wait. Somebody's cluster is one that must not be shared."""
    return 0 if chosen_kind() == "current" else min(8, 2 + (os.cpu_count() or 1))
