"""The Events of a pod: why it does not start, in the words of the kubelet or of a controller."""

from collections.abc import Iterable

from sluice.core import Instant, Json
from sluice.core.base.foreign import mapping, string
from sluice.core.base.text import one_line
from sluice.core.base.times import instant
from sluice.core.pod.view import MESSAGE_MAX


def newest_warning(events: Iterable[Json]) -> str:
    """`FailedMount: MountVolume.SetUp failed ...`; empty if there is no Warning."""
    found = max((event for event in events if event.get("type") == "Warning"), key=_seen_at, default=None)
    return (
        "" if found is None else one_line(f"{string(found.get('reason'))}: {string(found.get('message'))}", MESSAGE_MAX)
    )


def _seen_at(event: Json) -> Instant:
    """Last seen: those who write Events by the older API and by the newer one say it in different places."""
    series, metadata = mapping(event.get("series")), mapping(event.get("metadata"))
    said = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    times = (instant(each) for each in (*said, metadata.get("creationTimestamp")))
    return next((time for time in times if time is not None), 0.0)
