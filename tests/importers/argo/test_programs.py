"""What a pod runs: commands and scripts as they are, with what surrounds them, and the pod's other fields."""

# ruff: noqa: E501  # a case reads best in one line

import re
import subprocess

import pytest

from tests.importers.argo.documents import call, imported, leaf, lost, spec, steps, tasks, workflow

NO_PIPEFAIL = "(set +o pipefail) 2>/dev/null && set +o pipefail"
PATHS = "outputs: {parameters: [{name: k, valueFrom: {path: /tmp/k}}]}\n"
HAND_ON = '[ ! -e /tmp/k ] || printf \'k<<EOF\\n%s\\nEOF\\n\' "$(cat /tmp/k)" >> "$SLUICE_OUTPUTS"\n'


def main(body, **fields):
    return tasks(workflow(leaf(body), **fields))["main"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('container: {image: x, command: [sh, -c], args: ["a; b"]}', {"command": ["sh", "-c"], "args": ["a; b"]}),
        ("container: {image: x, args: [a, 5]}", {"args": ["a", "5"]}),
        ('script: {image: x, command: [bash], source: "make all"}', {"bash": "make all"}),
        ('script: {image: x, command: [bash], source: "set -e\\na\\nb"}', {"bash": "set -e\na\nb"}),
        (
            'script: {image: x, command: [bash], source: "a | b"}',
            {"bash": "set +eo pipefail\na | b"},
        ),  # Argo's bash goes on
        ('script: {image: x, command: [sh], source: "a\\nb"}', {"bash": "set +e\na\nb"}),
        ('script: {image: x, command: [sh], source: "a || b"}', {"bash": "set +e\na || b"}),
        ('script: {image: x, command: [sh], source: "a | b"}', {"bash": f"set +e\n{NO_PIPEFAIL}\na | b"}),
        ('script: {image: x, command: [bash, -eux], source: "a\\nb"}', {"bash": "a\nb", "shell": ["bash", "-eux"]}),
        ('script: {image: x, command: [python], source: "print(1)"}', {"python": "print(1)"}),
        (
            'script: {image: x, command: [python, -u], source: "print(1)"}',
            {"bash": "print(1)", "shell": ["python", "-u"]},
        ),
        ('script: {image: x, command: [node], source: "f()"}', {"bash": "f()", "shell": ["node"]}),
        (
            "container: {image: x, command: [sh, -c], args: ['echo \"$$(params.x) $(params.y)\"']}",
            {"command": ["sh", "-c"], "args": ['echo "$$(params.x) $$(params.y)"']},
        ),
        (
            "container: {image: x, command: [a], imagePullPolicy: Always, env: [{name: N, value: 1}]}",
            {
                "command": ["a"],
                "env": [{"name": "N", "value": "1"}],
                "podTemplate": {"spec": {"containers": [{"name": "main", "imagePullPolicy": "Always"}]}},
            },
        ),
    ],
)
def test_program(body, fields):
    assert main(body) == {"name": "main", "image": "x"} | fields


@pytest.mark.parametrize(
    ("program", "script"),
    [
        (
            'container: {image: x, command: [sh, -c], args: ["sleep 1; echo hi > /tmp/k"]}',
            f"sleep 1; echo hi > /tmp/k\n{HAND_ON}",
        ),
        (
            'container: {image: x, command: [sh, -c], args: ["a; b"]}',
            f"set +e\na; b\ncode=$?; [ $code = 0 ] || exit $code; set -e\n{HAND_ON}",
        ),
        (
            'container: {image: x, command: [sh, -c], args: ["exit 0"]}',
            f"at_exit() {{\n  {HAND_ON}}}\ntrap 'code=$?; [ $code -ne 0 ] || at_exit; exit $code' EXIT\nexit 0\n",
        ),
        ('script: {image: x, command: [bash], source: "make\\n"}', f"make\n{HAND_ON}"),
    ],
)
def test_an_output_is_taken_from_its_file(program, script):
    found = main(f"{program}\n{PATHS}")
    assert (found["bash"], found["outputs"]) == (script, ["k"])


def test_a_value_that_nothing_reads_in_its_place_is_left_to_somebody():
    body = """script: {image: x, command: [/usr/bin/env, node], source: "f('lim {{workflow.parameters.l}}')"}"""
    result = imported(workflow(leaf(body), arguments="{parameters: [{name: l, value: 1}]}"))
    (task,) = result.objects[-1].manifest["spec"]["tasks"]
    assert (task["shell"], task["bash"]) == (["/usr/bin/env", "node"], "f('lim FILL_IN_PARAM_L')")
    assert [(loss.line, loss.what, loss.left) for loss in result.losses] == [
        (9, "a value among the script's text (PARAM_L)", True)
    ]


@pytest.mark.parametrize("shell", [["bash", "-eo", "pipefail"], ["dash", "-e"], ["sh", "-e"]])
def test_a_pipe_in_sh_ends_as_its_last_command_in_any_shell(shell, tmp_path):
    found = main('script: {image: x, command: [sh], source: "false | true"}')
    (tmp_path / "script").write_text(found["bash"])
    assert subprocess.run([*shell, tmp_path / "script"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("program", "script"),
    [
        ("bash, -ec", f"set +o pipefail\na | b > /tmp/k\ncode=$?; [ $code = 0 ] || exit $code; set -e\n{HAND_ON}"),
        ("sh, -ec", f"{NO_PIPEFAIL}\na | b > /tmp/k\ncode=$?; [ $code = 0 ] || exit $code; set -e\n{HAND_ON}"),
    ],
)
def test_a_pipe_ends_as_its_last_command_where_the_shell_ends_at_a_failure(program, script):
    assert main(f'container: {{image: x, command: [{program}], args: ["a | b > /tmp/k"]}}\n{PATHS}')["bash"] == script


def test_an_output_that_has_a_value_is_that_value():
    made = "outputs: {parameters: [{name: o, value: 'v-{{inputs.parameters.i}}'}]}\n"
    given = {"parameters": [{"name": "message", "value": "{{steps.a.outputs.parameters.o}}"}]}
    text = steps([call("a", "made")], [call("b", arguments=given)])
    text += "  outputs: {parameters: [{name: end, value: done}]}\n"
    text += (
        "- name: made\n  inputs: {parameters: [{name: i, value: 3}]}\n  container: {image: x, command: [a]}\n  " + made
    )
    found = spec(workflow(text))
    assert found["tasks"][0] == {"name": "a", "image": "x", "command": ["a"]}
    assert found["tasks"][1]["args"] == ["v-3"]
    assert found["outputs"] == {"end": "done"}


def test_an_output_with_a_default_need_not_be_written():
    found = main(
        'container: {image: x, command: [sh, -c], args: ["true"]}\noutputs: {parameters: [{name: k, valueFrom: {path: /tmp/k, default: none}}]}\n'
    )
    assert found["outputs"] == [{"name": "k", "default": "none"}]


def test_a_program_without_a_shell_is_run_by_one_where_an_output_is_a_file():
    result = imported(workflow(leaf(f'container: {{image: x, command: [run, "it\'s"]}}\n{PATHS}')))
    (task,) = result.objects[-1].manifest["spec"]["tasks"]
    assert task["bash"] == f"run 'it'\"'\"'s'\n{HAND_ON}"
    assert lost(result) == [(8, "a program without a shell")]


def test_python_hands_on_what_is_in_the_file(tmp_path):
    found = main(
        'script: {image: x, command: [python], source: "open(\\"/tmp/k\\", \\"w\\").write(\\"1\\")"}\n' + PATHS
    )
    assert "@atexit.register" in found["python"]
    compile(found["python"], str(tmp_path), "exec")


def test_the_code_of_python_c_stays_python_where_its_result_is_read():
    body = "- name: say\n  container: {image: x, command: [python3, -c], args: ['print(1)']}\n"
    read = call("b", arguments={"parameters": [{"name": "message", "value": "{{steps.a.outputs.result}}"}]})
    say = tasks(workflow(steps([call("a", "say")], [read]) + body))["a"]
    assert say == {"name": "a", "image": "x", "python": "print(1)", "outputs": ["result"], "outputsFrom": "Stdout"}


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ("nodeSelector: {disk: ssd}", {"nodeSelector": {"disk": "ssd"}}),
        ("activeDeadlineSeconds: 90", {"timeout": "1m30s"}),
        ("timeout: 10m", {"timeout": "10m"}),
        ("metadata: {labels: {team: data}}", {"podTemplate": {"metadata": {"labels": {"team": "data"}}}}),
        (
            "sidecars: [{name: db, image: db}]",
            {"podTemplate": {"spec": {"containers": [{"name": "db", "image": "db"}]}}},
        ),
        (
            'podSpecPatch: \'{"containers": [{"name": "main", "resources": {"limits": {"memory": 1Gi}}}]}\'',
            {"podTemplate": {"spec": {"containers": [{"name": "main", "resources": {"limits": {"memory": "1Gi"}}}]}}},
        ),
        ("synchronization: {mutex: {name: db}}", {"pools": [{"name": "db"}]}),
    ],
)
def test_pod(fields, made):
    assert (
        main(f"container: {{image: x, command: [a]}}\n{fields}\n")
        == {"name": "main", "image": "x", "command": ["a"]} | made
    )


def test_a_task_has_the_volumes_that_it_mounts():
    body = (
        steps([call("a"), call("b", "mounts")])
        + "- {name: mounts, container: {image: x, volumeMounts: [{name: v, mountPath: /v}]}}\n"
    )
    found = tasks(workflow(body, volumes="[{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]"))
    assert ("volumes" in found["a"], found["b"]["volumes"]) == (False, [{"name": "v", "emptyDir": {}}])


def test_a_claim_of_the_run_is_one_here():
    body = leaf("container: {image: x, volumeMounts: [{name: work, mountPath: /w}]}\n")
    claim = "[{metadata: {name: work}, spec: {accessModes: [ReadWriteOnce]}}]"
    found = spec(workflow(body, volumeClaimTemplates=claim))
    assert found["volumeClaimTemplates"] == [{"metadata": {"name": "work"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]


def test_containers_of_a_set_run_one_after_the_other():
    result = imported(
        workflow(leaf("containerSet: {containers: [{name: b, image: y, dependencies: [a]}, {name: a, image: x}]}\n"))
    )
    (task,) = result.objects[-1].manifest["spec"]["tasks"]
    assert (task["image"], task["podTemplate"]) == ("y", {"spec": {"initContainers": [{"name": "a", "image": "x"}]}})
    assert lost(result) == [(8, "containerSet")]


def test_the_outputs_of_a_container_set_are_those_of_its_main_container():
    containers = '{name: main, image: x, command: [sh, -c], args: ["make > /tmp/k"]}, {name: a, image: y}'
    mount = "volumeMounts: [{name: w, mountPath: /w}]"
    body = f"volumes: [{{name: w, emptyDir: {{}}}}]\ncontainerSet: {{{mount}, containers: [{containers}]}}\n{PATHS}"
    assert main(body) == {
        "name": "main",
        "image": "x",
        "bash": f"make > /tmp/k\n{HAND_ON}",
        "outputs": ["k"],
        "volumes": [{"name": "w", "emptyDir": {}}],
        "volumeMounts": [{"name": "w", "mountPath": "/w"}],
        "podTemplate": {
            "spec": {
                "initContainers": [
                    {"name": "a", "image": "y", "volumeMounts": [{"name": "w", "mountPath": "/w"}]},
                ]
            }
        },
    }


CONFIG = "{parameters: [{name: q, value: 1}, {name: cm, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}"
GIVEN = {"arguments": CONFIG}
CM = {"name": "CM", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}


@pytest.mark.parametrize(("key", "kind"), [("initContainers", "initContainers"), ("sidecars", "containers")])
def test_a_container_beside_main_declares_what_it_reads(key, kind):
    words = "{{workflow.parameters.cm}} {{workflow.parameters.q}} {{node.name}}"
    body = f'{key}: [{{name: b, image: y, args: ["{words}"]}}]\ncontainer: {{image: x, command: [a]}}\n'
    (made,) = main(body, **GIVEN)["podTemplate"]["spec"][kind]
    assert made == {
        "name": "b",
        "image": "y",
        "args": ["$(CM) $(params.q) $(SLUICE_TASK)"],
        "env": [
            CM,
            {"name": "SLUICE_TASK", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['sluice.dev/task']"}}},
        ],
    }


def test_a_container_of_a_set_declares_what_it_reads():
    first = 'name: a, image: x, command: [sh, -c], args: ["echo {{workflow.parameters.q}}"], workingDir: /w'
    found = main(f"containerSet: {{containers: [{{{first}}}, {{name: main, image: y}}]}}\n", **GIVEN)
    (made,) = found["podTemplate"]["spec"]["initContainers"]
    assert made == {
        "name": "a",
        "image": "x",
        "command": ["sh", "-c"],
        "args": ["echo $PARAM_Q"],
        "env": [{"name": "PARAM_Q", "value": "$(params.q)"}],
        "workingDir": "/w",
    }


def test_a_value_of_the_cluster_in_a_variable_is_declared_before_it():
    found = main(
        "container: {image: x, command: [a], env: [{name: A, value: 'v {{workflow.parameters.cm}}'}]}", **GIVEN
    )
    assert found["env"] == [CM, {"name": "A", "value": "v $(CM)"}]


@pytest.mark.parametrize(
    "body",
    [
        "container: {image: 'x:{{workflow.parameters.cm}}', command: [a]}",
        "container: {image: x, command: [a]}\nmetadata: {labels: {a: '{{workflow.parameters.cm}}'}}",
        "container: {image: x, command: [a]}\nsidecars: [{name: s, image: '{{workflow.parameters.cm}}'}]",
        "container: {image: x, command: [a]}\nnodeSelector: {a: '{{workflow.namespace}}'}",
        "container: {image: x, command: [a]}\ninitContainers: [{name: s, image: y, args: ['{{workflow.failures}}']}]",
        "container: {image: x, command: [a]}\npodSpecPatch: 'hostname: \"{{workflow.parameters.cm}}\"'",
        "container: {image: x, command: [a]}\ntimeout: '{{workflow.parameters.cm}}'",
    ],
)
def test_a_value_of_the_cluster_elsewhere_is_left_to_somebody(body):
    result = imported(workflow(leaf(body), **GIVEN))
    assert result.refused == []
    assert any(loss.left and "FILL_IN; only" in loss.instead for loss in result.losses)
    assert not re.search(r"\$\((CM|POD|SLUICE)", str(result.objects[-1].manifest))


@pytest.mark.parametrize(
    "field",
    [
        {"nodeSelector": "{a: '{{workflow.labels.nope}}'}"},
        {"podMetadata": "{labels: {a: '{{=sprig.nope()}}'}}"},
        {"podSpecPatch": "'['"},
        {
            "volumes": "[]",
            "volumeClaimTemplates": "[{metadata: {name: w}, spec: {storageClassName: '{{workflow.labels.nope}}'}}]",
        },
    ],
)
def test_a_field_of_all_pods_that_is_not_understood_is_left_to_somebody(field):
    text = leaf("container: {image: x, command: [a], volumeMounts: [{name: w, mountPath: /w}]}")
    result = imported(workflow(text, **{"volumes": "[{name: w, emptyDir: {}}]"} | field))
    assert (result.refused, [loss.left for loss in result.losses]) == ([], [True])
