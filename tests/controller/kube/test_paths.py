"""Paths: no name that somebody wrote leads elsewhere."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from sluice.controller.kube.paths import object_path, our_path, pods_path

NAMESPACE = "/apis/apps/v1/namespaces/team/controllerrevisions/"


@pytest.mark.parametrize(
    "name", ["../../other/controllerrevisions/x", "..", ".", "x?watch=true", "x#y", "x/status", "%2e%2e"]
)
def test_a_name_is_one_part_of_a_path(name: str) -> None:
    rest = object_path("/apis/apps/v1", "team", "controllerrevisions", name).removeprefix(NAMESPACE)
    assert not set(rest) & set("/?#")
    read = unquote(rest)  # as the API server does before it looks for slashes
    assert "/" not in read
    assert read.strip(".")


def test_usual_names_stay_as_they_are() -> None:
    assert pods_path("team", "etl-1.x") == "/api/v1/namespaces/team/pods/etl-1.x"
    assert our_path("", "pools") == "/apis/sluice.dev/v1alpha1/pools"
