"""What a task finds in its pod, and what its pod is like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.kubernetes import Json, Kubectl, workflow

PYTHON = "python:3.13-slim"


def ran(kubectl: Kubectl, *tasks: Json, **spec: Any) -> str:
    """The run of a Workflow of these tasks, which has succeeded."""
    run = kubectl.run(workflow("etl", *tasks, **spec))
    assert run["status"]["phase"] == "Succeeded", run["status"]
    return str(run["metadata"]["name"])


def the_pod(kubectl: Kubectl, run: str) -> Json:
    (pod,) = kubectl.pods(run)
    return pod


def test_a_script_runs_in_bash_where_there_is_bash_and_else_in_sh(kubectl: Kubectl) -> None:
    run = ran(
        kubectl,
        {"name": "bash", "image": PYTHON, "bash": 'set -o | grep on$; [[ -n "$BASH_VERSION" ]]'},
        {"name": "sh", "bash": 'echo "${BASH_VERSION:-no bash}"; case $- in *e*) echo errexit ;; esac'},
    )
    options = kubectl.log(run, "bash").split()
    assert {"errexit", "pipefail"} <= set(options)
    assert kubectl.log(run, "sh").splitlines() == ["no bash", "errexit"]


def test_another_interpreter_can_run_the_script(kubectl: Kubectl) -> None:
    run = ran(kubectl, {"name": "work", "shell": ["awk", "-f"], "bash": "BEGIN { print 6 * 7 }"})
    assert kubectl.log(run, "work") == "42\n"


def test_a_task_knows_who_it_is(kubectl: Kubectl) -> None:
    run = ran(
        kubectl,
        {"name": "work", "bash": "env | grep -E '^(SLUICE|PARAM)_' | sort"},
        parameters=[{"name": "day", "default": "monday"}, {"name": "ware-house", "default": "north"}],
    )
    assert kubectl.log(run, "work").splitlines() == [
        "PARAM_DAY=monday",
        "PARAM_WARE_HOUSE=north",
        "SLUICE_ATTEMPT=1",
        "SLUICE_INDEX=0",
        "SLUICE_OUTPUTS=/dev/termination-log",
        f"SLUICE_RUN={run}",
        "SLUICE_TASK=work",
    ]


def test_a_script_finds_its_inputs_in_a_file(kubectl: Kubectl) -> None:
    run = ran(
        kubectl,
        {"name": "work", "bash": "cat /sluice/inputs.json"},
        parameters=[{"name": "day", "default": 'mon"day\n$(x)'}],
    )
    started_at = kubectl.get("workflowrun", run)["status"]["startedAt"]
    times = {"startedAt": started_at, "scheduledTime": "", "intervalStart": "", "intervalEnd": ""}
    assert json.loads(kubectl.log(run, "work")) == {
        "params": {"day": 'mon"day\n$(x)'},
        "run": {"name": run, "workflow": "etl"} | times,
        "task": {"name": "work", "attempt": 1},
        "tasks": {},
    }


def test_a_value_reaches_the_program_unharmed(kubectl: Kubectl) -> None:
    value = "$(SLUICE_RUN) $(params.v) $HOME $$ ${x} `id` 'a' \"b\" \\n"
    run = ran(
        kubectl,
        {"name": "command", "command": ["printf", "%s", "$(params.v)"]},
        {"name": "args", "command": ["printf"], "args": ["%s", "$(params.v)"]},
        {"name": "env", "bash": 'printf %s "$V"', "env": [{"name": "V", "value": "$(params.v)"}]},
        {"name": "parameter", "bash": 'printf %s "$PARAM_V"'},
        parameters=[{"name": "v", "default": value}],
    )
    assert {task: kubectl.log(run, task) for task in ("command", "args", "env", "parameter")} == {
        "command": value,
        "args": value,
        "env": value,
        "parameter": value,
    }


def test_a_config_map_becomes_environment_variables(kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "settings", "--from-literal=COLOUR=blue")
    run = ran(kubectl, {"name": "work", "bash": 'echo "$COLOUR"', "envFrom": [{"configMapRef": {"name": "settings"}}]})
    assert kubectl.log(run, "work") == "blue\n"


def test_the_task_says_where_its_pod_runs(kubectl: Kubectl) -> None:
    placement = {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    }
    spec = the_pod(kubectl, ran(kubectl, {"name": "work", "bash": "true", **placement}))["spec"]
    assert spec["nodeSelector"] == placement["nodeSelector"]
    assert placement["tolerations"][0] in spec["tolerations"]


def test_a_pod_template_wins_over_our_defaults_and_loses_against_the_task(kubectl: Kubectl) -> None:
    template = {
        "metadata": {"labels": {"team": "blue"}},
        "spec": {
            "restartPolicy": "Always",
            "enableServiceLinks": True,
            "nodeSelector": {"kubernetes.io/os": "templeos"},
            "containers": [
                {
                    "name": "main",
                    "image": "registry.invalid/nothing:1",
                    "workingDir": "/var",
                    "env": [{"name": "A", "value": "template"}, {"name": "B", "value": "template"}],
                    "securityContext": {"allowPrivilegeEscalation": True},
                }
            ],
        },
    }
    task = {
        "name": "work",
        "bash": 'echo "$PWD $A $B"',
        "env": [{"name": "A", "value": "task"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "podTemplate": template,
    }
    run = ran(kubectl, task)
    assert kubectl.log(run, "work") == "/var task template\n"
    pod = the_pod(kubectl, run)
    assert pod["metadata"]["labels"]["team"] == "blue"
    assert pod["spec"]["restartPolicy"] == "Never"
    assert pod["spec"]["enableServiceLinks"] is True
    assert pod["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert pod["spec"]["containers"][0]["securityContext"] == {"allowPrivilegeEscalation": True}


def test_a_pod_has_a_token_only_if_it_was_given_a_service_account(kubectl: Kubectl) -> None:
    look = "ls /var/run/secrets/kubernetes.io/serviceaccount/token"
    run = ran(
        kubectl,
        {"name": "none", "bash": f"! {look}"},
        {"name": "asked", "bash": look, "serviceAccountName": "default"},
    )
    assert "token" in kubectl.log(run, "asked")


@pytest.mark.parametrize(
    ("level", "user"), [("privileged", "0"), ("baseline", "0"), ("restricted", "65534")]
)  # common images are root's; only where the namespace asks for it are they made to do without
def test_common_images_run_at_every_pod_security_level(kubectl: Kubectl, level: str, user: str) -> None:
    kubectl("label", "namespace", kubectl.namespace, f"pod-security.kubernetes.io/enforce={level}")
    run = ran(
        kubectl,
        {"name": "busybox", "bash": "id -u"},
        {"name": "python", "image": PYTHON, "python": "import os; print(os.getuid())"},
        {"name": "command", "command": ["id", "-u"]},
    )
    assert {task: kubectl.log(run, task).strip() for task in ("busybox", "python", "command")} == {
        "busybox": user,
        "python": user,
        "command": user,
    }


def test_the_users_container_is_the_only_one_and_safe_by_default(kubectl: Kubectl) -> None:
    spec = the_pod(kubectl, ran(kubectl, {"name": "work", "bash": "true"}))["spec"]
    (container,) = spec["containers"]
    assert container["name"] == "main"
    assert "initContainers" not in spec
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)


def test_a_pod_is_found_by_its_labels_however_long_the_names_are(kubectl: Kubectl) -> None:
    manifest = workflow("w" * 40, {"name": "t" * 63, "bash": "true"})
    run = kubectl.run(manifest)["metadata"]["name"]
    selector = ",".join(
        f"sluice.dev/{label}={value}"
        for label, value in {"workflow": "w" * 40, "run": run, "task": "t" * 63, "attempt": "1"}.items()
    )
    (pod,) = kubectl.list("pods", selector)
    assert len(pod["metadata"]["name"]) <= 63
    assert [owner["name"] for owner in pod["metadata"]["ownerReferences"]] == [run]
