"""What `kubectl get -o json` prints, over one connection that stays open: to look again and again costs no process."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kubernetes.config import new_client_from_config
from urllib3.exceptions import HTTPError

Json = dict[str, Any]

# https://kubernetes.io/docs/reference/using-api/api-concepts/#aggregated-discovery
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Unread(Exception):
    """The API server's no, in its words."""


class Resource(NamedTuple):
    path: str
    plural: str
    namespaced: bool


class Api:
    def __init__(self, kubeconfig: Path) -> None:
        self._client = new_client_from_config(str(kubeconfig))
        self._resources: dict[str, Resource] = {}

    def get(self, namespace: str, kind: str, name: str, user: str = "") -> Json:
        """Of whatever name kubectl knows for the kind. `user` is whom we impersonate."""
        found = self._read(f"{self._where(namespace, kind)}/{name}", user=user)
        found["metadata"].pop("managedFields", None)
        return found

    def list(self, namespace: str, kind: str, selector: str = "", user: str = "") -> list[Json]:
        found = self._read(self._where(namespace, kind), {"labelSelector": selector} if selector else {}, user)
        named = {"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List")}
        items: list[Json] = [named | item for item in found["items"]]
        for item in items:
            item["metadata"].pop("managedFields", None)
        return items

    def _where(self, namespace: str, kind: str) -> str:
        if kind not in self._resources:
            self._discover()
        if kind not in self._resources:
            raise Unread(f'the server has no resource type "{kind}"')
        path, plural, namespaced = self._resources[kind]
        return f"{path}/namespaces/{namespace}/{plural}" if namespaced else f"{path}/{plural}"

    def _discover(self) -> None:
        for root in ("/apis", "/api"):  # where two have a name, the core's is meant
            for group in reversed(self._read(root, accept=_DISCOVERY)["items"]):
                named = group["metadata"].get("name", "")
                version = group["versions"][0]
                path = f"{root}/{named}/{version['version']}" if named else f"{root}/{version['version']}"
                for each in version["resources"]:
                    plural = each["resource"]
                    names = (plural, each["singularResource"], f"{plural}.{named}", *each.get("shortNames", ()))
                    self._resources |= dict.fromkeys(names, Resource(path, plural, each["scope"] == "Namespaced"))

    def _read(
        self, path: str, query: dict[str, str] | None = None, user: str = "", accept: str = "application/json"
    ) -> Json:
        headers = {"Accept": accept} | ({"Impersonate-User": user} if user else {})
        request = self._client.param_serialize(
            "GET", path, query_params=list((query or {}).items()), header_params=headers, auth_settings=["BearerToken"]
        )
        try:
            answer = self._client.call_api(*request, _request_timeout=30)
            said: Json = json.loads(answer.read())
        except HTTPError as error:
            raise Unread(str(error)) from error
        if answer.status != 200:
            raise Unread(f"Error from server ({said.get('reason')}): {said.get('message')}")
        return said


@cache
def api_of(kubeconfig: Path) -> Api:
    return Api(kubeconfig)
