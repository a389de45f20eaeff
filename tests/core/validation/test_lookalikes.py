"""What a user reads who writes the placeholders of another tool."""

import pytest

from tests.core.validation.judged import A, B, faults

DAY = [{"name": "day", "default": "monday"}]


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("$(inputs.params.day)", "write $(params.day)"),  # Tekton
        ("$(param.day)", "write $(params.day)"),
        ("$(task.a.outputs.k)", "write $(tasks.a.outputs.k)"),
        ("$(steps.a.results.k)", "write $(tasks.a.outputs.k)"),
        ("$(context.taskRun.name)", "write $(run.name)"),
        ("$(workspaces.data.path)", "ours are $(params.NAME)"),
        ("{{inputs.parameters.day}}", "write $(params.day)"),  # Argo
        ("{{workflow.parameters.day}}", "write $(params.day)"),
        ("{{item}}", "write $(item)"),
        ("{{ item.name }}", "write $(item.name)"),
        ("{{workflow.creationTimestamp}}", "write $(run.startedAt)"),
        ("{{workflow.status}}", "write $(run.phase)"),
        ("{{workflow.duration}}", "write $(run.duration)"),
        ("{{tasks.a.status}}", "write $(tasks.a.phase)"),
        ("$(steps.a.exitCode)", "write $(tasks.a.exitCode)"),
        ("{{tasks.a.outputs.parameters.k}}", "write $(tasks.a.outputs.k)"),
        ("{{workflow.name}}", "write $(run.name)"),
        ("{{=item.x + 1}}", "ours are $(params.NAME)"),
        ("{{ ds }}", "write $(run.intervalStart)"),  # Airflow
        ("{{- ds_nodash -}}", "write $(run.intervalStart)"),
        ("{{ params.day }}", "write $(params.day)"),
        ("{{ ti.xcom_pull(task_ids='a') }}", "write $(tasks.NAME.outputs.KEY)"),
        ("{{ macros.ds_add(ds, 5) }}", "ours are $(params.NAME)"),
    ],
)
def test_a_placeholder_of_another_tool_is_a_fault_with_ours_beside_it(text, instead):
    (fault,) = faults(A | {"args": [f"x={text}"]}, parameters=DAY)
    assert fault.startswith(f"spec.tasks[0].args[0]: {text} is no placeholder")
    assert instead in fault


@pytest.mark.parametrize(
    "text",
    [
        "{{.State}}",
        "{{ range .Items }}",
        "{{dsx}}",
        "$(python3.12 -V)",
        "$(run me)",
        "$(date +%s)",
        "$(HOME)",
        "$$(inputs.params.day)",
        "$$(params.nothing)",
        "{}",
        "{{",
    ],
)
def test_what_is_the_programs_own_passes(text):
    assert faults(A | {"args": [f"x={text}"]}) == []


@pytest.mark.parametrize("text", ["{{=" + " " * 30_000, "{{ item" + " -" * 15_000 + "x", "{{" * 15_000, "{{ds" * 8_000])
def test_long_texts_are_read_once(text):
    """Another way to look for them takes years."""
    assert faults(A | {"args": [text]}) == []


@pytest.mark.parametrize("field", ["bash", "python"])
def test_scripts_are_not_searched(field):
    assert faults(A | {field: "echo {{ ds }} $(inputs.params.day)"}) == []


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"pools": [{"name": "$(params.day)"}]}, "pools[0].name", "is not filled in here: a Pool is known before"),
        (
            {"serviceAccountName": "$(tasks.b.outputs.k)"},
            "serviceAccountName",
            "is not filled in here: what a pod may do",
        ),
        ({"queueName": "$(run.name)"}, "queueName", "is not filled in here: what a pod may do"),
        (
            {"envFrom": [{"secretRef": {"name": "$(tasks.b.outputs.k)"}}]},
            "envFrom[0].secretRef.name",
            "is not filled in here: what a pod may do must not depend on a program; use a parameter",
        ),
        (
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "$(tasks.b.outputs.k)"}}]},
            "volumes[0].persistentVolumeClaim.claimName",
            "is not filled in here",
        ),
        *(
            ({"podTemplate": {"spec": spec}}, f"podTemplate.spec.{path}", "what a pod may do must not depend on")
            for spec, path in (
                ({"serviceAccount": "$(tasks.b.outputs.k)"}, "serviceAccount"),
                (
                    {
                        "volumes": [
                            {"name": "v", "projected": {"sources": [{"secret": {"name": "$(tasks.b.outputs.k)"}}]}}
                        ]
                    },
                    "volumes[0].projected.sources[0].secret.name",
                ),
                (
                    {"volumes": [{"name": "v", "csi": {"nodePublishSecretRef": {"name": "$(tasks.b.outputs.k)"}}}]},
                    "volumes[0].csi.nodePublishSecretRef.name",
                ),
                (
                    {"resourceClaims": [{"resourceClaimName": "$(tasks.b.outputs.k)"}]},
                    "resourceClaims[0].resourceClaimName",
                ),
            )
        ),
        (
            {"podTemplate": {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "$(tasks.b.outputs.k)"}}}},
            "podTemplate.metadata.labels.kueue.x-k8s.io/queue-name",
            "what a pod may do must not depend on",
        ),
    ],
)
def test_where_no_value_or_no_output_may_stand(fields, path, words):
    (fault,) = faults(A | fields, B | {"outputs": ["k"]}, parameters=DAY)
    assert fault.startswith(f"spec.tasks[0].{path}: $(")
    assert words in fault


def test_a_parameter_may_say_which_service_account_secret_or_claim():
    fields = {
        "serviceAccountName": "$(params.day)",
        "envFrom": [{"secretRef": {"name": "$(params.day)"}}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "$(params.day)"}}],
    }
    assert faults(A | fields, parameters=DAY) == []
