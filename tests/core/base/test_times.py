import pytest

from sluice.core.base.times import clock, instant, rfc3339, span

NEW_YEAR = 1767225600.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T00:00:00Z", NEW_YEAR),
        ("2026-01-01T01:00:00+01:00", NEW_YEAR),
        ("2026-01-01T00:00:00.250000Z", NEW_YEAR + 0.25),  # a MicroTime
        (None, None),
        ("", None),
    ],
)
def test_instant(text, seconds):
    assert instant(text) == seconds


def test_times_are_written_in_utc_and_whole_seconds():
    assert rfc3339(NEW_YEAR + 0.9) == "2026-01-01T00:00:00Z"
    assert clock(NEW_YEAR + 3723.9) == "01:02:03Z"


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1s"), (90, "90s"), (600, "10m"), (3600, "60m"), (7200, "2h"), (24 * 3600, "24h")]
)
def test_span(seconds, words):
    assert span(seconds) == words
