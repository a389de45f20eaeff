"""Paths of the API server. Names are quoted, as whoever wrote them may have meant another path."""

from urllib.parse import quote

from sluice.api import API_VERSION


def our_path(namespace: str, plural: str, name: str = "") -> str:
    """The path of an object or a collection of our own kinds."""
    return object_path(f"/apis/{API_VERSION}", namespace, plural, name)


def pods_path(namespace: str, name: str = "") -> str:
    return object_path("/api/v1", namespace, "pods", name)


def object_path(version: str, namespace: str, plural: str, name: str = "") -> str:
    """The path of an object or a collection of any kind; `version` is for example `/apis/apps/v1`."""
    return f"{version}{namespace_path(namespace)}/{plural}" + (f"/{_segment(name)}" if name else "")


def namespace_path(namespace: str) -> str:
    """The part of a path that names the namespace; nothing stands for all of them."""
    return f"/namespaces/{_segment(namespace)}" if namespace else ""


def _segment(name: str) -> str:
    """The API server takes %2F for a slash, and dots alone are a way up. No object has such a name: they are quoted
    twice, so that none is found.
    """
    once = name.replace("/", "%2F") if name.strip(".") else name.replace(".", "%2E")
    return quote(once, safe="")
