"""Counts the operator's writes, from the API server's own request metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SAMPLE = re.compile(r"^(?P<name>\w+)\{(?P<labels>.*)\} (?P<value>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def samples(text: str, name: str) -> Iterator[tuple[dict[str, str], float]]:
    """Labels and value of each sample of that name; `text` is in Prometheus' text format."""
    for sample in _SAMPLE.finditer(text):
        if sample["name"] == name:
            yield dict(_LABEL.findall(sample["labels"])), float(sample["value"])


def writes(text: str, *, events: bool) -> int:
    """The number of requests so far that wrote pods, revisions, our kinds and, with `events`, core Events.

    Not counted: Leases, deletions, and the writes of Kubernetes' own components to subresources of pods (bindings,
    statuses). The scheduler's Events are in another API group than the operator's, but the kubelet's are in the same:
    pass `events=False` if a kubelet runs the pods.
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
