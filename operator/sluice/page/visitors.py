"""Who may ask, and with whose rights: what a request shows as `Authorization: Bearer` says it.

On one's own machine it is the key that a link was traded for, and the rights are those of the kubeconfig. In a cluster
it is the visitor's own token for the API server, and nothing is kept from one request to the next.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from sluice.client.access import Access
from sluice.client.api import Client
from sluice.client.asynchronous import Configuration
from sluice.client.errors import ClientError, NoCluster
from sluice.page.sessions import Sessions


class NotAdmitted(ClientError):
    """Nobody is known by what the request shows."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client of the API server, and the flags by which the command line would have the same."""

    client: Client
    access: Access

    def within(self, namespace: str) -> "Visitor":
        """In a namespace. '' is the client's own."""
        where = namespace or self.client.namespace
        return Visitor(self.client.within(where), replace(self.access, namespace=where))


class Visitors(Protocol):
    """One of the two ways."""

    @property
    def sessions(self) -> Sessions | None:
        """Where links are traded for keys, if they are."""

    def admit(self, bearer: str) -> AbstractAsyncContextManager[Visitor]:
        """While the request lasts. Raises NotAdmitted."""


class ByLink:
    """All have the rights of whoever started the program."""

    def __init__(self, visitor: Visitor) -> None:
        self.sessions = Sessions()
        self._visitor = visitor

    @asynccontextmanager
    async def admit(self, bearer: str) -> AsyncIterator[Visitor]:
        if not self.sessions.has(bearer):
            raise NotAdmitted("no key; press Enter where `sluice ui` runs, for a fresh link")
        yield self._visitor


class ByToken:
    """Each has the rights of their own token. `configure` says how the API server is asked with it."""

    sessions = None

    def __init__(self, configure: Callable[[str], Configuration]) -> None:
        self._configure = configure

    @asynccontextmanager
    async def admit(self, bearer: str) -> AsyncIterator[Visitor]:
        if not bearer or not bearer.isascii():
            raise NotAdmitted("sign in with a token for the API server")
        async with Client(self._configure(bearer), Access(), "default") as client:
            try:
                yield Visitor(client, Access())
            except NoCluster:
                raise NotAdmitted("the API server does not accept this token; it may have expired") from None
