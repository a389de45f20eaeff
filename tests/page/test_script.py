"""What the page's script computes, in a real browser."""

import json

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import async_playwright

from tests.browser import launch_options
from tests.page.server import browsing, load


async def nothing(_):
    return web.json_response({})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def computed(tmp_path_factory):
    """Calls a function of a module of the script."""
    async with (
        browsing(nothing, tmp_path_factory.mktemp("page")) as browser,
        async_playwright() as playwright,
        await playwright.chromium.launch(**launch_options()) as chromium,
    ):
        page = await chromium.new_page()
        await load(page, browser.address)

        async def call(module, function, *arguments):
            script = f"found.{function}(...{json.dumps(arguments)})"
            return await page.evaluate(f"import('/static/script/{module}.js').then((found) => {script})")

        yield call


CASES = [
    ("words", "lasting", [7.9], "7s"),
    ("words", "lasting", [187], "3m07s"),
    ("words", "lasting", [7500], "2h05m"),
    ("words", "lasting", [-3], "0s"),
    ("words", "took", [{"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:08Z"}], "8s"),
    ("words", "took", [{}], ""),
    ("words", "stateOf", [None], "Waiting"),
    ("words", "stateOf", [{"phase": "Pending", "reason": "WaitingFor: a"}], "Waiting"),
    ("words", "stateOf", [{"phase": "Pending", "reason": "Pool: warehouse 1/1"}], "Pending"),
    ("words", "stateOf", [{"phase": "Failed", "reason": "Error"}], "Failed"),
    ("items", "statesOf", [{"total": 4, "succeeded": "0-1", "failed": "3"}], ["Succeeded"] * 2 + ["Pending", "Failed"]),
    ("items", "statesOf", [{"total": "x", "succeeded": 7}], []),
    ("items", "statesOf", [{"total": -1, "succeeded": "0"}], []),
    ("items", "statesOf", [None], []),
    ("items", "counted", [["Failed", "Succeeded", "Failed"]], "2 Failed, 1 Succeeded"),
    ("bars", "spent", [[["running", 0, 3], ["no node", 3, 4], ["running", 4, 6]]], [["running", 5], ["no node", 1]]),
    ("bars", "patternOf", ["pool/warehouse"], "pool"),
    ("bars", "patternOf", ["limits (now Pool)"], "pool"),
    ("bars", "patternOf", ["limits (now QuotaExceeded)"], "quota"),
    ("bars", "patternOf", ["parallelism"], "limits"),
    (
        "bars",
        "placed",
        [[["image", 1, 2], ["running", 3, 5]], 10],
        [{"kind": "image", "gap": 10, "width": 10}, {"kind": "running", "gap": 10, "width": 20}],
    ),
    ("bars", "chosen", [[{"task": "load"}, {"task": "clean"}], "oa", None], [{"task": "load"}]),
    ("grid", "rowsOf", [["b", "a"], [{"a": "Failed", "gone": "Failed"}]], ["b", "a", "gone"]),
    ("grid", "cut", [["a", "b", "c"], [{"a": "Succeeded", "b": "Succeeded", "c": "Failed"}], 2], ["a", "c"]),
    ("grid", "cut", [["a", "b"], [], 2], ["a", "b"]),
    ("grid", "spans", [["01", "01", "02"]], [["01", 2], ["02", 1]]),
    ("calendar", "weeks", [2, [1, 2, 3, 4, 5, 6]], [[None, None, 1, 2, 3, 4, 5], [6]]),
    ("calendar", "worst", [[["d", "c", "Succeeded"], ["d", "c", "Failed"]]], "Failed"),
    ("calendar", "worst", [[]], ""),
    (
        "ansi",
        "coloured",
        ["a\x1b[2J\x1b]0;title\x07b"],
        [{"text": "a", "colour": ""}, {"text": "b", "colour": ""}],
    ),
    (
        "ansi",
        "coloured",
        ["a\x1b[1;31mb\x1b[0mc"],
        [{"text": "a", "colour": ""}, {"text": "b", "colour": "red"}, {"text": "c", "colour": ""}],
    ),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("module", "function", "arguments", "expected"), CASES)
async def test_it_is_computed(module, function, arguments, expected, computed):
    assert await computed(module, function, *arguments) == expected


@pytest.mark.asyncio(loop_scope="module")
async def test_a_calendar_has_the_months_of_its_times_with_all_their_days(computed):
    times = [["2026-02-28", "02:00", "Failed"], ["2026-02-28", "03:00", "Failed"], ["2026-04-01", "02:00", "Waiting"]]
    february, april = await computed("calendar", "months", times)
    assert [(month["name"], month["before"], len(month["days"])) for month in (february, april)] == [
        ("2026-02", 6, 28),  # it began on a Sunday
        ("2026-04", 2, 30),
    ]
    assert [len(day["times"]) for day in february["days"]] == [0] * 27 + [2]
    assert april["days"][0] == {"day": "2026-04-01", "times": [times[2]]}
