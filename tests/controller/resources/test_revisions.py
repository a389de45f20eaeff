"""A frozen graph counts only if this Workflow made it, and nobody has changed it since."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sluice.controller.kube.objects import Key
from sluice.controller.resources.revisions import ForeignRevision, Revisions
from sluice.core.base.naming import change_of, owner_reference, revision_name

GRAPH = {"tasks": [{"name": "work", "image": "busybox"}]}
CHANGED = {"tasks": [{"name": "work", "image": "another"}]}
ETL = Key("team", "etl")
NAME = revision_name("etl", "u1", GRAPH)


class Server:
    def __init__(self, data: Any, owner: Any) -> None:
        self.body = {
            "metadata": {"name": NAME, "uid": "r1", "namespace": "team", "ownerReferences": [owner]},
            "data": data,
        }

    async def get(self, _path: str) -> Any:
        return self.body


def read(workflow: Key, data: Any, owner: Any) -> Any:
    return asyncio.run(Revisions(Server(data, owner)).read(workflow, NAME))  # type: ignore[arg-type]


def test_the_workflows_own_is_read() -> None:
    assert read(ETL, GRAPH, owner_reference("Workflow", "etl", "u1")).workflow_uid == "u1"


def change(data: Any, owner: Any) -> Any:
    return asyncio.run(Revisions(Server(data, owner)).change(ETL, NAME))  # type: ignore[arg-type]


def test_what_a_revision_did_is_known_from_it_as_long_as_it_is_there() -> None:
    assert change(GRAPH, owner_reference("Workflow", "etl", "u1")) == change_of(GRAPH)
    assert change(CHANGED, owner_reference("Workflow", "etl", "u1")) is None


@pytest.mark.parametrize(
    ("workflow", "data", "owner"),
    [
        (ETL, CHANGED, owner_reference("Workflow", "etl", "u1")),
        (ETL, None, owner_reference("Workflow", "etl", "u1")),
        (ETL, GRAPH, owner_reference("Workflow", "etl", "u2")),
        (ETL, GRAPH, owner_reference("WorkflowRun", "etl", "u1")),
        (ETL, GRAPH, owner_reference("Workflow", "etl", "u1") | {"controller": False}),
        (ETL, GRAPH, owner_reference("Workflow", "etl", "u1") | {"apiVersion": "example.com/v1"}),
        (Key("team", "other"), GRAPH, owner_reference("Workflow", "etl", "u1")),
    ],
)
def test_another_is_refused(workflow: Key, data: Any, owner: Any) -> None:
    with pytest.raises(ForeignRevision):
        read(workflow, data, owner)
