"""What is sent to the API server, and what its answers mean."""

import re

import pytest
from aiohttp import web

from sluice.client.access import Access
from sluice.client.api import ALL_NAMESPACES, Client
from sluice.client.errors import (
    Conflict,
    Expired,
    Forbidden,
    NoCluster,
    NotFound,
    NotInstalled,
    Refused,
    Unreachable,
)
from sluice.client.resources import NODES, RUNS, WORKFLOWS
from tests.client.server import serving, status, write_kubeconfig

RUN = "/apis/sluice.dev/v1alpha1/namespaces/team/workflowruns"
CANNOT = 'workflowruns.sluice.dev "etl" is forbidden: User "ada" cannot get resource "workflowruns" in API group'


async def test_one_object_with_the_users_credentials(tmp_path):
    async def answer(request):
        assert request.headers["Authorization"] == "Bearer secret"
        assert request.headers["Impersonate-User"] == "bob"
        return web.json_response({"path": request.path})

    async with serving(answer, tmp_path, as_user="bob") as client:
        assert client.namespace == "team"
        assert await client.get(RUNS, "etl") == {"path": f"{RUN}/etl"}
        assert (await client.get(RUNS, "etl", "other"))["path"] == f"{RUN}/etl".replace("team", "other")
        assert (await client.get(NODES, "a?b"))["path"] == "/api/v1/nodes/a?b"  # quoted on the wire


ELSEWHERE = (".", "..", "etl/status", "../etl", "etl%2Fstatus")


@pytest.mark.parametrize("name", ["", *ELSEWHERE])
async def test_a_name_that_would_lead_elsewhere_is_not_sent(name, tmp_path):
    """An API server takes %2F for a slash."""
    async with serving(None, tmp_path) as client:
        for request in (client.get(RUNS, name), client.patch(RUNS, name, {}), anext(client.log(name))):
            with pytest.raises(NotFound, match=f"is called '{re.escape(name)}' in namespace team"):
                await request


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_nor_is_a_namespace(name, tmp_path):
    async with serving(None, tmp_path) as client:
        for request in (
            client.get(RUNS, "etl", name),
            client.objects(RUNS, name),
            anext(client.watch(RUNS, "1", name)),
        ):
            with pytest.raises(NotFound, match=f"no Namespace is called '{re.escape(name)}'"):
                await request


async def test_credentials_of_an_exec_plugin(tmp_path):
    plugin = tmp_path / "plugin"
    version = "client.authentication.k8s.io/v1"
    plugin.write_text(
        f'#!/bin/sh\necho \'{{"apiVersion": "{version}", "kind": "ExecCredential", "status": {{"token": "made"}}}}\'\n'
    )
    plugin.chmod(0o755)

    async def answer(request):
        return web.json_response({"as": request.headers["Authorization"]})

    async with serving(answer, tmp_path, {"exec": {"apiVersion": version, "command": str(plugin)}}) as client:
        assert await client.get(RUNS, "etl") == {"as": "Bearer made"}


async def test_pages_of_a_table_are_one_list(tmp_path):
    columns = [{"name": "Name"}, {"name": "Workflow"}]

    async def answer(request):
        assert "as=Table" in request.headers["Accept"]
        assert request.query["includeObject"] == "Metadata"
        assert "gzip" in request.headers["Accept-Encoding"]
        number = int(request.query.get("continue", "0"))
        metadata = {"name": f"r{number}", "managedFields": [{"manager": "sluice-operator"}]}
        row = {"cells": [f"r{number}", "etl"], "object": {"metadata": metadata}}
        following = {"continue": str(number + 1)} if number < 2 else {}
        return web.json_response({"metadata": following, "columnDefinitions": columns, "rows": [row]})

    async with serving(answer, tmp_path) as client:
        rows = await client.table(RUNS)
    assert [(row.name, row.cell("Workflow"), row.cell("Unknown")) for row in rows] == [
        (f"r{number}", "etl", "") for number in range(3)
    ]
    assert all("managedFields" not in row.metadata for row in rows)


async def test_a_watch_gives_events_until_it_ends(tmp_path):
    async def answer(request):
        assert request.query["resourceVersion"] == "7"
        return web.Response(
            text='{"type":"ADDED","object":{}}\n'
            '{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}\n'
        )

    async with serving(answer, tmp_path) as client:
        events = client.watch(RUNS, "7")
        assert (await anext(events))["type"] == "ADDED"
        with pytest.raises(Expired):
            await anext(events)


async def test_a_log_comes_as_bytes(tmp_path):
    async def answer(request):
        assert request.path == "/api/v1/namespaces/team/pods/p/log"
        assert dict(request.query) == {"container": "main", "follow": "true"}
        return web.Response(body=b"\xff no\nnewline")

    async with serving(answer, tmp_path) as client:
        assert b"".join([chunk async for chunk in client.log("p", follow="true")]) == b"\xff no\nnewline"


async def test_a_dry_run_is_the_servers(tmp_path):
    sent = []

    async def answer(request):
        sent.append((request.method, request.content_type, request.query["dryRun"], await request.json()))
        return web.json_response({})

    async with serving(answer, tmp_path) as client:
        await client.create(RUNS, {"a": 1}, dry_run=True)
        await client.patch(RUNS, "etl", {"b": 1}, dry_run=True)
        await client.apply(WORKFLOWS, {"metadata": {"name": "etl"}}, dry_run=True)
    assert sent == [
        ("POST", "application/json", "All", {"a": 1}),
        ("PATCH", "application/merge-patch+json", "All", {"b": 1}),
        ("PATCH", "application/apply-patch+yaml", "All", {"metadata": {"name": "etl"}}),
    ]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (status(401, "Unauthorized", "Unauthorized"), NoCluster, "does not accept the credentials"),
        (status(403, "Forbidden", CANNOT), Forbidden, "kubectl auth can-i get workflowruns.sluice.dev -n team"),
        (status(403, "Forbidden", "denied by a policy"), Refused, "^denied by a policy$"),
        (status(404, "NotFound", "gone", name="etl"), NotFound, "no WorkflowRun is called 'etl' in namespace team"),
        (status(404, "NotFound", "no such resource"), NotInstalled, "helm install"),
        (status(409, "AlreadyExists", "it is there"), Conflict, "it is there"),
        (status(410, "Expired", "too old"), Expired, "too old"),
        (status(422, "Invalid", "spec.x: bad"), Refused, "spec.x: bad"),
        (status(503, "", "no leader"), Unreachable, "no leader"),
        (web.Response(status=502, text="<html>proxy"), Unreachable, "<html>proxy"),
        (web.json_response({"code": "Unauthorized", "details": "x"}, status=401), NoCluster, "does not accept"),
        (web.json_response({"message": "no endpoints"}, status=503), Unreachable, "no endpoints"),
        (web.json_response({"code": 404}, status=503), Unreachable, "503"),
        (web.Response(text="<html>login"), Unreachable, "its answer makes no sense"),
    ],
)
async def test_errors_say_what_is_wrong(answer, error, words, tmp_path):
    async def give(_):
        return answer

    async with serving(give, tmp_path) as client:
        with pytest.raises(error, match=words):
            await client.get(RUNS, "etl")


async def test_a_right_in_all_namespaces_has_its_own_line(tmp_path):
    async def answer(_):
        return status(403, "Forbidden", CANNOT)

    async with serving(answer, tmp_path) as client:
        with pytest.raises(Forbidden, match=r"may not list .* in the whole cluster.* list workflowruns.sluice.dev -A"):
            await client.table(RUNS, ALL_NAMESPACES)


async def test_a_server_that_is_not_there(tmp_path):
    file = write_kubeconfig(tmp_path, "http://127.0.0.1:1", {})
    async with await Client.connect(Access(kubeconfig=str(file), context="plain")) as client:
        assert client.namespace == "default"
        with pytest.raises(Unreachable, match=r"no answer from http://127.0.0.1:1 \(.*refused"):
            await client.get(RUNS, "etl")


@pytest.mark.parametrize("text", ["", "[", "kind: Config", "- a"])
async def test_a_kubeconfig_that_cannot_be_used(text, tmp_path):
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    with pytest.raises(NoCluster, match="no usable kubeconfig"):
        await Client.connect(Access(kubeconfig=str(file)))


async def test_a_kubeconfig_that_is_not_there():
    with pytest.raises(NoCluster, match="there is no kubeconfig at /nowhere; name yours"):
        await Client.connect(Access(kubeconfig="/nowhere"))


async def test_an_exec_plugin_that_fails_says_why(tmp_path, capfd):
    exec_ = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", "echo log in >&2; exit 1"],
    }
    file = write_kubeconfig(tmp_path, "http://127.0.0.1:1", {"exec": exec_})
    with pytest.raises(NoCluster, match=r"no credentials by .*log in"):
        await Client.connect(Access(kubeconfig=str(file)))
    assert capfd.readouterr().err == ""
