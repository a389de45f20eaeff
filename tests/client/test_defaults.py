"""What the chart tells those who write Workflows."""

import json

import pytest
from aiohttp import web

from sluice.client.defaults import page_of, read
from tests.client.server import serving, status

HERE, PUBLIC = (f"/api/v1/namespaces/{namespace}/configmaps/sluice-defaults" for namespace in ("team", "kube-public"))


def defaults(image, **more):
    return {"data": {"defaults.json": json.dumps({"taskDefaults": {"image": image}, **more})}}


@pytest.mark.parametrize(
    ("there", "image"),
    [
        ({PUBLIC: defaults("cluster")}, "cluster"),
        ({PUBLIC: defaults("cluster"), HERE: defaults("own")}, "own"),
        ({PUBLIC: defaults("cluster", fromTheFuture=1)}, "cluster"),
        ({PUBLIC: defaults("cluster"), HERE: {"data": {"defaults.json": "{"}}}, "cluster"),
        ({PUBLIC: defaults("cluster"), HERE: {}}, "cluster"),
        ({PUBLIC: defaults(7)}, None),
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


@pytest.mark.parametrize(
    ("there", "address"),
    [
        ({PUBLIC: defaults("a", page="https://sluice.example.org/")}, "https://sluice.example.org/?ns=team&run=etl-1"),
        ({PUBLIC: defaults("a", page="")}, ""),
        ({PUBLIC: defaults("a", page="javascript:alert(1)")}, ""),
        ({PUBLIC: defaults("a")}, ""),
        ({PUBLIC: {"data": {"defaults.json": "[]"}}}, ""),
        ({}, ""),
    ],
)
async def test_where_the_page_shows_a_run_is_known_if_the_chart_says_it(there, address, tmp_path):
    async def answer(request):
        found = there.get(request.path)
        return status(404, "NotFound", "", name="x") if found is None else web.json_response(found)

    async with serving(answer, tmp_path) as client:
        assert await page_of(client, "etl-1") == address


async def test_without_the_right_to_read_them_they_are_unknown(tmp_path):
    async def answer(_):
        return status(403, "Forbidden", 'configmaps "x" is forbidden: User "a" cannot get resource "configmaps"')

    async with serving(answer, tmp_path) as client:
        assert await read(client) is None
        assert await page_of(client, "etl-1") == ""
