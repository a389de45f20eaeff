"""Whom the page's server lets in. An API server that is asked anything counts it."""

import asyncio
import logging
from io import BytesIO

import pytest
from aiohttp import web

from tests.page.server import browsing
from tests.page.test_streams import Heard


class Cluster:
    """Answers everything, and counts."""

    def __init__(self):
        self.asked = []

    async def __call__(self, request):
        self.asked.append(request.path)
        if "watch" in request.query:
            await asyncio.Event().wait()  # until it is cancelled
        found = {"status": {"userInfo": {"username": "ada"}}, "metadata": {"resourceVersion": "1"}}
        return web.json_response(found | {"rows": [], "items": []})


@pytest.fixture
def cluster():
    return Cluster()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "sluice.example.org"}, 200),  # which this server was told of
        ({"Host": "evil.example.org"}, 403),  # a name that is made to point at 127.0.0.1
        ({"Host": "127.0.0.1.evil.example.org:80"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "LOCALHOST"}, 403),  # browsers write it small
        ({"Host": "localhost."}, 403),
        ({"Host": "localhost:x"}, 403),
        ({"Host": "localhost:\xb2"}, 403),
        ({"Host": "localhost:80@evil.example.org"}, 403),
        ({"Host": "evil.example.org#localhost"}, 403),
        ({"Host": "0.0.0.0:80"}, 403),
        ({"Host": "2130706433"}, 403),  # 127.0.0.1 as one number
        ({"Origin": "http://evil.example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Host": "localhost", "Origin": "http://localhost"}, 200),
        ({"Host": "localhost", "Origin": "https://localhost"}, 200),  # a proxy in front had the TLS
        ({"Host": "localhost", "Origin": "file://localhost"}, 403),
        ({"Host": "localhost", "Origin": "http://x@localhost"}, 403),
        ({"Host": "localhost", "Origin": "http://localhost/"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),  # another port of this machine
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer x"}, 401),
        ({"Authorization": "Bearer \xe4"}, 401),
        ({"Cookie": "key=x", "Authorization": "Basic x"}, 401),
    ],
    ids=str,
)
async def test_who_is_let_in(headers, status, cluster, tmp_path):
    async with browsing(cluster, tmp_path, hosts=("sluice.example.org",)) as browser:
        answer = await browser.get("api/who", headers)
        assert answer.status == status
        if status != 200:
            assert cluster.asked == []
            assert (await answer.json())["error"]


LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "", LINK, 200),
        ("GET", "?run=etl-1", LINK, 200),
        ("GET", "", LINK | {"Sec-Fetch-Dest": "iframe"}, 403),
        ("GET", "", LINK | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, 403),
        ("GET", "", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("GET", "", LINK | {"Origin": "http://evil.example.org"}, 403),
        ("GET", "", LINK | {"Host": "evil.example.org"}, 403),
        ("POST", "", LINK, 403),
        ("GET", "static/style.css", LINK, 403),
        ("GET", "session", LINK, 403),
        ("GET", "api/who", LINK, 403),
    ],
)
async def test_a_link_elsewhere_leads_to_the_page_and_to_nothing_else(method, path, headers, status, cluster, tmp_path):
    async with browsing(cluster, tmp_path) as browser:
        assert (await browser.ask(method, path, headers)).status == status
        assert cluster.asked == []


async def test_another_port_of_this_machine_is_another_origin(cluster, tmp_path):
    async with browsing(cluster, tmp_path) as browser:
        own = browser.address.rstrip("/")
        assert (await browser.get("api/who", {"Origin": own})).status == 200
        assert (await browser.get("api/who", {"Origin": f"http://127.0.0.1:{browser.port + 1}"})).status == 403


async def test_a_link_opens_the_page_once_and_a_fresh_one_ends_the_one_before(cluster, tmp_path):
    async with browsing(cluster, tmp_path, signed_in=False) as browser:
        for link in ("", "#token=", "#token=x", "#token=\xe4"):
            assert (await browser.sign_in(link)).status == 403
        first, second = browser.link(), browser.link()
        assert (await browser.sign_in(first)).status == 403
        assert (await browser.sign_in(second)).status == 200
        key = browser.key
        assert (await browser.sign_in(second)).status == 403
        browser.key = key
        assert (await browser.get("api/who")).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "api/v1/namespaces/team/secrets",
        "apis/sluice.dev/v1alpha1/workflowruns",
        "api/../api/v1/secrets",
        "static/../serve.py",
        "static/%2e%2e/serve.py",
        "static/script/../../serve.py",
        "static/..%2f..%2fserve.py",
        "static\\..\\serve.py",
        "static/script/main.js%00.css",
        "static/modules/lock.sha256",
        "/evil.example.org/",
        "api%2Fwho",
        "API/who",
        "download/..%2f..%2fapi%2fwho",
        "http://127.0.0.1:1/",
    ],
)
async def test_nothing_else_is_forwarded_or_served(path, cluster, tmp_path):
    async with browsing(cluster, tmp_path) as browser:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            assert (await browser.ask(method, path)).status in (404, 405)
        assert cluster.asked == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "api/yaml", None),  # would be all runs
        ("GET", "api/yaml?name=..", None),
        ("GET", "api/yaml?name=etl%2Fstatus", None),
        ("GET", "api/yaml?name=etl%252Fstatus", None),
        ("GET", "api/yaml?name=etl&namespace=..", None),
        ("GET", "api/why?name=run%2Fetl&namespace=kube-system%2Fservices%2Fx%2Fproxy", None),
        ("GET", "api/graph?name=..%2F..%2Fsecrets%2Fx", None),
        ("POST", "api/download?name=etl%2Fstatus", None),
        ("POST", "api/act?namespace=team%2Fpods%2Fx", {"action": "stop", "name": "etl", "dryRun": True}),
        ("POST", "api/act", {"action": "stop", "name": "etl/status", "dryRun": True}),
    ],
)
async def test_names_never_lead_elsewhere_in_the_cluster(method, path, body, cluster, tmp_path):
    """A link to the page may have any."""
    async with browsing(cluster, tmp_path) as browser:
        answer = await browser.ask(method, path, json=body)
        assert (answer.status, cluster.asked) == (404, [])


@pytest.mark.parametrize("query", ["view=run", "view=run&name=..", "view=pools&namespace=team%2Fpods%2Fx%2Fproxy"])
async def test_nor_do_those_of_a_stream(query, cluster, tmp_path):
    async with browsing(cluster, tmp_path) as browser:
        assert (await Heard(await browser.get(f"api/live?{query}")).next("failed"))["kind"] == "NotFound"
    assert cluster.asked == []


async def test_what_writes_its_answer_itself_writes_none_to_head(cluster, tmp_path):
    """It would be taken for the answer to the next request of that connection, which a proxy shares among visitors."""
    async with browsing(cluster, tmp_path) as browser:
        asked = await browser.ask("POST", "api/download?name=etl")
        for path in ("api/live?view=pools", (await asked.json())["address"].lstrip("/")):
            assert (await browser.ask("HEAD", path)).status in (404, 405)


async def test_long_headers_are_let_in_up_to_a_limit_and_never_logged(cluster, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    async with browsing(cluster, tmp_path) as browser:
        assert (await browser.get("api/who", {"X-Groups": "g" * 60_000})).status == 200
        assert (await browser.get("api/who", {"X-Groups": "secret" * 12_000})).status == 400
    assert "secret" not in caplog.text
    assert browser.key not in caplog.text


async def test_large_bodies_are_refused(cluster, tmp_path):
    async with browsing(cluster, tmp_path) as browser:
        assert (await browser.ask("POST", "api/act", data=BytesIO(b'"' + b"x" * 2**20 + b'"'))).status == 413
        assert (await browser.ask("POST", "api/act", data=b"[" * 1000)).status == 400
    assert cluster.asked == []


async def test_of_a_hundred_streams_four_live_and_the_others_say_that_they_are_paused(cluster, tmp_path):
    async with browsing(cluster, tmp_path) as browser:

        async def open_one():
            answer = await browser.get("api/live?view=pools")
            assert answer.status == 200
            return answer

        streams = [await open_one() for _ in range(100)]
        ended = await asyncio.gather(*(stream.text() for stream in streams[:96]))
        assert all(text.endswith("event: paused\ndata: {}\n\n") for text in ended)
        for live in streams[96:]:
            assert (
                "pools"
                in (await live.content.readuntil(b"\n\n")).decode() + (await live.content.readuntil(b"\n\n")).decode()
            )


async def test_every_answer_forbids_foreign_script(cluster, tmp_path):
    async with browsing(cluster, tmp_path) as browser:
        for path in ("", "api/who", "api/nothing", "static/style.css"):
            answer = await browser.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "require-trusted-types-for 'script'" in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Set-Cookie" not in answer.headers


async def test_what_nobody_is_known_by_is_not_read_at_length(cluster, tmp_path):
    """Memory of the page in a cluster could be used up by whoever has no token."""

    async def in_pieces():
        yield b"{}"

    async with browsing(cluster, tmp_path, signed_in=False) as browser:
        for body in ("x" * 5000, in_pieces()):
            assert (await browser.ask("POST", "session", data=body)).status == 400
        assert (await browser.sign_in()).status == 200


async def test_a_body_that_does_not_come_is_not_waited_for(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("sluice.page.routes._BODY_S", 0.1)

    async def stuck():
        yield b"{"
        await asyncio.Event().wait()

    async with browsing(cluster, tmp_path) as browser:
        assert (await browser.ask("POST", "api/act", data=stuck())).status == 408
