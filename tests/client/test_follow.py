"""What stays current: across watches that end, versions that are too old, and a server that is away."""

import pytest

from sluice.client.errors import Deleted, NotFound
from sluice.client.follow import follow, follow_object
from sluice.client.resources import RUNS
from tests.client.server import Server, events, serving, status

COLUMNS = [{"name": "Phase"}]


def row(name, version, phase):
    metadata = {"name": name, "uid": name, "resourceVersion": str(version)}
    return {"cells": [phase], "object": {"metadata": metadata}}


def tabled(*rows, columns=COLUMNS):
    return {"metadata": {"resourceVersion": "1"}, "columnDefinitions": columns, "rows": list(rows)}


async def test_rows_stay_current(tmp_path):
    gone = {"code": 410, "reason": "Expired", "message": "too old"}
    server = Server(
        [tabled(row("a", 1, "Running"), row("b", 1, "Running")), tabled(row("c", 9, "Failed"))],
        [
            events(("MODIFIED", tabled(row("a", 2, "Failed"))), ("DELETED", tabled(row("b", 3, ""), columns=None))),
            events(("BOOKMARK", tabled(row("", 5, ""))), ("ERROR", gone)),
        ],
    )
    seen = []
    async with serving(server, tmp_path) as client:
        async for rows in follow(client, RUNS):
            seen.append({name: each.cell("Phase") for name, each in rows.items()})  # it has no end
            if len(seen) == 4:
                break
    assert seen == [{"a": "Running", "b": "Running"}, {"a": "Failed", "b": "Running"}, {"a": "Failed"}, {"c": "Failed"}]
    assert server.asked == ["read", "watch 1", "watch 3", "read"]


def run(version, phase):
    return {"metadata": {"name": "a", "resourceVersion": str(version)}, "status": {"phase": phase}}


async def test_an_object_is_followed_until_it_is_deleted(tmp_path):
    server = Server([run(1, "Pending")], [events(("MODIFIED", run(2, "Running"))), events(("DELETED", run(3, "")))])
    async with serving(server, tmp_path) as client:
        following = follow_object(client, RUNS, "a")
        assert [(await anext(following))["status"]["phase"] for _ in range(2)] == ["Pending", "Running"]
        with pytest.raises(Deleted, match="WorkflowRun a was deleted"):
            await anext(following)
    assert server.asked == ["read", "watch 1", "watch 2"]


async def test_one_that_is_still_to_come_is_waited_for(tmp_path):
    missing = [status(404, "NotFound", "", name="a") for _ in range(3)]
    async with serving(Server([missing[0]], []), tmp_path) as client:
        with pytest.raises(NotFound):
            await anext(follow_object(client, RUNS, "a"))
    async with serving(Server([*missing[1:], run(1, "Pending")], []), tmp_path) as client:
        assert (await anext(follow_object(client, RUNS, "a", to_come=True)))["status"]["phase"] == "Pending"
