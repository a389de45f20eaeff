"""Logs on their way through the page's server: to a tab, and into a file."""

import asyncio

import pytest
from aiohttp import web

from sluice.core.spec.identity import RunIdentity
from sluice.page.live import FAULT
from tests.client.server import status
from tests.core import kubelet
from tests.page.server import browsing
from tests.page.test_streams import Cluster, Heard, run, table

RUN = RunIdentity("etl-1", "team", "u", "etl", {}, started_at=kubelet.START)
POD = kubelet.pod(kubelet.exited(), run=RUN)
LINE = b"2026-01-01T00:00:03.000000000Z %b\n"
BLOCK = LINE % (b"x" * 1000) * 1000
MUCH = 64 * 2**20


class Logging(Cluster):
    """Of a run with one pod. `log` has the lines, or is "endless": then `stuck` is set once nobody takes more of it."""

    def __init__(self, log):
        pods = {"metadata": {"resourceVersion": "1"}, "items": [POD]}
        ended = run("Succeeded", a={"phase": "Succeeded", "pod": POD["metadata"]["name"]})
        super().__init__(**{"etl-1": ended, "pods": pods, "workflowruns": table()})
        self.log, self.sent, self.stuck = log, 0, asyncio.Event()

    async def __call__(self, request):
        if not request.path.endswith("/log"):
            return await super().__call__(request)
        response = web.StreamResponse()
        await response.prepare(request)
        if self.log != "endless":
            await response.write(b"".join(LINE % line for line in self.log))
            return response
        while True:
            writing = asyncio.create_task(response.write(BLOCK))
            done, _ = await asyncio.wait([writing], timeout=3)
            if not done:
                self.stuck.set()
            await writing
            self.sent += len(BLOCK)


async def download(browser, **query):
    """Asks for an address, and then by it, as a browser does: without a key."""
    asked = await browser.ask("POST", "api/download", params={"name": "etl-1", **query})
    if asked.status != 200:
        return asked
    browser.key = ""
    return await browser.get((await asked.json())["address"].lstrip("/"))


async def test_a_log_becomes_a_file_by_an_address_that_works_once(tmp_path):
    async with browsing(Logging([b"one", b"<b>\xff", b"three"]), tmp_path) as browser:
        file = await download(browser)
        assert (file.status, file.content_type) == (200, "text/plain")
        assert file.headers["Content-Disposition"] == 'attachment; filename="etl-1.log"'
        assert (await file.read()).startswith("a │ one\na │ <b>".encode() + b"\xff\n" + "a │ three\n".encode())
        again = await browser.get(str(file.url.relative())[1:])
        assert again.status == 404
        assert "was used already" in (await again.json())["error"]


@pytest.mark.parametrize("path", ["download/x", "download/"])
async def test_no_other_address_has_a_file(path, tmp_path):
    async with browsing(Logging([b"one"]), tmp_path) as browser:
        assert (await browser.get(path)).status == 404


async def test_of_many_addresses_only_the_newest_are_kept(tmp_path):
    async with browsing(Logging([b"one"]), tmp_path) as browser:
        asked = [await browser.ask("POST", "api/download?name=etl-1") for _ in range(17)]
        addresses = [(await each.json())["address"].lstrip("/") for each in asked]
        assert [(await browser.get(address)).status for address in (*addresses[:2], addresses[16])] == [404, 200, 200]


async def test_who_may_not_read_a_run_gets_no_address(tmp_path):
    cluster = Logging([])
    cluster.found["etl-1"] = status(403, "Forbidden", 'workflowruns is forbidden: User "v" cannot get resource')
    async with browsing(cluster, tmp_path) as browser:
        assert (await download(browser)).status == 403


async def test_of_a_task_that_has_no_log_the_file_says_why(tmp_path):
    async with browsing(Logging([b"one"]), tmp_path) as browser:
        assert "one" not in await (await download(browser, logs="b")).text()


async def test_a_fault_of_ours_ends_the_file_and_says_where_to_look(tmp_path, caplog, monkeypatch):
    async def fails(*_):
        raise ValueError("a bug")

    monkeypatch.setattr("sluice.page.download.show_logs", fails)
    async with browsing(Logging([b"one"]), tmp_path) as browser:
        file = await download(browser)
        assert (file.status, await file.text()) == (200, f"the rest ✖ {FAULT}\n")
        assert (await browser.get("session")).status == 200  # the connection is as it should be
    assert "ValueError: a bug" in caplog.text


@pytest.mark.parametrize("way", ["stream", "file"])
async def test_a_long_log_comes_whole_and_in_order(way, tmp_path):
    lines = [f"line {number} {'x' * 100}" for number in range(20_000)]
    async with browsing(Logging([line.encode() for line in lines]), tmp_path) as browser:
        if way == "file":
            text = await (await download(browser)).text()
            assert text.splitlines()[: len(lines)] == [f"a │ {line}" for line in lines]
            return
        heard, come = Heard(await browser.get("api/live?view=run&name=etl-1&logs=")), []
        while len(come) < len(lines):
            come += [line for _, time, line in await heard.next("log") if time]
        assert come == lines


@pytest.mark.parametrize("way", ["stream", "file"])
async def test_of_an_endless_log_no_more_is_read_than_is_taken(way, tmp_path):
    cluster = Logging("endless")
    async with browsing(cluster, tmp_path) as browser:
        if way == "stream":
            taken = await browser.get("api/live?view=run&name=etl-1&logs=")
            await Heard(taken).next("log")
        else:
            asked = await browser.ask("POST", "api/download?name=etl-1")
            taken = await browser.open((await asked.json())["address"].lstrip("/"))
            await taken.content.readany()
        await asyncio.wait_for(cluster.stuck.wait(), 60)
        assert len(BLOCK) < cluster.sent < MUCH
