"""The Events of a pod: why it does not start, in the words of the kubelet or of a controller."""

from collections.abc import Iterable

from sluice.core import Instant, Json
from sluice.core.base.foreign import mapping, string
from sluice.core.base.text import one_line
from sluice.core.base.times import instant
from sluice.core.pod.view import MESSAGE_MAX

_WORD_MAX = 64


def newest_warning(events: Iterable[Json]) -> str:
    """`FailedMount: MountVolume.SetUp failed ...`; empty if there is no Warning. The pod has its node."""
    found = max(filter(_counts, events), key=_seen_at, default=None)
    if found is None:
        return ""
    return one_line(f"{one_line(string(found.get('reason')), _WORD_MAX)}: {string(found.get('message'))}", MESSAGE_MAX)


def _counts(event: Json) -> bool:
    """That no node was found for it is over."""
    return event.get("type") == "Warning" and event.get("reason") != "FailedScheduling"


def _seen_at(event: Json) -> Instant:
    """Last seen: those who write Events by the older API and by the newer one say it in different places."""
    series, metadata = mapping(event.get("series")), mapping(event.get("metadata"))
    said = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    times = (instant(each) for each in (*said, metadata.get("creationTimestamp")))
    return next((time for time in times if time is not None), 0.0)
