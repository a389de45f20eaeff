"""The page's server as `sluice ui` starts it, before an API server that gives prepared answers."""

from contextlib import aclosing, asynccontextmanager, suppress

import aiohttp
from playwright.async_api import TimeoutError  # noqa: A004  # Playwright's own
from yarl import URL

from sluice.client.access import Access
from sluice.page.serve import serving as serving_page
from sluice.page.visitors import ByLink, Visitor
from tests.browser import LOADED_MS, LOADS, SHOWN
from tests.client.server import serving


class Browser:
    """A client of the page that sends what it is told to, as a browser or an attacker would."""

    def __init__(self, session, port, visitors):
        self._session, self._visitors, self.port, self.key = session, visitors, port, ""
        self.address = f"http://127.0.0.1:{port}/"
        self._streams = []

    def link(self):
        return f"{self.address}#token={self._visitors.sessions.new_token()}"

    async def sign_in(self, link=None):
        token = (self.link() if link is None else link).partition("#token=")[2]
        answer = await self.ask("POST", "session", json={"token": token})
        self.key = (await answer.json()).get("key", "")
        return answer

    async def ask(self, method, path, headers=None, **more):
        answer = await self.open(path, headers, method=method, **more)
        if answer.content_type != "text/event-stream":
            await answer.read()
        return answer

    async def open(self, path, headers=None, *, method="GET", **more):
        """An answer whose content is still to be read."""
        with_key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        address = URL(self.address + path, encoded=True)  # as it is: with `..` and %2e
        answer = await self._session.request(method, address, headers={**with_key, **(headers or {})}, **more)
        self._streams.append(answer)
        return answer

    async def aclose(self):
        for stream in self._streams:
            stream.close()

    async def get(self, path, headers=None, **more):
        return await self.ask("GET", path, headers, **more)


@asynccontextmanager
async def browsing(answer, folder, *, signed_in=True, hosts=(), admitting=None):
    """`answer(request)` is the API server's. `admitting(server)` makes the visitors, by default those with a link."""
    async with serving(answer, folder) as client, aiohttp.ClientSession() as session:
        visitors = admitting(client.server) if admitting else ByLink(Visitor(client, Access()))
        async with serving_page(visitors, hosts=hosts) as port:
            browser = Browser(session, port, visitors)
            async with aclosing(browser):
                if signed_in:
                    await browser.sign_in()
                yield browser


async def load(page, address):
    """Shows the address in a tab of a real browser."""
    await page.goto(address)
    for _ in range(LOADS):
        with suppress(TimeoutError):
            await page.wait_for_selector(SHOWN, timeout=LOADED_MS)
            return
        await page.reload()
