"""What the chart tells those who write Workflows."""

import json

import pytest
from aiohttp import web

from sluice.client.defaults import read
from tests.client.server import serving, status

HERE, PUBLIC = (f"/api/v1/namespaces/{namespace}/configmaps/sluice-defaults" for namespace in ("team", "kube-public"))


def told(image, **more):
    return {"data": {"defaults.json": json.dumps({"taskDefaults": {"image": image}, **more})}}


@pytest.mark.parametrize(
    ("there", "image"),
    [
        ({PUBLIC: told("cluster")}, "cluster"),
        ({PUBLIC: told("cluster"), HERE: told("own")}, "own"),
        ({PUBLIC: told("cluster", fromTheFuture=1)}, "cluster"),
        ({PUBLIC: told("cluster"), HERE: {"data": {"defaults.json": "{"}}}, "cluster"),
        ({PUBLIC: told("cluster"), HERE: {}}, "cluster"),
        ({PUBLIC: told(7)}, None),
        ({}, None),
    ],
)
async def test_the_namespaces_own_come_first(there, image, tmp_path):
    async def answer(request):
        found = there.get(request.path)
        return status(404, "NotFound", "", name="x") if found is None else web.json_response(found)

    async with serving(answer, tmp_path) as client:
        found = await read(client)
    assert (found.task_defaults.image if found else None) == image


async def test_without_the_right_to_read_them_they_are_unknown(tmp_path):
    async def answer(_):
        return status(403, "Forbidden", 'configmaps "x" is forbidden: User "a" cannot get resource "configmaps"')

    async with serving(answer, tmp_path) as client:
        assert await read(client) is None
