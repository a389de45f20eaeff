"""The API server for those who break things and for those who judge: JSON over plain HTTP, as the administrator."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Json = dict[str, Any]

_TRIES, _COMES_AGAIN_S = 80, 0.5  # the storage of a CRD takes seconds to start, and so does an API server

NODES = "/api/v1/nodes"

HARNESS = "sluice-chaos"
"""How our own requests call themselves in the audit log, so that they are not taken for the operator's."""

LATE = "late"
"""How the operator's requests call themselves that the network has held up."""


class Refused(Exception):
    """The API server's no. `code` is HTTP's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Server:
    """In one namespace. `url` leads to the API server without credentials."""

    def __init__(self, url: str, namespace: str) -> None:
        self.url, self.namespace = url, namespace
        self._core = f"/api/v1/namespaces/{namespace}"
        self._ours = f"/apis/sluice.dev/v1alpha1/namespaces/{namespace}"

    def path(self, kind: str, name: str = "", subresource: str = "") -> str:
        """Of a kind by its plural: the core's, a Lease, or one of ours."""
        if kind == "leases":
            where = f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}"
        else:
            where = self._core if kind in ("pods", "resourcequotas", "configmaps") else self._ours
        return "/".join(filter(None, (where, kind, name, subresource)))

    def list(self, kind: str) -> list[Json]:
        items: list[Json] = self.ask("GET", self.path(kind))["items"]
        return items

    def nodes(self) -> set[str]:
        """The names of all nodes."""
        return {node["metadata"]["name"] for node in self.ask("GET", NODES)["items"]}

    def get(self, kind: str, name: str) -> Json:
        return self.ask("GET", self.path(kind, name))

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """A PATCH is a merge patch. Raises Refused; a server that is busy (429), or starts again (5xx), is asked again
        first, although it may have done it.
        """
        for _ in range(_TRIES):
            try:
                return self._ask(method, path, body)
            except Refused as refused:
                if refused.code != HTTPStatus.TOO_MANY_REQUESTS and refused.code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                time.sleep(_COMES_AGAIN_S)
        return self._ask(method, path, body)

    def _ask(self, method: str, path: str, body: Json | None) -> Json:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": kind, "User-Agent": HARNESS}
        request = Request(f"{self.url}{path}", content, headers, method=method)  # noqa: S310  # always our own proxy
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                found: Json = json.load(answer)
                return found
        except HTTPError as error:
            raise Refused(error.code, error.read().decode(errors="replace")) from error
        except (OSError, HTTPException) as error:  # cut off in the middle of its answer
            raise Refused(HTTPStatus.BAD_GATEWAY, repr(error)) from error
