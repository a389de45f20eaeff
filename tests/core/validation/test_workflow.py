"""Every check, with the path and the words that a user reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.spec.parameter import ParameterDeclaration
from sluice.core.validation import run_faults, workflow_faults, workflow_warnings
from tests.core.world import graph

A, B = {"name": "a", "image": "busybox"}, {"name": "b", "image": "busybox"}


def faults(*tasks, name="etl", **spec):
    """The faults of a Workflow with these tasks, as lint prints them."""
    tasks = {"tasks": list(tasks)} if tasks else {}
    return [str(fault) for fault in workflow_faults({"metadata": {"name": name}, "spec": tasks | spec})]


def test_sound_workflow_has_none():
    full = {
        "image": "python:3.13",
        "env": [
            {"name": "DAY", "value": "$(params.day)"},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s"}}},
        ],
        "envFrom": [{"secretRef": {"name": "s"}}],
        "resources": {"requests": {"cpu": 0.5, "memory": "64Mi", "nvidia.com/gpu": 1}, "limits": {"cpu": "500m"}},
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


# The shape.

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


# The graph.

ITSELF = "waits for itself and could never start; remove it from the list"
CIRCLE = "these tasks wait for each other in a circle"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a >> b, c >> d", []),
        ("a >> a", [f"spec.tasks[0].dependsOn[0]: 'a' {ITSELF}"]),
        ("a, b, c >> c", [f"spec.tasks[2].dependsOn[2]: 'c' {ITSELF}"]),
        ("a >> b; a >> b", ["spec.tasks[1].dependsOn[1]: 'a' stands in the list twice"]),
        (
            "a >> b >> c >> a",
            [
                (
                    "spec.tasks[0].dependsOn[0]: these tasks wait for each other in a circle: a -> c -> b -> a; "
                    "remove one dependency"
                )
            ],
        ),
        (
            "a >> b >> a; c >> d >> c",
            [
                f"spec.tasks[0].dependsOn[0]: {CIRCLE}: a -> b -> a; remove one dependency",
                f"spec.tasks[2].dependsOn[0]: {CIRCLE}: c -> d -> c; remove one dependency",
            ],
        ),
    ],
)
def test_graph(text, found):
    assert faults(**graph(text)) == found


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("extrat", "no task is called 'extrat'; did you mean 'extract'?"),
        ("zzz", "no task is called 'zzz'"),
    ],
)
def test_unknown_dependency(wanted, words):
    extract, load = A | {"name": "extract"}, B | {"dependsOn": ["extract", wanted]}
    assert faults(extract, load) == [f"spec.tasks[1].dependsOn[1]: {words}"]


def test_two_tasks_of_one_name():
    assert faults(A, B, A) == ["spec.tasks[2].name: 'a' is the name of tasks[0] already; rename one"]


# What a task runs.


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        ({"image": None}, "spec.tasks[0]: 'a' has no image; set `image` here or in spec.defaults"),
        (
            {"bash": "ls", "python": "1"},
            "spec.tasks[0]: 'a' has both `bash` and `python`; keep one, and make another task of the other",
        ),
        (
            {"bash": "ls", "command": ["ls"]},
            "spec.tasks[0].command: a script has no command or args; say it in the script, or remove the script",
        ),
        (
            {"python": "1", "args": ["ls"]},
            "spec.tasks[0].args: a script has no command or args; say it in the script, or remove the script",
        ),
        (
            {"shell": ["zsh"]},
            "spec.tasks[0].shell: names the interpreter of a script, and there is none; add `bash`, or use `command`",
        ),
        (
            {"bash": "#" * 262144},
            (
                "spec.tasks[0]: the script and the parameters have 262144 bytes; 252 KiB fit. "
                "Put the program into an image"
            ),
        ),
    ],
)
def test_what_a_task_runs(task, fault):
    assert faults(A | task) == [fault]


def test_image_may_come_from_the_defaults():
    assert faults({"name": "a"}, defaults={"image": "busybox"}) == []


def test_image_may_come_from_the_chart():
    manifest = {"metadata": {"name": "etl"}, "spec": {"tasks": [{"name": "a"}]}}
    assert workflow_faults(manifest)
    assert workflow_faults(manifest, chart_has_image=True) == []


@pytest.mark.parametrize(
    ("quantity", "sound"),
    [
        ("500m", True),
        ("64Mi", True),
        (2, True),
        (0.5, True),
        ("1e3", True),
        ("$(params.day)", True),
        ("64 MB", False),
        ("64MiB", False),
        ("lots", False),
        ("", False),
    ],
)
def test_quantity(quantity, sound):
    words = f"spec.tasks[0].resources.requests.memory: '{quantity}' is not a quantity; write for example 500m or 64Mi"
    resources = {"requests": {"memory": quantity}}
    assert faults(A | {"resources": resources}, parameters=[{"name": "day", "default": "1"}]) == (
        [] if sound else [words]
    )


def test_quantity_in_the_defaults():
    (fault,) = faults(A, defaults={"resources": {"limits": {"cpu": "much"}}})
    assert fault.startswith("spec.defaults.resources.limits.cpu: 'much' is not a quantity")


@pytest.mark.parametrize("quantity", [True, [1], {"a": 1}])
def test_quantity_of_another_type_is_called_a_quantity(quantity):
    (fault,) = faults(A | {"resources": {"limits": {"cpu": quantity}}})
    assert fault.startswith("spec.tasks[0].resources.limits.cpu: ")
    assert "quantity" in fault


@pytest.mark.parametrize("field", ["timeout", "deadline"])
@pytest.mark.parametrize("timeout", ["0s", "0h0m", "99999999d"])
def test_timeout_that_no_pod_can_have(timeout, field):
    (fault,) = faults(A | {field: timeout})
    assert fault.startswith(f"spec.tasks[0].{field}: ")


@pytest.mark.parametrize("kind", [{"approval": {}}, {"join": {}}, {"wait": {"for": "1m"}}])
def test_deadline_of_what_has_no_attempts(kind):
    (fault,) = faults({"name": "a", "deadline": "1h"} | kind)
    assert fault.startswith("spec.tasks[0].deadline: ")
    assert faults({"name": "a"} | kind, defaults={"deadline": "1h"}) == []  # which is for the others


@pytest.mark.parametrize(
    "kind", [{"approval": {}}, {"join": {}}, {"wait": {"for": "1m"}}, {"workflow": {"name": "x"}}, {"image": "busybox"}]
)
def test_every_task_can_be_shown_in_a_group(kind):
    assert faults({"name": "a", "group": "load"} | kind) == []
    (fault,) = faults({"name": "a", "group": "$(params.x)"} | kind)
    assert fault.startswith("spec.tasks[0].group: must be lower-case letters and digits, with '-' between them")


def test_deadline_of_a_sub_workflow():
    assert faults({"name": "a", "deadline": "1h", "workflow": {"name": "child"}}) == []


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"containers": "x"}, "containers: must be a list"),
        ({"containers": [{"image": "x"}]}, "containers[0]: must be a map with a `name`"),
        ({"initContainers": [{"name": "x"}, None]}, "initContainers[1]: must be a map with a `name`"),
        ({"volumes": ["x"]}, "volumes[0]: must be a map with a `name`"),
    ],
)
@pytest.mark.parametrize("place", ["spec.tasks[0]", "spec.defaults"])
def test_pod_template_whose_items_cannot_be_told_apart(place, spec, fault):
    template = {"podTemplate": {"spec": spec}}
    own, defaults = (template, {}) if "tasks" in place else ({}, template)
    (found,) = faults(A | own, defaults=defaults)
    assert found.startswith(f"{place}.podTemplate.spec.{fault}")


@pytest.mark.parametrize("field", ["labels", "annotations"])
@pytest.mark.parametrize("place", ["spec.tasks[0]", "spec.defaults"])
def test_pod_template_must_not_write_the_operators_marks(place, field):
    template = {"podTemplate": {"metadata": {field: {"sluice.dev/pools": "x", "team": "data"}}}}
    own, defaults = (template, {}) if "tasks" in place else ({}, template)
    (found,) = faults(A | own, defaults=defaults)
    assert found.startswith(f"{place}.podTemplate.metadata.{field}.sluice.dev/pools: sluice.dev/ is the operator's own")


# Placeholders.

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


# Parameters and names.


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


def test_name_must_leave_room_for_the_names_of_runs():
    assert faults(A, name="x" * 40) == []
    (fault,) = faults(A, name="x" * 41)
    assert fault == "metadata.name: has 41 characters; at most 40 fit, as runs are named after it"


# All at once.


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


# Runs.


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


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        (
            {"runIf": "OneFailed"},
            "spec.tasks[1].runIf: OneFailed is about dependencies, and there are none; add `dependsOn`",
        ),
        (
            {"runIf": "Always", "dependsOn": ["a"]},
            "spec.tasks[1].runIf: Always waits for nothing; remove `dependsOn`, or write AllDone to wait for all",
        ),
        (
            {"finally": True, "dependsOn": ["a"]},
            "spec.tasks[1].dependsOn[0]: "  # noqa: ISC004
            "a `finally` task waits for all others anyhow, also for 'a'; remove it from the list",
        ),
        (
            {"dependsOn": ["tidy"]},
            "spec.tasks[1].dependsOn[0]: "  # noqa: ISC004
            "'tidy' is a `finally` task, which starts after all others; only such may wait for it",
        ),
        (
            {"command": ["echo", "$(run.phase)"]},
            "spec.tasks[1].command[1]: $(run.phase) is known to `finally` tasks only, as the run has not ended before",
        ),
    ],
)
def test_trigger_rules_that_cannot_hold(task, fault):
    tidy = {"name": "tidy", "image": "busybox", "finally": True, "command": ["echo", "$(run.phase)"]}
    assert faults(A, B | task, tidy) == [fault]


# References.

PARAMETER = "must be letters, digits, '_' and '-', with a letter or '_' at the start"
READS_A = {"args": ["$(tasks.a.outputs.files)"]}


@pytest.mark.parametrize(
    ("own", "other", "found"),
    [
        ({"outputs": ["files"]}, READS_A, []),
        ({"outputs": ["files"]}, READS_A | {"dependsOn": ["a"], "runIf": "AllDone"}, []),
        ({"outputs": ["files"]}, READS_A | {"runIf": "AllDone"}, []),
        ({"outputs": ["files"]}, READS_A | {"finally": True}, []),
        (
            {},
            READS_A,
            ["spec.tasks[1].args[0]: 'a' declares no output 'files'; add it there: `outputs: [files]`"],
        ),
        (
            {"outputs": ["flies", "rows"]},
            READS_A,
            ["spec.tasks[1].args[0]: 'a' declares no output 'files'; did you mean 'flies'?"],
        ),
        (
            {},
            {"image": "x:$(tasks.aa.outputs.tag)"},
            ["spec.tasks[1].image: no task is called 'aa'; did you mean 'a'?"],
        ),
        (
            {},
            {"outputs": ["k"], "args": ["$(tasks.b.outputs.k)"]},
            ["spec.tasks[1].args[0]: 'b' cannot read its own outputs: it has none before it has ended"],
        ),
        (
            {"outputsFrom": "Log"},
            {},
            ["spec.tasks[0].outputsFrom: says where outputs are, and there are none; add `outputs`"],
        ),
        (
            {"outputsFrom": "Stdout"},
            {},
            ["spec.tasks[0].outputsFrom: says where outputs are, and there are none; add `outputs`"],
        ),
        (
            {"outputsFrom": "Stdout", "outputs": ["k", "l"]},
            {},
            [
                (
                    "spec.tasks[0].outputs: standard output is the value of one key; keep one, or write them all to "
                    "$SLUICE_OUTPUTS and leave out outputsFrom"
                )
            ],
        ),
        ({"outputs": ["k", "k"]}, {}, ["spec.tasks[0].outputs[1]: 'k' stands in the list twice"]),
        ({"outputs": ["1k"]}, {}, [f"spec.tasks[0].outputs[0]: {PARAMETER}, not '1k'"]),
        (
            {"outputs": ["files"], "dependsOn": ["b"]},
            READS_A,
            [
                (
                    "spec.tasks[0].dependsOn[0]: these tasks wait for each other in a circle: a -> b -> a; "
                    "remove one dependency"
                )
            ],
        ),
        (
            {"outputs": ["files"]},
            READS_A | {"runIf": "Always"},
            [
                (
                    "spec.tasks[1].runIf: Always waits for nothing, and this task asks about 'a'; "
                    "remove `runIf`, or write AllDone"
                )
            ],
        ),
        (
            {"outputs": ["files"], "finally": True},
            READS_A,
            [
                (
                    "spec.tasks[1].args[0]: 'a' is a `finally` task, which starts after all others; only such may wait "
                    "for it"
                )
            ],
        ),
    ],
)
def test_reference(own, other, found):
    assert faults(A | own, B | other) == found


def test_reference_is_no_default():
    assert faults(A | {"outputs": ["k"]}, B, defaults={"env": [{"name": "K", "value": "$(tasks.a.outputs.k)"}]}) == [
        (
            "spec.defaults.env[0].value: $(tasks.a.outputs.k) cannot be a default: every task would wait for that one, "
            "itself included; say it in the tasks that need it"
        )
    ]


def test_all_tasks_have_a_number_of_dependencies_with_those_that_they_ask_about():
    first = [A | {"name": f"t{number}", "outputs": ["k"]} for number in range(100)]
    names = [task["name"] for task in first]
    args = [f"$(tasks.{name}.outputs.k)" for name in names]
    others = [A | {"name": f"u{number}", "dependsOn": names} for number in range(100)]
    others += [A | {"name": f"v{number}", "args": args} for number in range(100)]
    assert faults(*first, *others) == []
    last = A | {"name": "last", "when": "tasks.t0.phase == 'Succeeded'"}
    words = "wait for 20001 others in all, with those that they ask about; at most 20000 are possible"
    assert faults(*first, *others, last) == [f"spec.tasks: {words}. Let branches meet in one task"]


def test_a_task_may_wait_for_a_thousand():
    many = [A | {"name": f"t{number}"} for number in range(1100)]
    assert faults(*many, A | {"name": "last", "dependsOn": [task["name"] for task in many]}) == []


# Warnings.


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
