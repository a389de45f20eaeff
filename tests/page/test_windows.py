"""What the page does with what comes, in a real browser: many windows, a long log, an address that was sent."""

import re
from functools import partial

import pytest_asyncio
from playwright.async_api import async_playwright, expect

from sluice.core.base.naming import revision_name
from tests.browser import PATIENCE_MS, launch_options
from tests.client.server import status
from tests.page.server import browsing, load
from tests.page.test_streams import Cluster, row, run, table

expect.set_options(timeout=PATIENCE_MS)


@pytest_asyncio.fixture
async def opened(tmp_path):
    """The page in a browser, signed in; how to open more tabs; and what the cluster answers."""
    user = {"status": {"userInfo": {"username": "ada"}}}
    none = {"metadata": {"resourceVersion": "1"}, "items": []}
    found = {"workflowruns": table(row("a", "Running")), "selfsubjectreviews": user, "etl-1": run("Running")}
    cluster = Cluster(**found, pods=none, pools=none, events=none)
    async with (
        browsing(cluster, tmp_path, signed_in=False) as browser,
        async_playwright() as playwright,
        await playwright.chromium.launch(**launch_options()) as chromium,
    ):
        context = await chromium.new_context()

        async def tab(query=""):
            page = await context.new_page()
            await load(page, browser.address + query)
            return page

        page = await context.new_page()
        await load(page, browser.link())
        await expect(page.locator("header .user")).to_have_text("ada")
        yield page, tab, cluster


async def test_a_fifth_window_pauses_the_first_which_goes_on_when_it_is_asked_to(opened):
    first, tab, _ = opened
    await expect(first.locator("tbody tr")).to_have_count(1)
    others = [await tab() for _ in range(4)]
    for other in others:
        await expect(other.locator("tbody tr")).to_have_count(1)
    await expect(first.locator(".connection")).to_contain_text("Paused")
    await first.get_by_role("button", name="Go on").click()
    await expect(first.locator(".connection")).to_be_empty()
    await expect(others[0].locator(".connection")).to_contain_text("Paused")


async def test_of_a_log_that_is_too_long_the_oldest_lines_go_and_the_page_says_how_many(opened):
    _, tab, _ = opened
    page = await tab("?run=etl-1&view=logs")
    await expect(page.locator("h1")).to_have_text("etl-1")
    await page.evaluate("""
        import("/static/script/run.js").then(({ log }) => {
          for (let from = 0; from < 1_100_000; from += 50_000) {
            log.add(Array.from({ length: 50_000 }, (_, at) => ["work", "", `line ${from + at + 1}`]));
          }
        })
    """)
    await expect(page.get_by_role("alert")).to_contain_text("the oldest 100000 lines are not kept")
    await expect(page.locator(".line").last).to_contain_text("line 1100000")
    assert await page.locator(".line").count() < 100

    await page.locator(".log").evaluate("(log) => (log.scrollTop = (log.scrollHeight - log.clientHeight) / 2)")
    await expect(page.locator(".line").first).to_contain_text(re.compile(r"line 5999\d\d"))
    await page.locator(".log").press("PageDown")
    below = await page.locator(".line").first.inner_text()
    await page.get_by_label("wrap").check()
    await page.locator(".log").press("ArrowDown")
    assert await page.locator(".line").first.inner_text() != below
    await page.locator(".log").press("End")
    await expect(page.locator(".line").last).to_be_in_viewport()
    await expect(page.locator(".line").last).to_contain_text("line 1100000")

    await page.get_by_label("Search").fill("Line 12345")
    await expect(page.get_by_text("10 of 1000000 lines")).to_be_visible()
    await page.get_by_role("link", name="123450", exact=True).click()
    assert "line=123450" in page.url
    other = await tab("?" + page.url.partition("?")[2])
    await expect(other.get_by_label("Search")).to_have_value("Line 12345")


async def test_an_expired_kubeconfig_says_so_and_what_to_do(opened):
    page, _, cluster = opened
    cluster.found["selfsubjectreviews"] = status(401, "Unauthorized", "Unauthorized")
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("does not accept the credentials of the kubeconfig")
    await expect(page.get_by_text("Get fresh ones, as for kubectl")).to_be_visible()


async def test_who_looks_is_asked_again_until_the_cluster_answers(opened):
    page, _, cluster = opened
    ada = cluster.found["selfsubjectreviews"]
    cluster.found["selfsubjectreviews"] = partial(status, 503, "ServiceUnavailable", "it is starting")
    await page.reload()
    await expect(page.get_by_role("alert").first).to_contain_text("it is starting")
    await expect(page.locator("header .user")).to_have_count(0)
    cluster.found["selfsubjectreviews"] = ada
    await expect(page.locator("header .user")).to_have_text("ada")


async def test_a_page_elsewhere_leads_here(opened, tmp_path):
    """As the file does that `sluice ui` opens."""
    page, _, _ = opened
    file = tmp_path / "open.html"
    file.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={page.url}">')
    other = await page.context.new_page()
    await other.goto(file.as_uri())
    await expect(other.locator("header .user")).to_have_text("ada")


async def test_separators_of_lines_in_what_others_wrote_lose_no_event(opened):
    _, tab, cluster = opened
    words = "two\u2028lines\u2029more"
    cluster.found["workflowruns"] = table(row("b", words))
    page = await tab()
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert words in str(await page.evaluate("document.querySelector('tbody').innerHTML"))


async def test_of_a_run_that_was_made_again_its_own_graph_is_drawn(opened):
    _, tab, cluster = opened

    def there_is(uid, *tasks):
        graph = {"tasks": [{"name": task, "image": "x"} for task in tasks]}
        name = revision_name("etl", "w", graph)
        owner = {"kind": "Workflow", "name": "etl", "uid": "w"}
        cluster.found[name] = {"metadata": {"ownerReferences": [owner]}, "data": graph}
        cluster.found["etl-1"] = made = run("Running")
        made["metadata"]["uid"], made["status"]["revision"] = uid, name

    there_is("first", "a", "b")
    page = await tab("?run=etl-1")
    await expect(page.locator(".box")).to_have_count(2)
    cluster.events["etl-1"].put_nowait({"type": "DELETED", "object": cluster.found["etl-1"]})
    await expect(page.locator(".connection")).to_contain_text("was deleted")
    there_is("second", "a", "c", "d")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".box")).to_have_count(3)


async def test_what_is_typed_stays_when_news_of_the_run_comes(opened):
    _, tab, cluster = opened

    def told(message):
        found = run("Succeeded", a={"phase": "Succeeded"})
        times = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:00Z"}
        found["status"] |= {"message": message, **times}
        return found

    cluster.found["etl-1"] = told("as it was")
    page = await tab("?run=etl-1&view=timeline")
    await page.get_by_label("parallelism").fill("3")
    cluster.found["etl-1"] = told("something new")
    cluster.events["etl-1"].put_nowait({"type": "MODIFIED", "object": cluster.found["etl-1"]})
    await expect(page.get_by_text("something new").first).to_be_visible()
    await expect(page.get_by_label("parallelism")).to_have_value("3")


async def test_what_is_shown_stays_until_something_newer_comes(opened):
    """The stream is opened anew while the cluster does not answer."""
    _, tab, cluster = opened
    cluster.found["etl-1"] = run("Failed", a={"phase": "Succeeded"}, b={"phase": "Failed", "reason": "Error"})
    page = await tab("?run=etl-1&view=tasks")
    await expect(page.locator("tbody tr")).to_have_count(2)
    cluster.found["etl-1"] = partial(status, 503, "ServiceUnavailable", "it is starting")
    cluster.events["etl-1"].put_nowait({"type": "ERROR", "object": {"code": 410, "message": "too old"}})
    await expect(page.locator(".connection")).to_contain_text("it is starting")
    await expect(page.locator("tbody [data-state=Failed]")).to_have_count(1)
    await page.evaluate("import('/static/script/stream.js').then(({ goOn }) => goOn())")
    await expect(page.locator(".connection")).to_contain_text("it is starting")
    await expect(page.locator("tbody [data-state=Failed]")).to_have_count(1)
    cluster.found["etl-1"] = run("Succeeded", a={"phase": "Succeeded"})
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator(".connection")).to_be_empty()


async def test_a_fresh_link_counts_in_a_tab_that_is_open(opened):
    first, _, _ = opened
    context = await first.context.browser.new_context()
    page = await context.new_page()
    await page.goto(first.url)
    await expect(page.get_by_text("This tab has no key")).to_be_visible()
    key = await first.evaluate("sessionStorage.getItem('key')")
    await page.evaluate("key => { sessionStorage.setItem('key', key); location.hash = '#token=used' }", key)
    await expect(page.locator("header .user")).to_have_text("ada")
    assert "token" not in page.url


async def test_why_is_asked_of_a_run_of_which_nothing_is_known_yet(opened):
    _, tab, cluster = opened
    cluster.found["etl-1"]["status"] = {}
    page = await tab("?run=etl-1&view=why")
    await expect(page.locator(".answer")).to_be_visible()


async def test_a_late_answer_about_another_run_is_not_shown(opened):
    _, tab, cluster = opened
    cluster.found["etl-2"] = run("Succeeded")
    cluster.found["etl-2"]["metadata"] |= {"name": "etl-2", "uid": "2"}
    page = await tab("?run=etl-1&view=yaml")
    await expect(page.locator("pre")).to_contain_text("name: etl-1")
    held = []

    async def hold(route):
        held.append(route)

    await page.route("**/api/yaml?*name=etl-1", hold)
    await page.get_by_role("button", name="Read again").click()
    await page.evaluate("import('/static/script/address.js').then(({ go }) => go('?run=etl-2&view=yaml'))")
    await expect(page.locator("pre")).to_contain_text("name: etl-2")
    async with page.expect_response("**/api/yaml?*name=etl-1"):
        await held[0].continue_()
    await expect(page.locator("pre")).to_contain_text("name: etl-2")


async def test_a_proxys_refusal_while_the_server_starts_anew_is_no_end(opened):
    page, _, _ = opened
    refuse = True

    async def answer(route):
        await (route.fulfill(status=503, body="no endpoints") if refuse else route.continue_())

    await page.route("**/api/live?*", answer)
    await page.evaluate("import('/static/script/stream.js').then(({ goOn }) => goOn())")
    await expect(page.locator(".connection")).to_contain_text("trying again")
    refuse = False
    await expect(page.locator(".connection")).to_be_empty()


async def test_names_that_objects_of_script_have_are_names_like_others(opened):
    _, tab, cluster = opened
    names = ("constructor", "__proto__", "toString")
    spec = {"tasks": [{"name": "constructor", "image": "x"}], "parameters": [{"name": name} for name in names]}
    cluster.found |= {
        "etl": {"metadata": {"name": "etl", "namespace": "team", "uid": "w", "generation": 1}, "spec": spec},
        "workflows": table(row("etl", "")),
        "a": run("Running"),
    }
    page = await tab("?workflow=etl")
    await expect(page.locator(".grid tbody tr")).to_have_count(1)
    await expect(page.locator(".grid tbody [data-state]")).to_have_count(0)
    await page.get_by_role("button", name="Run…").click()
    await expect(page.locator("dialog textarea")).to_have_count(3)
    await page.locator("dialog textarea").nth(1).fill("x")
    assert [await field.input_value() for field in await page.locator("dialog textarea").all()] == ["", "x", ""]
