"""What Prometheus gets when it asks, read with its client library's own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


class Scrape:
    def __init__(self, text: str) -> None:
        self._samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """The sum of its series that have these labels."""
        return sum(s.value for s in self._samples if s.name == name and labels.items() <= s.labels.items())
