import pytest

from sluice.core.graph.trigger_rules import RULES, Tally, Verdict

WAIT, RUN, SKIP, UPSTREAM_FAILED = Verdict.WAIT, Verdict.RUN, Verdict.SKIP, Verdict.UPSTREAM_FAILED


@pytest.mark.parametrize(
    ("rule", "open_", "ok", "failed", "skipped", "verdict"),
    [
        ("AllSucceeded", 0, 0, 0, 0, RUN),  # a task without dependencies
        ("AllSucceeded", 1, 1, 0, 0, WAIT),
        ("AllSucceeded", 0, 2, 0, 0, RUN),
        ("AllSucceeded", 1, 0, 1, 0, UPSTREAM_FAILED),  # at once: no need to see the rest
        ("AllSucceeded", 1, 0, 0, 1, SKIP),  # at once as well
        ("AllSucceeded", 0, 1, 1, 1, UPSTREAM_FAILED),
        ("AllFailed", 1, 0, 1, 0, WAIT),
        ("AllFailed", 0, 0, 2, 0, RUN),
        ("AllFailed", 1, 1, 0, 0, SKIP),
        ("AllFailed", 1, 0, 1, 1, SKIP),
        ("AllDone", 1, 1, 1, 1, WAIT),
        ("AllDone", 0, 1, 1, 1, RUN),
        ("AllDone", 0, 0, 0, 1, RUN),
        ("AllDoneOneSucceeded", 1, 1, 0, 0, WAIT),
        ("AllDoneOneSucceeded", 0, 1, 1, 1, RUN),
        ("AllDoneOneSucceeded", 0, 0, 1, 1, UPSTREAM_FAILED),
        ("AllSkipped", 1, 0, 0, 1, WAIT),
        ("AllSkipped", 0, 0, 0, 2, RUN),
        ("AllSkipped", 1, 1, 0, 0, SKIP),
        ("AllSkipped", 1, 0, 1, 0, SKIP),
        ("OneSucceeded", 1, 0, 1, 0, WAIT),
        ("OneSucceeded", 1, 1, 0, 0, RUN),  # at the first success
        ("OneSucceeded", 0, 0, 0, 2, SKIP),
        ("OneSucceeded", 0, 0, 1, 1, UPSTREAM_FAILED),
        ("OneFailed", 1, 1, 0, 0, WAIT),
        ("OneFailed", 1, 0, 1, 0, RUN),
        ("OneFailed", 0, 1, 0, 1, SKIP),
        ("OneDone", 1, 0, 0, 1, WAIT),
        ("OneDone", 1, 1, 0, 0, RUN),
        ("OneDone", 1, 0, 1, 0, RUN),
        ("OneDone", 0, 0, 0, 2, SKIP),
        ("NoneFailed", 1, 1, 0, 1, WAIT),
        ("NoneFailed", 0, 1, 0, 1, RUN),
        ("NoneFailed", 0, 0, 0, 2, RUN),
        ("NoneFailed", 1, 0, 1, 0, UPSTREAM_FAILED),
        ("NoneFailedOneSucceeded", 1, 1, 0, 1, WAIT),
        ("NoneFailedOneSucceeded", 0, 1, 0, 1, RUN),
        ("NoneFailedOneSucceeded", 0, 0, 0, 2, SKIP),
        ("NoneFailedOneSucceeded", 1, 1, 1, 0, UPSTREAM_FAILED),
        ("NoneSkipped", 1, 1, 1, 0, WAIT),
        ("NoneSkipped", 0, 1, 1, 0, RUN),
        ("NoneSkipped", 1, 1, 0, 1, SKIP),
        ("Always", 0, 0, 0, 0, RUN),
    ],
)
def test_rule(rule, open_, ok, failed, skipped, verdict):
    deps = Tally(total=open_ + ok + failed + skipped)
    for phase, count in (("Succeeded", ok), ("Failed", failed), ("Skipped", skipped)):
        for _ in range(count):
            deps.add(phase)
    assert RULES[rule](deps) is verdict


@pytest.mark.parametrize("phase", ["Failed", "UpstreamFailed", "Stopped"])
def test_whatever_ended_without_success_or_skip_counts_as_failed(phase):
    deps = Tally(total=1)
    deps.add(phase)
    assert (deps.failed, deps.all_ended) == (1, True)
