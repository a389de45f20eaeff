"""Caps on live pods: which pods are live, and whom the caps admit."""

import pytest

from sluice.core.quota.pod_cap import PodCaps, PodKey
from sluice.core.quota.waiters import QueuePosition

POD = PodKey("team", "r1-load")


@pytest.mark.parametrize(
    ("news", "live"),
    [
        ("granted", True),
        ("granted; cancelled", False),
        ("granted; seen one", True),
        ("granted; seen one; cancelled", True),  # it exists, whatever the answer to its creation was
        ("granted; seen one; ended one", False),
        ("granted; ended one", False),  # and was not seen before
        ("granted; deleted old", True),
        ("granted; deleted one", True),  # the one that is gone had the name before
        ("granted; seen one; deleted old", True),
        ("granted; seen one; ended old", True),
        ("granted; seen one; deleted one", False),
        ("seen old; seen one; deleted old", True),
        ("ended one; deleted one; cancelled", False),
        ("seen one; seen one; deleted one", False),
    ],
)
def test_a_pod_is_live_until_it_is_terminal_or_gone(news, live):
    caps = PodCaps()
    for one in news.split("; "):
        match one.split():
            case ["granted"]:
                caps.add(POD)
            case ["seen", uid]:
                caps.add(POD, uid)
            case ["cancelled"]:
                caps.cancel(POD)
            case ["ended", uid]:
                caps.end(POD, uid)
            case ["deleted", uid]:
                caps.delete(POD, uid)
    assert caps.is_live(POD) == live
    assert (caps == PodCaps()) == (not live)


@pytest.mark.parametrize(
    ("total", "each", "live", "first", "why"),
    [
        (None, None, {}, "12", ""),
        (None, None, {"n1": 9}, "12", ""),
        (None, 2, {"n1": 1}, "1", "PodLimit: others come first"),
        (None, 2, {"n1": 2}, "", "PodLimit: 2/2 pods of this namespace"),
        (None, 2, {"n2": 2}, "1", "PodLimit: others come first"),
        (2, None, {"n1": 1}, "0", "PodLimit: others come first"),  # it is the other namespace's turn
        (2, None, {"n1": 1, "n2": 1}, "", "PodLimit: 2/2 pods of all namespaces"),
        (9, 1, {"n1": 1}, "0", "PodLimit: 1/1 pods of this namespace"),
        (9, 1, {"n2": 1}, "1", "PodLimit: others come first"),
        (2, 2, {"n1": 2}, "", "PodLimit: 2/2 pods of this namespace"),
    ],
)
def test_whom_the_caps_admit(total, each, live, first, why):
    """In namespace n1 wait 1 and 2, in n2, whose turn is next, waits 0. Asked for is n1."""
    caps = PodCaps(total, each)
    for namespace, count in live.items():
        for number in range(count):
            caps.add(PodKey(namespace, f"pod-{number}"))
    queues = {"n2": [at(0)], "n1": [at(1), at(2)]}
    assert "".join(str(position.number) for position in caps.admitted("n1", queues)) == first
    assert caps.why_full("n1") == why


def at(number):
    return QueuePosition(0, 0, 0, "r1", (), number)
