"""The shape of a Workflow and of a run, and all faults of one at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.api.run import WorkflowRunSpec
from sluice.core.spec.parameter import ParameterDeclaration
from sluice.core.validation import backfill_faults, run_faults, workflow_faults
from tests.core.validation.judged import A, B, faults


def test_sound_workflow_has_none():
    full = {
        "image": "python:3.13",
        "env": [
            {"name": "DAY", "value": "$(params.day)"},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s"}}},
        ],
        "envFrom": [{"secretRef": {"name": "s"}}],
        "resources": {
            "requests": {"cpu": 0.5, "memory": "64Mi", "nvidia.com/gpu": 1},
            "limits": {"cpu": "500m", "nvidia.com/gpu": 1},
        },
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "tolerationSeconds": 5}],
        "serviceAccountName": "loader",
        "volumes": [{"name": "v", "emptyDir": {}}],
        "volumeMounts": [{"name": "v", "mountPath": "/v"}],
        "timeout": "1h30m",
        "retries": {"limit": 2, "infrastructure": 0},
        "podTemplate": {"metadata": {"labels": {"team": "data"}}, "spec": {"anything": ["goes"]}},
    }
    tasks = [
        A | full,
        {"name": "b", "dependsOn": ["a"], "python": "print(1)"},
        {"name": "c", "bash": "ls", "shell": ["zsh"]},
    ]
    parameters = [{"name": "day", "default": "monday", "description": "which"}]
    assert faults(*tasks, defaults=full, parameters=parameters, parallelism=3, trigger="OnChange") == []


RETRIES = "a whole number from 0 to 100"


DURATION = "must be a duration such as 90s or 1h30m, or one placeholder such as $(params.NAME)"


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        ({"imgae": "x"}, "spec.tasks[1].imgae: there is no such field; did you mean 'image'?"),
        ({"depends_on": ["a"]}, "spec.tasks[1].depends_on: there is no such field; did you mean 'dependsOn'?"),
        ({"xyzzy": 1}, "spec.tasks[1].xyzzy: there is no such field"),
        ({"float": 1}, "spec.tasks[1].float: there is no such field"),  # the name of a type is a name like any other
        ({"retries": {"limits": 1}}, "spec.tasks[1].retries.limits: there is no such field; did you mean 'limit'?"),
        (
            {"env": [{"name": "A", "vale": "x"}]},
            "spec.tasks[1].env[0].vale: there is no such field; did you mean 'value'?",
        ),
        ({"env": [{"name": "A", "value": 1}]}, "spec.tasks[1].env[0].value: must be a string; put it in quotes"),
        ({"forEach": {"items": [None]}}, "spec.tasks[1].forEach.items[0]: must be a string; put it in quotes"),
        (
            {"forEach": {"matrix": {"int": [None]}}},
            "spec.tasks[1].forEach.matrix.int[0]: must be a string; put it in quotes",
        ),
        ({"env": [{"value": "x"}]}, "spec.tasks[1].env[0].name: is required"),
        ({"dependsOn": "a"}, "spec.tasks[1].dependsOn: must be a list"),
        ({"retries": 3}, "spec.tasks[1].retries: must be a map"),
        (
            {"retries": {"limit": "3"}},
            f"spec.tasks[1].retries.limit: must be {RETRIES}, or one placeholder such as $(params.NAME)",
        ),
        ({"retries": {"limit": -1}}, f"spec.tasks[1].retries.limit: must be {RETRIES}"),
        (
            {"name": "B_1"},
            "spec.tasks[1].name: must be lower-case letters and digits, with '-' between them, not 'B_1'",
        ),
        ({"name": "b" * 64}, "spec.tasks[1].name: string should have at most 63 characters"),
        ({"timeout": "9999999999d"}, "spec.tasks[1].timeout: '9999999999d' is longer than 3650d"),
        (
            {"retries": {"backoff": {"max": "87601h"}}},
            "spec.tasks[1].retries.backoff.max: '87601h' is longer than 3650d",
        ),
        ({"timeout": "1.5h"}, f"spec.tasks[1].timeout: {DURATION}, not '1.5h'"),
        ({"timeout": "$(params.a)s"}, f"spec.tasks[1].timeout: {DURATION}, not '$(params.a)s'"),
        ({"volumes": ["v"]}, "spec.tasks[1].volumes[0]: must be a map"),
    ],
)
def test_shape_of_a_task(task, fault):
    assert faults(A, B | task) == [fault]


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"tasks": []}, "spec.tasks: must not be empty"),
        ({"tasks": {}}, "spec.tasks: must be a list"),
        ({"tasks": ["a"]}, "spec.tasks[0]: must be a map"),
        ({"tasks": [None]}, "spec.tasks[0]: must be a map"),
        ({"tasks": [{"image": "x"}]}, "spec.tasks[0].name: is required"),
        ({}, "spec.tasks: is required"),
        ({"tasks": [A], "task": []}, "spec.task: there is no such field; did you mean 'tasks'?"),
        ({"tasks": [A], "parallelism": 0}, "spec.parallelism: must be a whole number from 1 to 100000"),
        ({"tasks": [A], "trigger": "Never"}, "spec.trigger: input should be 'OnChange' or 'Manual'"),
        ({"tasks": [A], "defaults": {"name": "x"}}, "spec.defaults.name: there is no such field"),
        (
            {"tasks": [A], "defaults": {"imagee": "x"}},
            "spec.defaults.imagee: there is no such field; did you mean 'image'?",
        ),
        ({"tasks": [A], "parameters": [{"default": "x"}]}, "spec.parameters[0].name: is required"),
    ],
)
def test_shape_of_the_spec(spec, fault):
    assert faults(**spec) == [fault]


@pytest.mark.parametrize(
    "manifest", [{}, {"spec": None}, {"spec": []}, {"metadata": None, "spec": None}, {"metadata": [], "spec": "x"}]
)
def test_manifest_without_a_spec(manifest):
    assert "spec: is required; it needs at least `tasks`" in map(str, workflow_faults(manifest))


def test_name_must_leave_room_for_the_names_of_runs():
    assert faults(A, name="x" * 40) == []
    (fault,) = faults(A, name="x" * 41)
    assert fault == "metadata.name: has 41 characters; at most 40 fit, as runs are named after it"


def test_every_fault_is_listed_in_the_order_of_the_manifest():
    found = faults(
        {"name": "a", "imgae": "x"},
        B | {"dependsOn": ["a", "b", "cc"]},
        {"name": "c", "bash": "$(params.day)"},
        *[A | {"name": f"t{number}"} for number in range(3, 10)],
        {"name": "b"},
        name="x" * 41,
        parameters=[{"name": "day"}],
    )
    assert [fault.split(": ")[0] for fault in found] == [
        "metadata.name",
        "spec.parameters[0]",
        "spec.tasks[0].imgae",
        "spec.tasks[1].dependsOn[1]",
        "spec.tasks[1].dependsOn[2]",
        "spec.tasks[2]",
        "spec.tasks[2].bash",
        "spec.tasks[10]",  # after tasks[2], not before
        "spec.tasks[10].name",
    ]


@pytest.mark.parametrize(
    "spec",
    [
        {"parallelism": 0},
        {"paralelism": 2},
        {"trigger": "Never"},
        {"parameters": "day"},
        {"parameters": [{"name": "day"}, {"default": "x"}]},
        {"defaults": {"imagee": "x"}},
        {"defaults": None},
    ],
)
def test_fault_at_the_top_hides_none_below(spec):
    found = faults(A | {"dependsOn": ["b"]}, B | {"dependsOn": ["a", "c"]}, **spec)
    assert any("no task is called 'c'" in fault for fault in found)
    assert any("a -> b -> a" in fault for fault in found)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda node: st.lists(node, max_size=3) | st.dictionaries(st.text(max_size=8), node, max_size=3),
    max_leaves=8,
)


_FIELDS = ["name", "dependsOn", "image", "bash", "python", "env", "resources", "retries", "podTemplate", "volumes"]


_TASKS = st.lists(_JSON | st.dictionaries(st.sampled_from(_FIELDS), _JSON), max_size=4)


_SPECS = st.dictionaries(st.sampled_from(["parameters", "parallelism", "trigger", "defaults", "tasks"]), _JSON | _TASKS)


@given(
    st.fixed_dictionaries(
        {}, optional={"metadata": _JSON | st.dictionaries(st.just("name"), _JSON), "spec": _SPECS | _JSON}
    )
)
def test_no_manifest_is_too_odd_to_be_judged(manifest):
    assert all(fault.path and fault.message for fault in workflow_faults(manifest))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"args": ["x", "$(params.day)" * 3]}, "args[1]"),
        ({"env": [{"name": "A", "value": "$(params.day)$(params.day)$(params.day)"}]}, "env[0].value"),
    ],
)
def test_what_no_program_can_be_given(fields, path):
    (found,) = faults(A | fields, parameters=[{"name": "day", "default": "x" * 60_000}])
    assert found.startswith(
        f"spec.tasks[0].{path}: has 180000 bytes with its parameters; a program can be given 131071"
    )


DECLARED = {"day": ParameterDeclaration(), "size": ParameterDeclaration(default="small")}


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"workflow": "etl", "arguments": {"day": "x"}}, []),
        ({"workflow": "etl", "arguments": {"day": "x", "size": "y"}, "state": "Suspended"}, []),
        ({"workflow": "etl"}, ["spec.arguments: 'day' has no default in the Workflow; give it a value here"]),
        (
            {"workflow": "etl", "arguments": {"day": "x", "siez": "y"}},
            ["spec.arguments.siez: the Workflow has no parameter called 'siez'; did you mean 'size'?"],
        ),
        (
            {"workflow": "etl", "argumens": {}, "arguments": {"day": "x"}},
            ["spec.argumens: there is no such field; did you mean 'arguments'?"],
        ),
        ({"arguments": {"day": "x"}}, ["spec.workflow: is required"]),
        (
            {"workflow": "etl", "arguments": {"day": "x"}, "state": "Paused"},
            ["spec.state: input should be 'Running', 'Suspended' or 'Stopped'"],
        ),
    ],
)
def test_run(spec, found):
    assert [str(fault) for fault in run_faults(spec, DECLARED)] == found


MANY = {f"p{number}": "x" * 60_000 for number in range(9)}
RANGE = {"from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}
CALL = {"name": "call", "workflow": {"name": "etl", "arguments": MANY}}


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (run_faults({"workflow": "etl", "arguments": MANY}, None), "spec.arguments"),
        (backfill_faults({"spec": {"workflow": "etl", "arguments": MANY} | RANGE}), "spec.arguments"),
        (workflow_faults({"metadata": {"name": "top"}, "spec": {"tasks": [CALL]}}), "spec.tasks[0].workflow.arguments"),
    ],
    ids=["of a run", "of a Backfill", "of a child run"],
)
def test_arguments_leave_room_for_the_status_of_their_run(found, path):
    (fault,) = found
    words = "has 540073 bytes in all; at most 524288 are possible; put what is large into a file or a store"
    assert str(fault).startswith(f"{path}: {words}")


def test_arguments_up_to_the_limit_are_taken():
    assert run_faults({"workflow": "etl", "arguments": {name: MANY[name] for name in list(MANY)[:8]}}, None) == []


def test_a_run_that_has_started_goes_on_whatever_the_size_of_its_arguments():
    assert run_faults({"workflow": "etl", "arguments": MANY}, None, started=True) == []
    assert WorkflowRunSpec.read_usable({"workflow": "etl", "arguments": MANY}).arguments == MANY
