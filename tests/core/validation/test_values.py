"""Faults of placeholders and parameters."""

import tracemalloc

import pytest

from sluice.core.validation import workflow_warnings
from tests.core.validation.judged import A, faults

CODE = "and a value could become code there"


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        (
            {"bash": "cd /tmp\necho $(params.day)"},
            (f'spec.tasks[0].bash: line 2 has the placeholder $(params.day), {CODE}; write "$PARAM_DAY" instead'),
        ),
        (
            {"bash": "echo $(run.name)"},
            (f'spec.tasks[0].bash: line 1 has the placeholder $(run.name), {CODE}; write "$SLUICE_RUN" instead'),
        ),
        (
            {"python": "print('$(params.day)')"},
            (
                f"spec.tasks[0].python: line 1 has the placeholder $(params.day), {CODE}; "
                'write os.environ["PARAM_DAY"] instead'
            ),
        ),
        (
            {"bash": "echo $(tasks.a.outputs.files)"},
            (
                f"spec.tasks[0].bash: line 1 has the placeholder $(tasks.a.outputs.files), {CODE}; "
                "read tasks.a.outputs.files from /sluice/inputs.json, and say dependsOn: [a]"
            ),
        ),
        (
            {"python": "print('$(tasks.a.outputs.files)')", "forEach": {"items": ["x"]}},
            (
                f"spec.tasks[0].python: line 1 has the placeholder $(tasks.a.outputs.files), {CODE}; "
                'write `env: [{name: VALUE, value: "$(tasks.a.outputs.files)"}]`, and os.environ["VALUE"] here'
            ),
        ),
        (
            {"bash": "echo $(run.startedAt)"},
            (
                f"spec.tasks[0].bash: line 1 has the placeholder $(run.startedAt), {CODE}; "
                "read run.startedAt from /sluice/inputs.json instead"
            ),
        ),
        (
            {"args": ["$(run.duration)"]},
            (
                "spec.tasks[0].args[0]: $(run.duration) is known to `finally` tasks only, "
                "as the run has not ended before"
            ),
        ),
        (
            {"args": ["$(run.started)"]},
            "spec.tasks[0].args[0]: $(run.started) stands for nothing; did you mean $(run.startedAt)?",
        ),
        (
            {"finally": True, "forEach": {"items": ["$(run.duration)"]}},
            "spec.tasks[0].forEach.items[0]: $(run.duration) is not known yet here; it reaches pods only",
        ),
        (
            {"finally": True, "bash": "echo $(run.phase)"},
            (f'spec.tasks[0].bash: line 1 has the placeholder $(run.phase), {CODE}; write "$SLUICE_RUN_PHASE" instead'),
        ),
        ({"args": ["x", "$(params.dya)"]}, "spec.tasks[0].args[1]: $(params.dya) stands for nothing; "),
        (
            {"env": [{"name": "A", "value": "$(run.nmae)"}]},
            "spec.tasks[0].env[0].value: $(run.nmae) stands for nothing; did you mean $(run.name)?",
        ),
        (
            {"podTemplate": {"spec": {"hostname": "$(tasks.x)"}}},
            (
                "spec.tasks[0].podTemplate.spec.hostname: $(tasks.x) stands for nothing; write "
                "$(tasks.NAME.outputs.KEY) or $(tasks.NAME.phase) or $(tasks.NAME.exitCode) or $(tasks.NAME.message)"
            ),
        ),
    ],
)
def test_placeholder(task, fault):
    hint = "did you mean $(params.day)?" if fault.endswith("; ") else ""
    assert faults(A | task, parameters=[{"name": "day", "default": "monday"}]) == [fault + hint]


@pytest.mark.parametrize("script", ["x=$(run)", "$(date +%s) $(item-count) ${params.day}", "$(( params ))", "$(tasks)"])
def test_command_substitution_in_a_script_is_the_shells(script):
    assert faults(A | {"bash": script}) == []


def test_placeholder_in_the_defaults():
    assert faults(A, defaults={"image": "x:$(params.day)"}) == ["spec.defaults.image: $(params.day) stands for nothing"]


def test_parameter_without_a_default_needs_a_person():
    parameters = [{"name": "day"}]
    words = "'day' has no default, so a run cannot start by itself; give one, or set spec.trigger: Manual"
    assert faults(A, parameters=parameters) == [f"spec.parameters[0]: {words}"]
    assert faults(A, parameters=parameters, trigger="Manual") == []


def test_two_parameters_of_one_variable():
    parameters = [{"name": "max-cost", "default": "1"}, {"name": "MAX_COST", "default": "2"}]
    assert faults(A, parameters=parameters) == [
        "spec.parameters[1].name: 'MAX_COST' and 'max-cost' are both PARAM_MAX_COST in the environment"
    ]


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ({"command": ["sh", "-c", "echo $(params.day)"]}, "command[2]"),
        ({"command": ["/bin/bash", "-o", "pipefail", "-ec"], "args": ["echo $(params.day) $(params.day)"]}, "args[0]"),
        ({"command": ["sh", "-c", 'echo "$1"', "sh", "$(params.day)"]}, None),  # an argument stays one
        ({"command": ["sh", "-c", "echo $(date)"]}, None),
        ({"command": ["sh", "-c"]}, None),
        ({"command": ["echo", "-c", "$(params.day)"]}, None),
        ({"args": ["$(params.day)"]}, None),
    ],
)
def test_placeholder_that_the_shell_takes_as_code(command, place):
    spec = {"tasks": [A | command], "parameters": [{"name": "day", "default": "x"}]}
    found = [str(warning) for warning in workflow_warnings({"metadata": {"name": "etl"}, "spec": spec})]
    words = "the shell takes what $(params.day) stands for as code; "
    hint = """write `env: [{name: VALUE, value: "$(params.day)"}]`, and "$VALUE" here"""
    assert found == ([f"spec.tasks[0].{place}: {words}{hint}"] if place else [])


@pytest.mark.parametrize(
    "task", [{"env": [{"name": "V", "value": "$(params.x)" * 5_950}]}, {"args": ["$(params.x)" * 2_970] * 40}]
)
def test_what_is_too_long_is_counted_and_not_built(task):
    """By default the task's arguments would have hundreds of megabytes."""
    tracemalloc.start()
    try:
        found = faults({**A, "command": ["true"], **task}, parameters=[{"name": "x", "default": "a" * 2**16}])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found
    assert all("bytes with its parameters; a program can be given 131071" in fault for fault in found)
    assert peak < 30_000_000
