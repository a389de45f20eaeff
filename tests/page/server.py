"""The page's server as `sluice ui` starts it, before an API server that gives prepared answers."""

from contextlib import asynccontextmanager

import aiohttp

from sluice.client.access import Access
from sluice.page.serve import serving as serving_page
from sluice.page.visitor import Visitor
from tests.client.server import serving


class Browser:
    """A client of the page that sends what it is told to, as a browser or an attacker would."""

    def __init__(self, session, page):
        self._session, self.page, self.key = session, page, ""
        self._streams = []

    async def sign_in(self, link=None):
        token = (self.page.link() if link is None else link).partition("#token=")[2]
        answer = await self.ask("POST", "session", json={"token": token})
        self.key = (await answer.json()).get("key", "")
        return answer

    async def ask(self, method, path, headers=None, **more):
        with_key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        answer = await self._session.request(
            method, self.page.address + path, headers={**with_key, **(headers or {})}, **more
        )
        if answer.content_type == "text/event-stream":
            self._streams.append(answer)
        else:
            await answer.read()
        return answer

    def close(self):
        for stream in self._streams:
            stream.close()

    async def get(self, path, headers=None, **more):
        return await self.ask("GET", path, headers, **more)


@asynccontextmanager
async def browsing(answer, folder, *, signed_in=True, hosts=()):
    """`answer(request)` is the API server's."""
    async with (
        serving(answer, folder) as client,
        serving_page(Visitor(client, Access()), hosts=hosts) as page,
        aiohttp.ClientSession() as session,
    ):
        browser = Browser(session, page)
        if signed_in:
            await browser.sign_in()
        try:
            yield browser
        finally:
            browser.close()
