"""Numbers and durations by placeholder: what is wrong with them as far as the manifest says."""

import pytest

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core.validation.numbers import limit_faults
from tests.core.validation.judged import A, faults

PARAMETERS = [
    {"name": "n", "type": "Integer", "default": 3},
    {"name": "long", "default": "90s"},
    {"name": "word", "default": "x"},
    {"name": "given"},
]
SOUND = {
    "timeout": "$(params.long)",
    "deadline": "$(tasks.b.outputs.x)",
    "retries": {"limit": "$(params.n)"},
    "pools": [{"name": "db", "slots": "$(item)"}],
    "forEach": {"range": {"start": "$(params.n)", "end": "$(tasks.b.outputs.x)"}, "parallelism": "$(params.given)"},
}


def judged(task=None, **spec):
    other = {"name": "b", "image": "busybox", "outputs": ["x"]}
    return faults(A | (task or {}), other, parameters=PARAMETERS, trigger="Manual", **spec)


def test_sound():
    assert judged({"timeout": "$(tasks.b.outputs.x ?? params.long)"}, parallelism="$(params.given ?? '4')") == []
    assert judged(SOUND, parallelism="$(params.n)", timeout="$(params.long)") == []
    assert judged(SOUND, parallelism="$(params.given)", timeout="$(params.given)") == []
    assert judged(defaults={"timeout": "$(params.long)", "retries": {"limit": "$(params.n)"}}) == []


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        (
            {"timeout": "$(params.word)"},
            "timeout: in a run without arguments, timeout is $(params.word), which is 'x'",
        ),
        (
            {"deadline": "$(params.n)"},
            "deadline: in a run without arguments, deadline is $(params.n), which is '3'",
        ),
        (
            {"retries": {"limit": "$(params.word)"}},
            "retries.limit: in a run without arguments, limit is $(params.word), which is 'x', and",
        ),
        ({"retries": {"limit": "$(params.m)"}}, "retries.limit: $(params.m) stands for nothing; did you mean"),
        (
            {"retries": {"limit": "$(foo)"}},
            "retries.limit: $(foo) stands for nothing; write for example",
        ),
        (
            {"retries": {"limit": "3"}},
            "retries.limit: must be a whole number from 0 to 100, or one",
        ),
        (
            {"retries": {"limit": "1$(params.n)"}},
            "retries.limit: must be a whole number from 0 to 100, or one",
        ),
        ({"timeout": "$(item)"}, "timeout: $(item) stands for an item of a fan-out, and there is none here"),
        ({"pools": [{"name": "db", "slots": 0}]}, "pools[0].slots: must be a whole number from 1 to 1000000"),
        (
            {"forEach": {"range": {"end": "many"}}},
            "forEach.range.end: must be a whole number from -2147483648 to",
        ),
        ({"forEach": {"items": ["x"], "parallelism": "$(item)"}}, "forEach.parallelism: $(item) is not known yet here"),
    ],
)
def test_of_a_task(task, fault):
    assert [found.removeprefix("spec.tasks[0].")[: len(fault)] for found in judged(task)] == [fault]


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        (
            {"parallelism": "$(params.m)"},
            "parallelism: $(params.m) is not known before the run starts",
        ),
        (
            {"parallelism": "$(tasks.b.outputs.x)"},
            "parallelism: $(tasks.b.outputs.x) is not known before the",
        ),
        ({"parallelism": "$(foo)"}, "parallelism: $(foo) stands for nothing; write for example $(params.NAME)"),
        ({"parallelism": "$(param.n)"}, "parallelism: $(param.n) is no placeholder; write $(params.n), and"),
        ({"parallelism": "$(params.n ?? run.name)"}, "parallelism: $(run.name) is not known before the run"),
        ({"timeout": "$(params.word ?? '5s')"}, "timeout: in a run without arguments, timeout is $(params.word ??"),
        ({"timeout": "$(run.name)"}, "timeout: $(run.name) is not known before the run starts; only parameters are"),
        ({"timeout": "$(params.word)"}, "timeout: in a run without arguments, timeout is $(params.word), which is 'x'"),
        ({"parallelism": "8"}, "parallelism: must be a whole number from 1 to 100000, or one placeholder such as"),
    ],
)
def test_of_a_workflow(spec, fault):
    assert [found.removeprefix("spec.")[: len(fault)] for found in judged(**spec)] == [fault]


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        (8, []),
        ("8", []),
        (0, ["is '0', and must be a whole number from 1 to 100000"]),
        ("", ["is empty, and must be a whole number from 1 to 100000"]),
        (True, ["is 'true', and must be a whole number from 1 to 100000"]),
    ],
)
def test_a_run_whose_arguments_make_no_limit_is_told_so_before_it_starts(value, faults):
    settings = WorkflowSettings.model_validate({"parallelism": "$(params.n)"})
    found = limit_faults(settings, WorkflowRunSpec(workflow="etl"), {"n": value})
    words = "spec.arguments: the Workflow's parallelism is $(params.n), which "
    assert [str(fault).removeprefix(words) for fault in found] == faults
