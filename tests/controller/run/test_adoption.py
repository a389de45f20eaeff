"""A pod whose creation had no answer: what becomes of it counts, however late the answer comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.store import ObjectChange
from sluice.controller.kube.client import ApiError
from sluice.controller.run.child_runs import ChildRunWriter
from sluice.controller.run.pod_writer import PodWriter
from sluice.core.base.errors import Unanswered
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.defaults import NO_DEFAULTS
from sluice.core.pod.mounted_files import FileSources
from sluice.core.pod.view import PodView
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.run.task_state import TaskStep
from tests.core import kubelet, world

FIELDS: Any = {"a": {"retries": {"infrastructure": 1}, "pools": [{"name": "database"}]}}
DATABASE = PoolKey("team", "database")


NO_ANSWER = Unanswered("POST pods")
TOO_LARGE = (
    "etcdserver: request is too large",
    "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2157420 vs. 2097152)",
)


class Server:
    """Makes the pod and does not say so. While the answer to a GET is on its way something else happens."""

    def __init__(
        self, *answers: Any, meanwhile: Callable[[], None] = lambda: None, says: Exception = NO_ANSWER
    ) -> None:
        self.answers, self.meanwhile, self.says = list(answers), meanwhile, says

    async def create(self, _path: str, _body: Any, **_: Any) -> Any:
        raise self.says

    async def get(self, _path: str) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        self.meanwhile()
        return answer


class NoClaims:
    async def refusal(self, *_: Any) -> None:
        return None


class NoFiles(NoClaims):
    def sources(self, _: Any) -> FileSources:
        return FileSources({}, "", "")


def adopted(
    answers: Callable[[Any], list[Any]], meanwhile: Callable[[Cache, Any], None], says: Exception = NO_ANSWER
) -> tuple[world.World, int]:
    """A run with one task that takes the only slot of a pool; its pod is adopted. `says` is what its create got."""
    shared = SharedLimits()
    shared.set_pool(DATABASE, 1)
    one = world.run("a", fields=FIELDS, shared=shared)

    def told(change: ObjectChange[PodView]) -> None:
        (shared.pod_deleted if change.deleted else shared.observe_pod)(change.object)
        (one.run.pods.observe_deleted if change.deleted else one.run.pods.observe)(change.object)

    cache = Cache()
    cache.pods.subscribe(told)
    (create,) = one.decide().create
    assert shared.usage(DATABASE).used == 1
    task = one.task("a").definition
    server = Server(*answers(task), meanwhile=lambda: meanwhile(cache, task), says=says)
    writer = PodWriter(server, cache, NoClaims(), NoFiles(), None, NO_DEFAULTS, lambda _: None, Clock(), workers=1)  # type: ignore[arg-type]
    asyncio.run(writer._create(create))
    return one, shared.usage(DATABASE).used


def running(task: Any) -> Any:
    return kubelet.pod(kubelet.running(), task, version=5)


def ends(cache: Cache, task: Any) -> None:
    cache.pods.upsert(kubelet.seen(kubelet.exited(0), task, version=6))


def goes(cache: Cache, task: Any) -> None:
    cache.pods.delete(kubelet.seen(kubelet.running(), task, version=6))


@pytest.mark.parametrize(
    ("meanwhile", "slots", "then"),
    [
        pytest.param(lambda *_: None, 1, TaskStep.LIVE, id="it runs"),
        pytest.param(ends, 0, TaskStep.ENDED, id="it has ended before the answer is read"),
        pytest.param(goes, 0, TaskStep.BACKOFF, id="it has gone before the answer is read"),
    ],
)
def test_a_slot_is_held_for_as_long_as_the_pod_lives(meanwhile: Any, slots: int, then: TaskStep) -> None:
    one, used = adopted(lambda task: [running(task)], meanwhile)
    assert used == slots
    one.decide()
    assert one.steps["a"] is then


@pytest.mark.parametrize("code", [500, 502, 504])
def test_a_server_that_failed_may_have_made_the_pod(code: int) -> None:
    one, used = adopted(lambda task: [running(task)], lambda *_: None, says=ApiError(code, "", "it failed"))
    one.decide()
    assert (used, one.steps["a"]) == (1, TaskStep.LIVE)


def test_a_server_that_failed_and_made_no_pod_is_quoted() -> None:
    one, used = adopted(lambda _: [ApiError(404, "NotFound", "")], lambda *_: None, says=ApiError(500, "", "it failed"))
    assert (used, one.run.creates.backoff.refused.message) == (0, "it failed")


@pytest.mark.parametrize("words", TOO_LARGE)
def test_a_server_that_says_too_large_has_made_no_pod(words: str) -> None:
    one, used = adopted(lambda _: [], lambda *_: None, says=ApiError(500, "", words))
    refused = one.task("a").refused
    assert refused is not None
    assert (used, refused.refusal, one.run.creates.backoff) == (0, CreateError.TOO_LARGE, None)


@pytest.mark.parametrize("code", [401, 403, 429, 503])
def test_a_server_that_does_not_tell_has_not_said_that_there_is_no_pod(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(_: float) -> None:
        pass

    monkeypatch.setattr(asyncio, "sleep", at_once)
    _, used = adopted(lambda task: [ApiError(code, "", "")] * 20 + [running(task)], lambda *_: None)
    assert used == 1


class Maker:
    """Makes what it is asked for, and fails before it says so."""

    made: Any = None

    async def create(self, _path: str, body: Any) -> Any:
        metadata = body["metadata"] | {"namespace": "team", "uid": "uid-of-it", "resourceVersion": "7"}
        self.made = body | {"metadata": metadata}
        raise ApiError(500, "", "it failed")

    async def get(self, _path: str) -> Any:
        return self.made


def test_a_server_that_failed_may_have_made_the_child_run() -> None:
    one = world.run("a", fields={"a": {"workflow": {"name": "other"}}})
    (create,) = one.decide().create
    writer = ChildRunWriter(Maker(), Cache(), lambda _: None, Clock())  # type: ignore[arg-type]
    asyncio.run(writer._create(create))
    child = one.task("a").child
    assert child is not None
    assert child.uid == "uid-of-it"


@pytest.mark.parametrize("words", TOO_LARGE)
def test_a_server_that_says_too_large_has_made_no_child_run(words: str) -> None:
    one = world.run("a", fields={"a": {"workflow": {"name": "other"}}})
    (create,) = one.decide().create
    server: Any = Server(says=ApiError(500, "", words))
    asyncio.run(ChildRunWriter(server, Cache(), lambda _: None, Clock())._create(create))
    refused = one.task("a").refused
    assert refused is not None
    assert refused.refusal is CreateError.TOO_LARGE
