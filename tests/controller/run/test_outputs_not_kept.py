"""Outputs that need a ConfigMap, and somebody is in the way: the run says so, and goes on once that is mended."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.controller.informers.cache import Cache
from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.client import ApiError
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.resources.output_configmaps import load_outputs
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.controller.run.status_writer import StatusWriter
from sluice.core.base.errors import SluiceError
from sluice.core.base.naming import outputs_name
from tests.controller.clock import Hands
from tests.controller.server import Server
from tests.core import world
from tests.core.kubelet import RUN

NAME = outputs_name(RUN.name, RUN.uid)
FOREIGN = {"metadata": {"name": NAME, "namespace": RUN.namespace, "uid": "theirs"}, "data": {"a": '{"k": "forged"}'}}


class Obstructed(Server):
    """It refuses the ConfigMap for as long as it is told to."""

    def __init__(self, refusal: ApiError) -> None:
        super().__init__()
        self.refusal: ApiError | None = refusal

    async def create(self, _path: str, body: Any) -> Any:
        if self.refusal is not None:
            raise self.refusal
        return body

    async def get(self, _path: str) -> Any:
        return FOREIGN

    def add(self, _ended_pod: Any) -> None:
        pass


def has_large_outputs(server: Obstructed) -> tuple[StatusWriter, LiveRun]:
    one = world.run("a, b", fields={"a": {"outputs": ["k"], "outputsFrom": "Log"}})
    one.starts()
    one.ends("a")
    one.decide()
    one.logs("a", f'::outputs::{{"k": "{"x" * 5000}"}}')
    one.decide()
    metadata = {"namespace": RUN.namespace, "name": RUN.name, "uid": RUN.uid, "resourceVersion": "1"}
    seen = object_view({"metadata": metadata, "spec": {"workflow": "etl"}})
    cache, live = Cache(), LiveRun(seen, one.run, "w", {"phase": "Running"}, 1)
    lives = LiveRuns(cache)
    lives.add(live)
    cluster = Cluster(server, cache, server, Hands().clock)  # type: ignore[arg-type]
    return StatusWriter(cluster, lives, None, None, server, lambda _: None), live  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (ApiError(409, "AlreadyExists", ""), f"ConfigMap {NAME} is not of run {RUN.name}; delete it"),
        (ApiError(403, "Forbidden", "exceeded quota: q"), "403 Forbidden: exceeded quota: q"),
    ],
)
async def test_its_status_says_what_is_in_the_way_once_and_all_else_when_that_is_gone(
    refusal: ApiError, words: str
) -> None:
    server = Obstructed(refusal)
    writer, live = has_large_outputs(server)
    for _ in range(2):
        with pytest.raises(SluiceError, match="outputs cannot be kept"):
            await writer.write(Key(RUN.namespace, RUN.name))
    (patch,) = server.patches
    assert patch["message"] == f"outputs cannot be kept in a ConfigMap: {words}"
    assert {each["type"]: each["status"] for each in patch["conditions"]} == {"Reconciling": "False", "Stalled": "True"}
    server.refusal = None
    await writer.write(Key(RUN.namespace, RUN.name))
    assert server.patches[1]["tasks"]["a"]["outputsIn"] == "ConfigMap"
    assert server.patches[1]["message"] is None
    stands = {each["type"]: each["status"] for each in server.patches[1]["conditions"]}
    assert (stands["Reconciling"], stands["Stalled"]) == ("True", "False")
    assert live.version == 102


async def test_a_server_that_is_busy_needs_no_person() -> None:
    server = Obstructed(ApiError(500, "InternalError", "etcd"))
    writer, _ = has_large_outputs(server)
    with pytest.raises(SluiceError, match="outputs cannot be kept"):
        await writer.write(Key(RUN.namespace, RUN.name))
    assert server.patches == []


async def test_what_is_not_the_runs_any_more_counts_as_gone() -> None:
    assert await load_outputs(Obstructed(ApiError(409, "AlreadyExists", "")), RUN) == {}  # type: ignore[arg-type]
