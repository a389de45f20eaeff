"""How long tasks take, and what that is known from."""

from sluice.core.spec.definition import Definition
from sluice.core.status.durations import BY_FILE, BY_HINT, BY_RUNS, GUESSED, KeptRun, Sources, durations
from tests.core.kubelet import at
from tests.core.world import graph


def kept(name, **seconds):
    return KeptRun(name, {task: ended(took_s) for task, took_s in seconds.items()})


def ended(took_s, **more):
    return {"phase": "Succeeded", "startedAt": at(0), "finishedAt": at(took_s), **more}


def test_a_file_goes_before_kept_runs_and_those_before_hints():
    hint = {"expectedDuration": "9s"}
    found = durations(
        Definition.of(graph("a, b, c, d", a=hint, b=hint, c=hint)),
        Sources(given_s={"a": 1}, kept=[kept("r2", a=2, b=4), kept("r1", a=2, b=8)]),
    )
    assert [(each.low_s, each.typical_s, each.high_s, each.source) for each in found.took] == [
        (1, 1, 1, BY_FILE),
        (4, 6, 8, BY_RUNS),
        (9, 9, 9, BY_HINT),
        (6, 6, 6, GUESSED),
    ]


def test_without_any_source_all_take_equally_long():
    found = durations(Definition.of(graph("a >> b")), Sources())
    assert [(each.typical_s, each.source) for each in found.took] == [(1, GUESSED), (1, GUESSED)]


def test_a_guess_is_no_longer_than_a_task_may_take():
    fields = {"a": {"expectedDuration": "1h"}, "b": {"timeout": "10m"}, "c": {"deadline": "20m", "timeout": "1h"}}
    found = durations(Definition.of(graph("a, b, c", **fields)), Sources())
    assert [each.typical_s for each in found.took] == [3600, 300, 600]


def test_items_went_in_waves_as_wide_as_the_limits():
    load = {"forEach": {"range": {"end": 60}}, "pools": [{"name": "warehouse"}]}
    definition = Definition.of(graph("load", load=load))
    run = KeptRun("r1", {"load": ended(600, items={"total": 60})})
    assert durations(definition, Sources(kept=[run])).took[0].typical_s == 600
    assert durations(definition, Sources(kept=[run], width=8)).took[0].typical_s == 75
    assert durations(definition, Sources(kept=[run], width=8, pools={"warehouse": 1})).took[0].typical_s == 10


def test_attempts_before_the_last_count_as_long_and_looks_of_a_sensor_do_not():
    sensor = {"poll": {"every": "10s"}}
    run = KeptRun("r1", {"a": ended(5, attempt=3), "b": ended(5, attempt=3)})
    found = durations(Definition.of(graph("a, b", b=sensor)), Sources(kept=[run]))
    assert [each.typical_s for each in found.took] == [15, 5]


def test_what_is_no_status_of_ours_counts_for_nothing():
    run = KeptRun("r1", {"a": "x", "b": {"phase": "Succeeded", "startedAt": 7}, "c": ended(1, items=[])})
    assert [each.source for each in durations(Definition.of(graph("a, b, c")), Sources(kept=[run])).took] == [
        GUESSED,
        GUESSED,
        BY_RUNS,
    ]
