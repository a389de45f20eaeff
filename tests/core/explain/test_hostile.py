"""Whatever stands in a status, there is an answer."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.core.explain.backfill import explain_backfill
from sluice.core.explain.compare import compare
from sluice.core.explain.holders import holder_of_run, holder_of_task
from sluice.core.explain.pool import explain_pool
from sluice.core.explain.run import explain_run
from sluice.core.explain.seen import RunSeen
from sluice.core.explain.task import explain_task
from sluice.core.explain.timeline import timeline
from sluice.core.explain.workflow import WorkflowSeen, explain_workflow
from sluice.core.status.durations import KeptRun, Sources
from tests.core.explain.shown import NOW

KEYS = (
    *("phase", "reason", "message", "items", "total", "failed", "failures", "index", "attempt", "startedAt", "time"),
    *("finishedAt", "waiters", "holders", "name", "since", "used", "waiting", "conditions", "type", "status", "after"),
    *("failedRuns", "active", "run", "a", "nextScheduleTime", "workflow", "tasks", "retries", "pod", "lastRun"),
)
TEXTS = (
    *("Failed", "Running", "Pending", "Accepted", "False", "Pool: w 1/1", "0-9", ""),
    *("2026-03-01T12:00:00Z", "0001-01-01", "9999-12-31"),
)
LEAVES: Any = st.sampled_from((*TEXTS, None, True, 3, -1, 1e308, 2**70))
THINGS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)
GRAPH = {"tasks": [{"name": "a", "image": "busybox"}]}
STATUSES = st.dictionaries(st.sampled_from(KEYS), THINGS, max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    STATUSES,
    THINGS,
    THINGS,
    st.sampled_from(("Failed", "Running", "Pending", "Stopped", "Succeeded")),
    st.sampled_from((None, GRAPH)),
)
def test_every_status_has_an_answer(status, spec, kept, phase, graph):
    found = {"metadata": {"name": "w"}, "spec": spec, "status": status}
    entry = {"phase": phase, **{key: value for key, value in status.items() if key != "phase"}}
    run = {"metadata": {"name": "r"}, "status": {**status, "phase": phase, "tasks": {"a": entry, "b": spec}}}
    earlier = Sources(kept=[KeptRun("e", kept if isinstance(kept, dict) else {})])
    seen = RunSeen(run, NOW, graph=graph, pools=[found], pods=[found], events=[found], times=earlier, whole_s=(60.0,))
    answers = [
        explain_run(seen),
        explain_task(seen, "a"),
        explain_task(seen, "a", 3),
        explain_pool(found, NOW, [holder_of_task("r/a", seen, "a", 3), holder_of_run("r", seen)]),
        explain_backfill(found),
        explain_workflow(WorkflowSeen(found, NOW)),
    ]
    assert all(part.since < part.until for bar in timeline(seen, ()) for part in bar.parts)
    other = RunSeen({**run, "spec": spec}, NOW, graph={"tasks": kept})
    for compared in (compare(seen, other), compare(other, seen)):
        json.dumps(compared.written())
        assert compared.names == ("r", "r")
    for answer in answers:
        json.dumps(answer.written())
        assert answer.head
        assert all(isinstance(line.text, str) for line in answer.lines)
