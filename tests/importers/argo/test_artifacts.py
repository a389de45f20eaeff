"""Artifacts: through a claim of the run, out of the manifest, fetched, or told."""

# ruff: noqa: E501  # a case reads best in one line

import subprocess
from pathlib import Path

import pytest

from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.pod.copies import Copy
from sluice.importers.argo.pod.programs import Around, program_of
from tests.importers.argo.documents import call, imported, leaf, spec, steps, tasks, workflow


def put(source, target):
    return f"if [ -d {target} ]; then cp -r {source}/. {target}; else cp -r {source} {target}; fi\n"


@pytest.mark.parametrize("below", ["{{steps.a.outputs.artifacts.o}}/x", "{{steps.a.outputs.artifacts.o}}"])
def test_a_part_of_an_artifact_is_handed_on_through_templates(below):
    said = {"name": "i", "from": below} | ({} if below.endswith("x") else {"subPath": "x"})
    makes = (
        "- name: make\n  container: {image: x, command: [sh, -c, m]}\n  outputs: {artifacts: [{name: o, path: /o}]}\n"
    )
    reads = (
        "- name: read\n  inputs: {artifacts: [{name: i, path: /i}]}\n  container: {image: x, command: [sh, -c, r]}\n"
    )
    passed = {"artifacts": [{"name": "i", "from": "{{inputs.artifacts.i}}", "subPath": "y"}]}
    inner = steps([call("r", "read", arguments=passed)], name="inner") + "  inputs: {artifacts: [{name: i}]}\n"
    text = steps([call("a", "make")], [call("b", "inner", arguments={"artifacts": [said]})]) + inner + makes + reads
    assert tasks(workflow(text))["b-r"]["bash"].startswith(put("/artifacts/a/o/x/y", "/i"))


@pytest.mark.parametrize(
    ("artifact", "made"),
    [
        (
            "raw: {data: hello}",
            {"files": ["main-in"], "bash": "mkdir -p /in\ncp /sluice/files/main-in /in/x\ncat /in/x\n"},
        ),
        ("git: {repo: https://git.example/r.git, revision: v1}", {"volumes": [{"name": "in", "emptyDir": {}}]}),
        (
            "http: {url: https://example.org/x}",
            {"volumeMounts": [{"name": "in", "mountPath": "/in/x", "subPath": "x"}]},
        ),
    ],
)
def test_an_artifact_is_there_before_the_program(artifact, made):
    body = f"inputs: {{artifacts: [{{name: in, path: /in/x, {artifact}}}]}}\ncontainer: {{image: x, command: [sh, -c], args: [cat /in/x]}}\n"
    result = imported(workflow(leaf(body)))
    (task,) = result.objects[-1].manifest["spec"]["tasks"]
    assert task == task | made
    assert result.exit_code == 0


def test_a_file_of_a_raw_artifact_is_in_the_manifest():
    body = "inputs: {artifacts: [{name: in, path: /x, raw: {data: hello}}]}\ncontainer: {image: x, command: [sh, -c], args: [cat /x]}\n"
    assert spec(workflow(leaf(body)))["files"] == {"main-in": "hello"}


def test_an_artifact_of_the_run_goes_through_a_claim():
    templates = """\
- {name: make, container: {image: x, command: [sh, -c], args: ["date > /tmp/d"]}, outputs: {artifacts: [{name: d, path: /tmp/d}]}}
- {name: read, inputs: {artifacts: [{name: d, path: /d}]}, container: {image: x, command: [sh, -c], args: [cat /d]}}
"""
    source = {"artifacts": [{"name": "d", "from": "{{steps.a.outputs.artifacts.d}}"}]}
    text = workflow(steps([call("a", "make")], [call("b", "read", arguments=source)]) + templates)
    found = tasks(text)
    assert (
        found["a"]["bash"]
        == "date > /tmp/d\nmkdir -p /artifacts/a\nrm -rf /artifacts/a/d\ncp -r /tmp/d /artifacts/a/d\n"
    )
    assert found["b"]["bash"] == f"{put('/artifacts/a/d', '/d')}cat /d\n"
    assert [claim["metadata"]["name"] for claim in spec(text)["volumeClaimTemplates"]] == ["artifacts"]


@pytest.mark.parametrize("attempts", [1, 2])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_arrives_as_it_was(attempts, is_there, tmp_path):
    kept, given = tmp_path / "kept", tmp_path / "given"
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "x").write_text("1")
    if is_there:
        given.mkdir()
    keep = Around(after=[Copy(f"{tmp_path}/made", f"{kept}/of")])
    take = Around(before=[Copy(f"{kept}/of", str(given))])
    command = Map({"command": ["sh", "-c"], "args": ["true"]})
    for around in [keep] * attempts + [take]:
        script = program_of(command, lambda *_: None, around, result=False, taken=()).fields["bash"]
        subprocess.run(["sh", "-ec", script], check=True)
    assert [each.relative_to(given) for each in given.rglob("*")] == [Path("x")]


@pytest.mark.parametrize(
    ("artifacts", "loss", "left"),
    [
        ("outputs: {artifacts: [{name: o, path: /o}]}", "not kept: nobody among the files reads it", False),
        (
            "inputs: {artifacts: [{name: i, path: /i, s3: {bucket: b, key: k}}]}",
            "fetch it from bucket b key k, and put it at /i",
            True,
        ),
        (
            "inputs: {artifacts: [{name: i, path: /i, git: {repo: r, sshPrivateKeySecret: {name: s, key: k}}}]}",
            "add it to the init container fetch-i",
            True,
        ),
        (
            "inputs: {artifacts: [{name: i, path: /i, http: {url: https://example.org/x.tar.gz}}]}",
            "not unpacked; do it where /i is read",
            True,
        ),
    ],
)
def test_an_artifact_that_is_lost_is_told(artifacts, loss, left):
    (found,) = imported(workflow(leaf(f"container: {{image: x}}\n{artifacts}\n"))).losses
    assert (found.line, found.instead, found.left) == (9, loss, left)


@pytest.mark.parametrize(
    ("artifact", "script", "env"),
    [
        (
            "git: {repo: https://git.example/r.git, branch: main, depth: 1, singleBranch: true, disableSubmodules: true}",
            "git clone --depth 1 --branch main --single-branch https://git.example/r.git /in/x",
            {},
        ),
        (
            "git: {repo: '{{workflow.parameters.r}}', revision: 'v{{workflow.parameters.v}}'}",
            'git clone --recurse-submodules "$REPO" /in/x && git -C /in/x checkout "$REVISION"',
            {"REPO": "$(params.r)", "REVISION": "v$(params.v)"},
        ),
        (
            "mode: 0755, http: {url: 'https://example.org/{{workflow.parameters.v}}'}",
            'curl -fsSL -o /fetched/x "$URL" && chmod 755 /fetched/x',
            {"URL": "https://example.org/$(params.v)"},
        ),
    ],
)
def test_what_a_run_decides_of_what_is_fetched_is_no_code(artifact, script, env):
    text = leaf(f"inputs: {{artifacts: [{{name: in, path: /in/x, {artifact}}}]}}\ncontainer: {{image: x}}\n")
    found = tasks(workflow(text, arguments="{parameters: [{name: r}, {name: v}]}"))["main"]
    (fetch,) = found["podTemplate"]["spec"]["initContainers"]
    assert fetch["args"] == [script]
    assert {each["name"]: each["value"] for each in fetch.get("env", ())} == env


def test_an_artifact_of_each_item_of_a_loop_is_left_to_the_user():
    templates = """\
- {name: make, container: {image: x, command: [a]}, outputs: {artifacts: [{name: d, path: /tmp/d}]}}
- {name: read, inputs: {artifacts: [{name: d, path: /d}]}, container: {image: x, command: [b]}}
"""
    source = {"artifacts": [{"name": "d", "from": "{{steps.a.outputs.artifacts.d}}"}]}
    text = steps([call("a", "make", withItems=[1, 2])], [call("b", "read", arguments=source)]) + templates
    result = imported(workflow(text))
    assert result.objects[-1].manifest["spec"]["tasks"][1]["command"] == ["b"]
    assert [loss.instead for loss in result.losses if loss.left] == [
        "not handed on; put it where the task reads it",
        "put it at /d",
    ]


def test_an_artifact_has_its_place_in_a_volume_of_the_template():
    body = """\
inputs: {artifacts: [{name: code, path: /go/src/x, git: {repo: https://git.example/x.git}}]}
container: {image: x, volumeMounts: [{name: work, mountPath: /go}]}
"""
    found = tasks(workflow(leaf(body), volumes="[{name: work, emptyDir: {}}]"))["main"]
    assert found["volumes"] == [{"name": "work", "emptyDir": {}}]
    (fetch,) = found["podTemplate"]["spec"]["initContainers"]
    assert fetch["volumeMounts"] == found["volumeMounts"] == [{"name": "work", "mountPath": "/go"}]


@pytest.mark.parametrize(
    "artifact",
    [
        "raw: {data: '{{workflow.labels.nope}}'}",
        "git: {repo: '{{workflow.labels.nope}}'}",
        "http: {url: '{{workflow.labels.nope}}'}",
    ],
)
def test_an_artifact_that_is_not_understood_is_left_to_somebody(artifact):
    body = f"inputs: {{artifacts: [{{name: i, path: /i, {artifact}}}]}}\ncontainer: {{image: x, command: [sh, -c, a]}}"
    result = imported(workflow(leaf(body)))
    assert (result.refused, [loss.left for loss in result.losses]) == ([], [True])


def test_what_fetches_an_artifact_declares_what_it_reads():
    body = "inputs: {artifacts: [{name: i, path: /i, git: {repo: '{{workflow.parameters.cm}}'}}]}\ncontainer: {image: x, command: [a]}"
    arguments = "{parameters: [{name: cm, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}"
    (task,) = spec(workflow(leaf(body), arguments=arguments))["tasks"]
    (fetching,) = task["podTemplate"]["spec"]["initContainers"]
    assert fetching["env"] == [
        {"name": "CM", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "REPO", "value": "$(CM)"},
    ]


@pytest.mark.parametrize("value", ["{{workflow.parameters.p}}", "{{workflow.labels.nope}}"])
def test_a_folder_that_the_run_names_is_left_to_somebody(value):
    given = {"artifacts": [{"name": "i", "from": "{{steps.a.outputs.artifacts.o}}", "subPath": value}]}
    run = "container: {image: x, command: [sh, -c, a]}"
    body = steps([call("a", "a")], [call("b", "b", arguments=given)])
    body += f"- {{name: a, outputs: {{artifacts: [{{name: o, path: /o}}]}}, {run}}}\n"
    body += f"- {{name: b, inputs: {{artifacts: [{{name: i, path: /i}}]}}, {run}}}\n"
    result = imported(workflow(body, arguments="{parameters: [{name: p, value: x}]}"))
    assert (result.refused, [loss.left for loss in result.losses]) == ([], [True])
    assert "/artifacts/a/o/FILL_IN" in result.objects[-1].manifest["spec"]["tasks"][1]["bash"]
