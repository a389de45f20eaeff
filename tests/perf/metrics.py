"""What the API server counts itself: requests that wrote what the operator writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SAMPLE = re.compile(r"^(?P<name>\w+)\{(?P<labels>.*)\} (?P<value>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def samples(text: str, name: str) -> Iterator[tuple[dict[str, str], float]]:
    """Labels and value of each sample by that name, in Prometheus' text format."""
    for found in _SAMPLE.finditer(text):
        if found["name"] == name:
            yield dict(_LABEL.findall(found["labels"])), float(found["value"])


def writes(text: str, *, events: bool) -> int:
    """Requests so far that wrote pods, revisions, our kinds and, if asked, Events; Leases and deletions apart.

    Kubernetes' own components write pods too, as subresources (bindings, statuses), which are left out. The scheduler's
    Events are of another group than ours; the kubelet's are not, so they cannot be told apart where it runs the pods.
    """

    def ours(labels: dict[str, str]) -> bool:
        if labels["group"] == "sluice.dev" or labels["resource"] == "controllerrevisions":
            return True
        if labels["group"] or labels["subresource"]:
            return False
        return (labels["resource"] == "pods" and labels["verb"] == "POST") or (
            events and labels["resource"] == "events"
        )

    return int(
        sum(
            value
            for labels, value in samples(text, "apiserver_request_total")
            if labels["verb"] in ("POST", "PUT", "PATCH") and ours(labels)
        )
    )
