"""The page in a cluster: each visitor by their own token, and nothing of one visitor is another's."""

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import async_playwright, expect

from sluice.client.asynchronous import Configuration
from sluice.client.errors import NoCluster
from sluice.client.kubeconfig import with_token
from sluice.page.visitors import ByToken
from tests.browser import PATIENCE_MS, launch_options
from tests.client.server import status
from tests.page.server import browsing, load

expect.set_options(timeout=PATIENCE_MS)

USERS = {"Bearer ada's": "ada", "Bearer bob's": "bob"}


async def cluster(request):
    user = USERS.get(request.headers.get("Authorization", ""))
    if user is None:
        return status(401, "Unauthorized", "Unauthorized")
    return web.json_response(
        {"status": {"userInfo": {"username": user}}, "metadata": {"resourceVersion": "1"}, "rows": [], "items": []}
    )


def admitting(server):
    def configure(token):
        configuration = Configuration()
        configuration.host = server
        configuration.api_key["BearerToken"] = f"Bearer {token}"
        return configuration

    return ByToken(configure)


@pytest_asyncio.fixture
async def browser(tmp_path):
    async with browsing(cluster, tmp_path, signed_in=False, admitting=admitting) as found:
        yield found


async def test_each_request_has_the_rights_of_its_own_token(browser):
    for token, user in (("ada's", "ada"), ("bob's", "bob"), ("ada's", "ada")):
        answer = await browser.get("api/who", {"Authorization": f"Bearer {token}"})
        assert (answer.status, (await answer.json())["user"]) == (200, user)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "sign in with a token"),
        ({"Authorization": "Basic x"}, "sign in with a token"),
        ({"Authorization": "Bearer ada\xe4"}, "sign in with a token"),
        ({"Authorization": "Bearer eve's"}, "does not accept this token"),
    ],
    ids=str,
)
async def test_without_a_token_that_counts_nothing_is_shown(headers, words, browser):
    for path in ("api/who", "api/why?name=etl", "api/graph?name=etl"):
        answer = await browser.get(path, headers)
        assert answer.status == 401
        assert words in (await answer.json())["error"]


async def test_there_are_no_links_to_trade(browser):
    assert await (await browser.get("session")).json() == {"by": "token"}
    assert (await browser.sign_in("#token=x")).status == 403


async def test_a_token_is_entered_in_a_form_and_a_bad_one_says_so(browser):
    async with async_playwright() as playwright, await playwright.chromium.launch(**launch_options()) as chromium:
        page = await chromium.new_page()
        await load(page, browser.address)
        await page.get_by_label("Your token").fill("eve's")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("does not accept this token")
        await page.get_by_label("Your token").fill("bob\u200b's")  # what some copy with it
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("Copy it again, as a whole")
        await page.get_by_label("Your token").fill("bob's")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("header .user")).to_have_text("bob")
        await expect(page.get_by_text("There is no run in this namespace")).to_be_visible()


async def test_where_a_proxy_in_front_adds_the_token_there_is_no_form(browser):
    async with async_playwright() as playwright, await playwright.chromium.launch(**launch_options()) as chromium:
        context = await chromium.new_context(extra_http_headers={"Authorization": "Bearer ada's"})
        page = await context.new_page()
        await load(page, browser.address)
        await expect(page.locator("header .user")).to_have_text("ada")


def test_outside_of_a_cluster_it_says_so(monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(NoCluster, match="no pod of a cluster"):
        with_token("x")
