"""Whole documents: parameters, loops, retries, locks, schedules, references, and what is refused."""

# ruff: noqa: E501  # a case reads best in one line

import pytest

from sluice.importers.report import EXACT, REFUSED
from tests.importers.argo.documents import HEAD, call, dag, imported, leaf, lost, spec, steps, tasks, workflow

RUN = "container: {image: x, command: [a]}\n"


@pytest.mark.parametrize(
    ("strategy", "retries", "losses"),
    [
        ("{limit: 3}", {"limit": 3}, 0),
        ("{limit: '3', retryPolicy: OnError}", {"infrastructure": 3}, 0),
        (
            "{limit: 2, backoff: {duration: '5', factor: 2, cap: 1m}}",
            {"limit": 2, "backoff": {"initial": "5s", "factor": 2, "max": "1m"}},
            0,
        ),
        ("{limit: 2, expression: 'false'}", None, 0),
        (
            "{limit: 2, expression: \"lastRetry.exitCode in ['3', '4']\"}",
            {"limit": 2, "endings": ["Error"], "exitCodes": [3, 4]},
            0,
        ),
        ("{}", {"limit": 100}, 1),
        ("{limit: 2, expression: \"lastRetry.message == 'x'\"}", {"limit": 2}, 1),
        ("{limit: 10, expression: 'lastRetry.status == \"Error\"'}", {"infrastructure": 10}, 0),
        ("{limit: 10, retryPolicy: OnFailure, expression: 'lastRetry.status == \"Error\"'}", None, 0),
        ("{limit: 2, retryPolicy: OnError, expression: 'asInt(lastRetry.exitCode) > 1'}", None, 0),
        ("{limit: 2, retryPolicy: OnError, expression: 'lastRetry.message == \"x\"'}", {"infrastructure": 2}, 1),
        ("{limit: '{{workflow.parameters.n}}'}", {"limit": "$(params.n)"}, 0),
        ("{limit: '{{workflow.parameters.n}}', retryPolicy: OnError}", {"infrastructure": 4}, 1),
        ("{limit: '{{workflow.parameters.n}}0'}", {"limit": 40}, 1),
        ("{limit: '{{workflow.labels.nope}}'}", None, 2),
        ("{limit: much}", None, 1),
        (
            "{limit: 2, backoff: {duration: '{{workflow.parameters.n}}', cap: '{{workflow.parameters.n}}m'}}",
            {"limit": 2, "backoff": {"initial": "4s", "factor": 1, "max": "4m"}},
            1,
        ),
    ],
)
def test_retries(strategy, retries, losses):
    text = workflow(leaf(f"{RUN}retryStrategy: {strategy}\n"), arguments="{parameters: [{name: n, value: 4}]}")
    result = imported(text)
    assert result.objects[-1].manifest["spec"]["tasks"][0].get("retries") == retries
    assert len(result.losses) == losses


@pytest.mark.parametrize(
    ("fields", "timeout", "losses"),
    [
        ("timeout: 60s\nactiveDeadlineSeconds: 300", "1m", 0),
        ("timeout: 10m\nactiveDeadlineSeconds: 300", "5m", 0),
        ("timeout: '{{workflow.parameters.t}}'", "$(params.t)", 0),
        ("timeout: '{{workflow.parameters.n}}'", "4s", 1),
        ("timeout: '{{workflow.parameters.t}}'\nactiveDeadlineSeconds: 300", "5m", 1),
        ("activeDeadlineSeconds: '{{workflow.parameters.n}}'", "4s", 1),
        ("activeDeadlineSeconds: '{{workflow.labels.nope}}'", None, 2),
    ],
)
def test_the_shorter_of_two_limits(fields, timeout, losses):
    arguments = "{parameters: [{name: n, value: 4}, {name: t, value: 4s}]}"
    result = imported(workflow(leaf(f"{RUN}{fields}\n"), arguments=arguments))
    assert result.objects[-1].manifest["spec"]["tasks"][0].get("timeout") == timeout
    assert len(result.losses) == losses


@pytest.mark.parametrize(
    ("whole", "own", "timeout", "losses"),
    [
        ("60", "{}", "1m", 0),
        ("60", "30", "30s", 0),
        ("30", "60", "30s", 0),
        ("'{{workflow.parameters.n}}'", "60", "4s", 1),
        ("60", "'{{workflow.parameters.n}}'", "4s", 1),
    ],
)
def test_the_limit_of_a_run(whole, own, timeout, losses):
    body = steps([call("a")]) + f"  activeDeadlineSeconds: {own}\n"
    arguments = "{parameters: [{name: n, value: 4}]}"
    result = imported(workflow(body, activeDeadlineSeconds=whole, arguments=arguments))
    assert (result.objects[-1].manifest["spec"]["timeout"], len(result.losses)) == (timeout, losses)


CONFIG = "{parameters: [{name: cm, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}"


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"when": "{{workflow.parameters.cm}} == x"}, "when: {{workflow.parameters.cm}} == x"),
        ({"when": "{{node.name}} == x"}, "when: {{node.name}} == x"),
        ({"withParam": "{{workflow.parameters.cm}}"}, "its loop"),
        ({"withSequence": {"count": "{{workflow.parameters.cm}}"}}, "its loop"),
    ],
)
def test_what_only_a_pod_knows_decides_about_no_task(fields, what):
    result = imported(workflow(steps([call("a", **fields)]), arguments=CONFIG))
    assert [(loss.what, loss.left) for loss in result.losses] == [(what, True)]


def test_what_only_a_pod_knows_is_no_output_of_a_run():
    outputs = "  outputs: {parameters: [{name: o, value: '{{workflow.parameters.cm}}'}]}\n"
    result = imported(workflow(steps([call("a")]) + outputs, arguments=CONFIG))
    assert result.objects[-1].manifest["spec"]["outputs"] == {"o": "FILL_IN"}
    assert [(loss.what, loss.left) for loss in result.losses] == [("the output 'o'", True)]


def test_a_default_that_is_not_understood_is_left_to_somebody():
    result = imported(workflow(leaf(RUN), arguments="{parameters: [{name: p, value: '{{workflow.labels.nope}}'}]}"))
    assert result.objects[-1].manifest["spec"]["parameters"] == [{"name": "p", "default": "FILL_IN"}]
    assert [loss.left for loss in result.losses] == [True]


def test_a_limit_that_is_no_number_refuses_no_document():
    body = steps([call("a")], [call("b", "own", withSequence={"start": 0, "end": "{{steps.a.outputs.result}}"})])
    body = body.replace(
        '"template": "own"', '"template": "own", "arguments": {"parameters": [{"name": "l", "value": "{{item}}"}]}'
    )
    own = "- name: own\n  inputs: {parameters: [{name: l}]}\n  " + RUN
    limits = '  activeDeadlineSeconds: "{{inputs.parameters.l}}"\n  retryStrategy: {limit: "{{inputs.parameters.l}}"}\n'
    result = imported(workflow(body + own + limits))
    assert [loss.what for loss in result.losses if loss.left and loss.task == "b"] == [
        "its loop",
        "the value of 'l'",
        "activeDeadlineSeconds",
        "the limit of a retryStrategy",
    ]


def test_parameters():
    arguments = "{parameters: [{name: day, value: 5, enum: [5, 6], description: Which}, {name: must}]}"
    found = spec(
        workflow(
            leaf('container: {image: x, command: [echo], args: ["{{workflow.parameters.day}}"]}'), arguments=arguments
        )
    )
    assert found["parameters"] == [
        {"name": "day", "enum": ["5", "6"], "default": "5", "description": "Which"},
        {"name": "must"},
    ]
    assert found["trigger"] == "Manual"  # as `must` has no value
    assert found["tasks"][0]["args"] == ["$(params.day)"]


def test_a_value_of_a_config_map_comes_by_the_environment():
    source = "{parameters: [{name: msg, valueFrom: {configMapKeyRef: {name: cm, key: k}}}]}"
    found = tasks(
        workflow(
            leaf('container: {image: x, command: [echo], args: ["{{workflow.parameters.msg}}"]}'), arguments=source
        )
    )
    assert found["main"]["args"] == ["$(MSG)"]
    assert found["main"]["env"] == [{"name": "MSG", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k"}}}]


def test_settings_of_the_workflow():
    found = spec(workflow(leaf(RUN), parallelism=3, activeDeadlineSeconds=300, priority=2, serviceAccountName="sa"))
    assert found == {
        "parallelism": 3,
        "priority": 2,
        "timeout": "5m",
        "defaults": {"serviceAccountName": "sa"},
        "tasks": [{"name": "main", "image": "x", "command": ["a"]}],
    }


def test_locks_of_runs_and_of_tasks_are_pools():
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {k: '4'}\n"
    text = workflow(
        leaf(f"{RUN}synchronization: {{semaphore: {{configMapKeyRef: {{name: cm, key: k}}}}}}\n"),
        synchronization="{mutex: {name: one}}",
    )
    result = imported(text, config)
    made = {each.name: each.manifest["spec"] for each in result.objects}
    assert made["w"]["pools"] == [{"name": "one"}]
    assert made["w"]["tasks"][0]["pools"] == [{"name": "cm-k"}]
    assert (made["one"], made["cm-k"]) == ({"slots": 1, "heldBy": "Runs"}, {"slots": 4})
    assert [loss.left for loss in imported(text).losses] == [True]  # how many slots, without the ConfigMap


@pytest.mark.parametrize(
    ("name", "pool"), [("'m-{{workflow.name}}'", "m-run-name"), ("'m-{{workflow.parameters.env}}'", "m-prod")]
)
def test_a_lock_that_the_run_names_is_one_for_all_runs(name, pool):
    arguments = "{parameters: [{name: env, value: prod}]}"
    result = imported(workflow(leaf(RUN), synchronization=f"{{mutex: {{name: {name}}}}}", arguments=arguments))
    assert [each.name for each in result.objects] == [pool, "w"]
    assert [what for _, what in lost(result)] == ["a lock that the run names"]


@pytest.mark.parametrize(
    ("cron", "made"),
    [
        (
            "schedule: 0 2 * * *",
            {"schedule": {"cron": "0 2 * * *", "catchUp": "None"}, "concurrency": {"policy": "Allow"}},
        ),
        (
            "schedules: [0 2 * * *, 0 3 * * *]\n  timezone: Europe/Berlin",
            {"schedule": {"cron": ["0 2 * * *", "0 3 * * *"], "timeZone": "Europe/Berlin", "catchUp": "None"}},
        ),
        (
            "schedule: 0 2 * * *\n  startingDeadlineSeconds: 90\n  concurrencyPolicy: Forbid\n  suspend: true",
            {
                "schedule": {"cron": "0 2 * * *", "startingDeadline": "1m30s", "suspend": True},
                "concurrency": {"policy": "Forbid"},
            },
        ),
        (
            "schedule: CRON_TZ=Europe/Berlin 0 2 * * *",
            {"schedule": {"cron": "0 2 * * *", "timeZone": "Europe/Berlin", "catchUp": "None"}},
        ),
        ("schedule: '@every 1h30m'", {"schedule": {"every": "1h30m", "catchUp": "None"}}),
        ("schedule: 0 2 * * *\n  successfulJobsHistoryLimit: 4", {"history": {"succeeded": 4}}),
    ],
)
def test_schedule(cron, made):
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {{name: nightly}}\nspec:\n  {cron}\n  workflowSpec: {{entrypoint: main, templates: [{{name: main, container: {{image: x}}}}]}}\n"
    assert spec(text) == spec(text) | made


LIBRARY = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: lib}
spec: {templates: [{name: say, inputs: {parameters: [{name: m, default: hi}]}, container: {image: x, command: [echo], args: ["{{inputs.parameters.m}}"]}}]}
"""


def test_a_library_is_inlined_into_its_callers():
    caller = workflow(dag('{"name": "a", "templateRef": {"name": "lib", "template": "say"}}'))
    result = imported(caller, LIBRARY)
    assert [each.name for each in result.objects] == ["w"]
    assert result.objects[-1].manifest["spec"]["tasks"][0]["args"] == ["hi"]
    assert [note.message[:21] for note in result.notes] == ["has no entrypoint, so"]
    assert result.exit_code == EXACT


def test_each_template_of_a_library_can_be_a_workflow():
    (made,) = imported(LIBRARY, each=True).objects
    assert made.manifest["spec"]["parameters"] == [{"name": "m", "default": "hi"}]
    assert made.name == "lib-say"


def test_a_workflow_takes_its_spec_from_a_template():
    template = workflow(
        leaf('container: {image: x, command: [echo], args: ["{{workflow.parameters.day}}"]}'),
        arguments="{parameters: [{name: day, value: monday}]}",
    )
    template = template.replace("kind: Workflow\n", "kind: WorkflowTemplate\n").replace(
        "generateName: w-", "name: base"
    )
    reference = HEAD + "  workflowTemplateRef: {name: base}\n  arguments: {parameters: [{name: day, value: friday}]}\n"
    base, run = (each.manifest["spec"] for each in imported(template, reference).objects)
    assert (base["trigger"], base["parameters"][0]["default"]) == ("Manual", "monday")
    assert ("trigger" in run, run["parameters"][0]["default"]) == (False, "friday")
    (refused,) = imported(reference).refused
    assert (refused.line, refused.message) == (5, "names the WorkflowTemplate 'base', which is not among the files")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "a: {{ .Values.x }}\n",
            1,
            "is a template of Helm's; render it first: helm template ... | sluice import argo -",
        ),
        ("a: [\n", 2, "is no YAML: expected the node content"),
        (HEAD + "  templates: []\n", 5, "has no entrypoint"),
        (
            HEAD.replace("{generateName: w-}", "{name: k, labels: {pipelines.kubeflow.org/v2_component: 'true'}}")
            + "  entrypoint: m\n",
            1,
            "was compiled by Kubeflow Pipelines",
        ),
        (workflow(leaf(RUN), entrypoint="none"), 5, "names the template 'none'"),
    ],
)
def test_refused(text, line, words):
    result = imported(text)
    (refused,) = result.refused
    assert (refused.line, refused.message[: len(words)]) == (line, words)
    assert result.exit_code == REFUSED


def test_what_is_refused_does_not_stop_the_others():
    result = imported(workflow("- {name: main, http: {}}\n"), workflow(leaf(RUN)))
    assert (len(result.objects), len(result.refused), result.exit_code) == (1, 1, REFUSED)


def test_notes_are_no_losses():
    result = imported(workflow(leaf(f"{RUN}"), podGC="{strategy: OnPodSuccess}", ttlStrategy="{}", metrics="{}"))
    assert [note.message.partition(":")[0] for note in result.notes] == ["podGC", "ttlStrategy", "metrics"]
    assert result.exit_code == EXACT


def _tree(depth):
    return "".join(
        f"- name: t{n}\n  steps: [[{{name: a, template: t{n + 1}}}, {{name: b, template: t{n + 1}}}]]\n"
        for n in range(depth)
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: " + "[" * 5000 + "]" * 5000, "is nested deeper than 64 levels: it has 5000 brackets open at once"),
        ("a: " + "[" * 100 + "]" * 100, "is nested deeper than 64 levels"),
        (
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)),
            "has more than 200000 values, its aliases followed",
        ),
        ("x" * (4 * 1024 * 1024 + 1), "has 4194305 characters; at most 4194304 are read"),
        (
            workflow(_tree(14) + "- {name: t14, container: {image: x}}\n", entrypoint="t0"),
            "has more than 2000 tasks; templates that call each other add up",
        ),
        (
            workflow("- name: main\n  dag: {tasks: [{name: a, template: main, depends: a}]}\n"),
            "the tasks a wait for each other in a circle",
        ),
    ],
)
def test_what_is_hostile_is_bounded_and_named(text, words):
    assert [refused.message for refused in imported(text).refused] == [words]


def test_what_is_not_known_at_import_is_marked():
    result = imported(
        workflow(leaf('container: {image: x, command: [echo], args: ["{{=sprig.upper(workflow.name)}}"]}'))
    )
    assert result.objects[-1].manifest["spec"]["tasks"][0]["args"] == ["FILL_IN"]
    assert [(loss.left, loss.line) for loss in result.losses] == [(True, 8)]


def test_steps_of_a_loop_with_a_limit_are_limited_by_it():
    text = steps([call("a", withItems=["x", "y"])]) + "  parallelism: 1\n"
    found = spec(workflow(text))
    assert (found["tasks"][0]["forEach"]["parallelism"], "parallelism" in found) == (1, False)


def test_defaults_of_all_templates():
    defaults = "{timeout: 30s, container: {image: y, imagePullPolicy: Always}}"
    found = tasks(workflow(leaf("container: {image: x}\n"), templateDefaults=defaults))["main"]
    main = {"name": "main", "imagePullPolicy": "Always"}
    assert found == {"name": "main", "timeout": "30s", "image": "x", "podTemplate": {"spec": {"containers": [main]}}}


def test_targets_that_a_parameter_decides_are_those_of_its_default():
    text = workflow(
        dag(call("a"), call("b"), target='"{{workflow.parameters.t}}"'), arguments="{parameters: [{name: t, value: b}]}"
    )
    result = imported(text)
    assert [task["name"] for task in result.objects[-1].manifest["spec"]["tasks"]] == ["b"]
    assert lost(result) == [(10, "a target that parameters decide")]


def test_a_limit_of_templates_is_one_of_pods():
    inner = steps([call("one")], name="inner")
    result = imported(workflow(dag(call("a", "inner"), call("b", "inner")) + "  parallelism: 1\n" + inner))
    assert result.objects[-1].manifest["spec"]["parallelism"] == 1
    assert [what for _, what in lost(result)] == ["the parallelism of a template of templates"]


def test_the_retries_of_a_workflow_are_those_of_each_pod_without_its_own():
    body = "- {name: own, retryStrategy: {limit: 1}, container: {image: x, command: [a]}}\n"
    found = tasks(workflow(steps([call("a"), call("b", "own")]) + body, retryStrategy="{limit: 5}"))
    assert {name: task["retries"] for name, task in found.items()} == {"a": {"limit": 5}, "b": {"limit": 1}}
