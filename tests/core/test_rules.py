import pytest

from sluice.core.rules import Tally, Verdict, all_succeeded

WAIT, RUN, UPSTREAM_FAILED = Verdict.WAIT, Verdict.RUN, Verdict.UPSTREAM_FAILED


@pytest.mark.parametrize(
    ("open_", "ended", "verdict"),
    [
        (0, [], RUN),  # a task without dependencies
        (1, [], WAIT),
        (1, ["Succeeded"], WAIT),
        (0, ["Succeeded", "Succeeded"], RUN),
        (1, ["Failed"], UPSTREAM_FAILED),  # at once: no need to see the rest
        (0, ["Succeeded", "Failed"], UPSTREAM_FAILED),
        (0, ["UpstreamFailed"], UPSTREAM_FAILED),
        (2, ["Stopped"], UPSTREAM_FAILED),
    ],
)
def test_all_succeeded(open_, ended, verdict):
    deps = Tally(total=open_ + len(ended))
    for phase in ended:
        deps.add(phase)
    assert all_succeeded(deps) is verdict
