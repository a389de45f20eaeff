"""What `sluice retry` says that is kept and run, from an earlier run and the Workflow as it is now."""

import pytest

from sluice.api.run import Rerun
from sluice.cli.retry.forecast import first_failure, forecast
from sluice.core.base.naming import graph_of
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.triggers.resume import Past

NEW = RunIdentity("", "team", "", "etl", {})


def definition(*tasks):
    return Definition.of(graph_of({"tasks": list(tasks)}))


def task(name, *after, **fields):
    return {"name": name, "image": "a", "dependsOn": list(after), **fields}


def past(old, **tasks):
    return Past(run="old", definition=old, parameters={}, tasks=tasks, claims={})


def ended(phase, **rest):
    return {"phase": phase, **rest}


def items(total, failed="", **rest):
    return {"items": {"total": total, "failed": failed, **rest}}


def said(new, old, *rerun):
    found = forecast(new, NEW, old, [Rerun.model_validate(each) for each in rerun])
    return found.kept, " ".join(found.tasks)


CHAIN = definition(task("a"), task("b", "a"), task("c", "b"))


@pytest.mark.parametrize(
    ("phases", "rerun", "kept", "tasks"),
    [
        ("Succeeded Failed UpstreamFailed", (), 1, "b c"),
        ("Succeeded Succeeded Failed", (), 2, "c"),
        ("Failed UpstreamFailed UpstreamFailed", (), 0, "a b c"),
        ("Succeeded Succeeded Succeeded", ("b",), 1, "b c"),
        ("Succeeded Skipped Skipped", (), 1, ""),  # skipped again
        ("Failed Skipped Skipped", (), 0, "a b c"),  # what was skipped for another reason may run
    ],
)
def test_successes_before_the_failure_are_kept(phases, rerun, kept, tasks):
    old = past(CHAIN, **dict(zip("abc", map(ended, phases.split()), strict=True)))
    assert said(CHAIN, old, *rerun) == (kept, tasks)


def test_a_changed_task_runs_again_with_all_after_it():
    now = definition(task("a"), task("b", "a", image="b"), task("c", "b"))
    old = past(CHAIN, a=ended("Succeeded"), b=ended("Succeeded"), c=ended("Failed"))
    assert said(now, old) == (1, "b c")


def test_of_a_fan_out_the_items_that_succeeded_are_kept():
    graph = definition(task("load", forEach={"range": {"end": 20}}), task("audit", "load"))
    load = ended("Failed", **items(20, failed="17", succeeded="0-16,18-19"))
    old = past(graph, load=load, audit=ended("UpstreamFailed"))
    assert said(graph, old) == (19, "load[17] audit")
    assert said(graph, old, {"task": "load", "items": "3,7-9"}) == (15, "load[3,7-9,17] audit")
    assert first_failure(old) == "load[17]"


def test_handlers_of_a_failure_do_not_run_if_all_goes_well_and_finally_tasks_do():
    graph = definition(task("a"), task("alert", "a", runIf="OneFailed"), task("tidy", **{"finally": True}))
    old = past(graph, a=ended("Failed"), alert=ended("Succeeded"), tidy=ended("Succeeded"))
    assert said(graph, old) == (0, "a tidy")


def test_the_first_failure_is_the_first_in_time():
    late, early = ended("Failed", finishedAt="2026-03-01T02:00:00Z"), ended("Failed", finishedAt="2026-03-01T01:00:00Z")
    assert first_failure(past(CHAIN, a=late, b=early, c=ended("Failed"))) == "b"
    assert first_failure(past(CHAIN, a=ended("Succeeded"))) == ""
