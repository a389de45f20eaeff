"""Every view of the page, with something in it, in a real browser."""

from contextlib import asynccontextmanager

from aiohttp import web
from playwright.async_api import async_playwright

from sluice.core.base.naming import revision_name
from tests.browser import launch_options
from tests.client.server import status
from tests.page.server import browsing, load
from tests.page.test_logs import POD, Logging
from tests.page.test_streams import row, table

STATES = ("Running", "Pending", "Suspended", "Failed", "Stopped", "Succeeded")
TIMES = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:09Z"}
GRAPH = {
    "tasks": [
        {"name": "a", "image": "x", "command": ["true"]},
        {"name": "each", "image": "x", "command": ["true"], "dependsOn": ["a"], "forEach": {"range": {"end": 60}}},
        *({"name": f"after-{state.lower()}", "approval": {}, "dependsOn": ["each"]} for state in STATES),
    ]
}
REVISION = revision_name("etl", "w", GRAPH)
VIEWS = {
    "": "tbody tr",
    "?show=workflows": "tbody tr",
    "?show=pools": ".pool",
    "?show=backfills": "tbody tr",
    "?backfill=spring": ".month",
    "?workflow=etl": ".answer",
    "?workflow=etl&view=plan": ".answer",
    "?workflow=etl&view=parameters": "section",
    "?run=etl-1": ".box",
    "?run=etl-1&task=each&item=3": ".box[data-chosen=true]",
    "?run=etl-1&view=tasks": "tbody tr",
    "?run=etl-1&view=timeline": ".bar",
    "?run=etl-1&view=logs": ".line",
    "?run=etl-1&view=compare": "form",
    "?run=etl-1&view=yaml": "pre",
    "?run=etl-1&view=why": ".answer",
    "?run=gone": ".connection button",
}
"""Queries, each with what is there once the view is."""


class Everything(Logging):
    """One run is not there any more, and one can be made."""

    async def __call__(self, request):
        if request.method == "POST" and request.path.endswith("/workflowruns"):
            return web.json_response({"metadata": {"name": "etl-2", "namespace": "team"}})
        if request.path.endswith("/gone"):
            return status(404, "NotFound", "", name="gone")
        return await super().__call__(request)


def cluster(words):
    """What an API server answers. The words stand wherever somebody can write some."""
    found = Everything([words.encode(), b"\x1b[31mred\x1b[0m"])
    entries = {
        "a": {"phase": "Succeeded", **TIMES},
        "each": {"phase": "Failed", **TIMES, "reason": words, "message": words},
    }
    entries["each"]["items"] = {"total": 60, "succeeded": "0-29", "failed": "30-59"}
    entries["a"]["outputs"] = words
    entries |= {f"after-{state.lower()}": {"phase": state, "reason": "Approval: " + words} for state in STATES}
    stands = {"phase": "Failed", "progress": words, "message": words, "revision": REVISION, "tasks": entries, **TIMES}
    found.found["etl-1"] |= {"status": stands}
    owner = {"kind": "Workflow", "name": "etl", "uid": "w"}
    pool = {"metadata": {"uid": "p", "name": "db", "namespace": "team"}, "spec": {"slots": 2, "description": words}}
    pool["status"] = {"used": 2, "waiting": 1, "holders": [words], "waiters": [{"name": words, "since": words}]}
    times = {"workflow": "etl", "from": "2026-03-01T00:00:00Z", "until": "2026-03-09T00:00:00Z", "cron": "0 2 * * *"}
    backfill = {"metadata": {"name": "spring", "namespace": "team", "uid": "b", "creationTimestamp": "c"}}
    backfill |= {"spec": times, "status": {"phase": "Failed", "progress": "1/8", "message": words}}
    spec = {"parameters": [{"name": "day", "default": words, "description": words}], **GRAPH}
    none = {"metadata": {"resourceVersion": "1"}, "items": []}
    found.found |= {
        "workflowruns": table(*(row(f"run-{state.lower()}", state, labels={"team": words}) for state in STATES)),
        "etl": {"metadata": {"name": "etl", "namespace": "team", "uid": "w", "generation": 1}, "spec": spec},
        **{f"run-{state.lower()}": found.found["etl-1"] for state in STATES},
        "backfills": none | {"items": [backfill]},
        "spring": backfill,
        "workflows": table(row("etl", words)),
        "pools": none | {"items": [pool]},
        "pods": none | {"items": [POD]},
        "events": none,
        "nodes": none,
        "resourcequotas": none,
        "selfsubjectreviews": {"status": {"userInfo": {"username": words}}},
        REVISION: {"metadata": {"ownerReferences": [owner]}, "data": GRAPH},
    }
    return found


@asynccontextmanager
async def showing(folder, words):
    """A tab that is signed in."""
    async with (
        browsing(cluster(words), folder, signed_in=False) as browser,
        async_playwright() as playwright,
        await playwright.chromium.launch(**launch_options()) as chromium,
    ):
        tab = await chromium.new_page(viewport={"width": 1280, "height": 800})
        await load(tab, browser.link())
        yield tab
