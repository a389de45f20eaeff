"""Paths of the API server."""

from sluice.api import API_VERSION


def our_path(namespace: str, plural: str, name: str = "") -> str:
    """The path of an object or a collection of our own kinds."""
    return f"/apis/{API_VERSION}{namespace_path(namespace)}/{plural}" + (f"/{name}" if name else "")


def pods_path(namespace: str, name: str = "") -> str:
    return f"/api/v1{namespace_path(namespace)}/pods" + (f"/{name}" if name else "")


def namespace_path(namespace: str) -> str:
    """The part of a path that names the namespace; nothing stands for all of them."""
    return f"/namespaces/{namespace}" if namespace else ""
