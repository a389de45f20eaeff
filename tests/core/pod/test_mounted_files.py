"""What a pod finds below /sluice, and how a function is called."""

import json

from sluice.core.base.files import file_hashes
from sluice.core.cel.variables import TaskVariable
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.mounted_files import INPUTS, FileSources
from sluice.core.spec.definition import Definition
from tests.core.kubelet import RUN
from tests.core.pod.test_builder import main, pod

HASHES = file_hashes({"files": {"etl.py": "x", "load.sql": "y"}})
SOURCES = FileSources(HASHES, "etl-1-files", "etl-1-stub-abc")
MOUNT = {"name": "sluice", "mountPath": "/sluice", "readOnly": True}
LIST = {"name": "list", "image": "x", "outputs": ["files"]}
FUNCTION = {"file": "etl.py", "name": "load"}


def made(**fields):
    task = {"name": "a", "image": "busybox"} | fields
    (definition,) = Definition.of({"tasks": [task], "files": HASHES}).tasks
    return build_pod(RUN, definition, 1, files=SOURCES)


def sources(made):
    (volume,) = made["spec"]["volumes"]
    return volume["projected"]["sources"]


def test_a_pod_without_files_has_a_downward_volume():
    (volume,) = pod(bash="true")["spec"]["volumes"]
    assert [item["path"] for item in volume["downwardAPI"]["items"]] == ["script", "inputs.json"]


def test_a_script_finds_the_files_that_it_names_beside_it():
    made_pod = made(bash="true", files=["load.sql"])
    downward, files = sources(made_pod)
    assert [item["path"] for item in downward["downwardAPI"]["items"]] == ["script", "inputs.json"]
    assert files == {"configMap": {"name": "etl-1-files", "items": [{"key": "1", "path": "files/load.sql"}]}}
    assert main(made_pod)["volumeMounts"] == [MOUNT]


def test_an_image_finds_them_too_and_keeps_its_command():
    made_pod = made(command=["cat", "/sluice/files/load.sql"], files=["load.sql"])
    (files,) = sources(made_pod)
    assert files["configMap"]["items"] == [{"key": "1", "path": "files/load.sql"}]
    assert main(made_pod)["command"] == ["cat", "/sluice/files/load.sql"]
    assert main(made_pod)["volumeMounts"] == [MOUNT]
    assert "annotations" not in made(command=["x"], files=["load.sql"], safeToEvict=True)["metadata"]


def test_a_function_has_all_files_and_the_stub():
    made_pod = made(function=FUNCTION)
    downward, files, stub = sources(made_pod)
    assert [item["path"] for item in downward["downwardAPI"]["items"]] == ["inputs.json"]
    assert [item["path"] for item in files["configMap"]["items"]] == ["files/etl.py", "files/load.sql"]
    assert stub == {"configMap": {"name": "etl-1-stub-abc", "items": [{"key": "stub.py", "path": "stub.py"}]}}
    assert main(made_pod)["command"][-1] == "/sluice/stub.py"


def test_an_argument_that_is_one_placeholder_keeps_its_type():
    given = {
        "files": "$(tasks.list.outputs.files)",
        "text": "of $(tasks.list.outputs.files)",
        "nested": [{"n": "$(item.n)"}, 3, None, "$$(item.n)", "$5"],
        "item": "$(item)",
        "day": "$(params.day)",
        "run": "$(run.name)",
        "code": ["$(tasks.list.exitCode)", "$(tasks.list.phase)"],
        "first": ["$(params.day ?? tasks.list.outputs.files)", "$(params.day ?? 'none')"],
    }
    task = {"name": "a", "image": "x", "forEach": {"items": [{"n": 1.5}]}}
    task |= {"function": FUNCTION | {"arguments": given}, "outputs": ["k"]}
    definition = Definition.of({"tasks": [task, LIST], "files": HASHES}).tasks[0]
    before = {"list": TaskVariable("Succeeded", 0, {"files": ["a", "b"]})}
    built = build_pod(RUN, definition, 1, files=SOURCES, item=Item(0, {"n": 1.5}), before=before)
    call = json.loads(built["metadata"]["annotations"][INPUTS])["function"]
    assert call == {
        "file": "etl.py",
        "name": "load",
        "outputs": ["k"],
        "arguments": {
            "files": ["a", "b"],
            "text": 'of ["a","b"]',
            "nested": [{"n": 1.5}, 3, None, "$(item.n)", "$5"],
            "item": {"n": 1.5},
            "day": "$(params.day)",  # the run has no such parameter
            "run": RUN.name,
            "code": [0, "Succeeded"],
            "first": [["a", "b"], "none"],
        },
    }
