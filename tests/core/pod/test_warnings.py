import pytest

from sluice.core.pod.warnings import newest_warning


def event(reason, message="it failed", *, type_="Warning", **times):
    return {"type": type_, "reason": reason, "message": message, **times}


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([], ""),
        ([event("Scheduled", type_="Normal")], ""),
        ([event("FailedMount")], "FailedMount: it failed"),
        (
            [
                event("Old", lastTimestamp="2026-01-01T00:00:01Z"),
                event("New", lastTimestamp="2026-01-01T00:00:09Z"),
                event("Between", eventTime="2026-01-01T00:00:05.123456Z", lastTimestamp=None),
            ],
            "New: it failed",
        ),
        (  # the newer API counts in a series
            [
                event("Old", eventTime="2026-01-01T00:00:08.000000Z"),
                event(
                    "New",
                    eventTime="2026-01-01T00:00:01.000000Z",
                    series={"count": 7, "lastObservedTime": "2026-01-01T00:00:09.000000Z"},
                ),
            ],
            "New: it failed",
        ),
        ([event("A", metadata={"creationTimestamp": "2026-01-01T00:00:09Z"}), event("B")], "A: it failed"),
        ([event("FailedScheduling")], ""),  # it has its node by now
        ([event("W" * 100)], "W" * 63 + "…: it failed"),
        ([event("FailedMount", "two\n\tlines")], "FailedMount: two lines"),
        ([event("FailedMount", "x" * 300)], "FailedMount: " + "x" * 242 + "…"),
        ([event(3, ["no text"], series="none", lastTimestamp=7, metadata=[])], ":"),
    ],
)
def test_newest_warning(events, words):
    assert newest_warning(events) == words
