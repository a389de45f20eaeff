"""What stays current: across watches that end, versions that are too old, and a server that is away."""

import pytest

from sluice.client.errors import Deleted, NotFound
from sluice.client.follow import follow, follow_object, follow_objects
from sluice.client.resources import POOLS, RUNS
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


def run(version, phase, uid="u"):
    return {"metadata": {"name": "a", "uid": uid, "resourceVersion": str(version)}, "status": {"phase": phase}}


async def test_an_object_is_followed_until_it_is_deleted(tmp_path):
    server = Server([run(1, "Pending")], [events(("MODIFIED", run(2, "Running"))), events(("DELETED", run(3, "")))])
    async with serving(server, tmp_path) as client:
        following = follow_object(client, RUNS, "a")
        assert [(await anext(following))["status"]["phase"] for _ in range(2)] == ["Pending", "Running"]
        with pytest.raises(Deleted, match="WorkflowRun a was deleted"):
            await anext(following)
    assert server.asked == ["read", "watch 1", "watch 2"]


GONE = {"code": 410, "reason": "Expired", "message": "too old"}


@pytest.mark.parametrize(
    ("lists", "watches"),
    [
        ([run(1, "Running"), run(7, "Pending", uid="another")], [events(("ERROR", GONE))]),
        ([run(1, "Running")], [events(("MODIFIED", run(7, "Pending", uid="another")))]),
    ],
    ids=["a gap", "no gap"],
)
async def test_another_by_the_same_name_is_another(lists, watches, tmp_path):
    async with serving(Server(lists, watches), tmp_path) as client:
        following = follow_object(client, RUNS, "a")
        await anext(following)
        with pytest.raises(Deleted, match="WorkflowRun a was deleted"):
            await anext(following)


async def test_what_was_deleted_while_the_server_was_away_is_told_however_often_it_was_asked(tmp_path):
    def listed(*names):
        items = [{"metadata": {"name": name, "uid": name, "resourceVersion": "1"}} for name in names]
        return {"metadata": {"resourceVersion": "1"}, "items": items}

    lists = [listed("a", "b"), status(503, "ServiceUnavailable", "starting"), listed("a")]
    told = []
    async with serving(Server(lists, [status(503, "ServiceUnavailable", "stopping")]), tmp_path) as client:
        async for event, found in follow_objects(client, POOLS):
            told.append((event, found.get("metadata", {}).get("name")))
            if told.count(("LISTED", None)) == 2:
                break
    first = [("ADDED", "a"), ("ADDED", "b"), ("LISTED", None)]
    assert told == [*first, ("ADDED", "a"), ("DELETED", "b"), ("LISTED", None)]


async def test_one_that_is_still_to_come_is_waited_for(tmp_path):
    missing = [status(404, "NotFound", "", name="a") for _ in range(3)]
    async with serving(Server([missing[0]], []), tmp_path) as client:
        with pytest.raises(NotFound):
            await anext(follow_object(client, RUNS, "a"))
    async with serving(Server([*missing[1:], run(1, "Pending")], []), tmp_path) as client:
        assert (await anext(follow_object(client, RUNS, "a", to_come=True)))["status"]["phase"] == "Pending"


async def test_streams_that_end_at_once_are_not_asked_for_without_a_pause(tmp_path, monkeypatch):
    waits = []

    async def sleep(seconds):
        if seconds > 0:
            waits.append(seconds)
            if len(waits) == 4:
                raise RuntimeError("enough")

    monkeypatch.setattr("sluice.client.follow.asyncio.sleep", sleep)
    server = Server([tabled(row("a", 1, "Running"))], [events() for _ in range(9)])
    async with serving(server, tmp_path) as client:
        with pytest.raises(RuntimeError, match="enough"):
            async for _ in follow(client, RUNS):
                pass
    assert server.asked == ["read"] + ["watch 1"] * 4
