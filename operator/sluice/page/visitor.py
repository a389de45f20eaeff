"""Whose rights a request has."""

from dataclasses import dataclass, replace

from sluice.client.access import Access
from sluice.client.api import Client


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client of the API server, and the flags by which the command line would have the same."""

    client: Client
    access: Access

    def within(self, namespace: str) -> "Visitor":
        """In a namespace. '' is the client's own."""
        where = namespace or self.client.namespace
        return Visitor(self.client.within(where), replace(self.access, namespace=where))
