"""Faults of files, and of the functions and tasks that use them."""

import base64

import pytest

from sluice.core.base.files import MAX_BYTES
from tests.core.validation.judged import A, faults

FILES = {"etl.py": "def load(): ...", "jobs/run.py": "", "load.sql": "select 1", "my-job.py": ""}


def call(**function):
    return {"name": "b", "image": "python:3.13", "function": {"file": "etl.py", "name": "load"} | function}


def test_sound_files_have_none():
    binary = {"model.bin": base64.b64encode(b"\0").decode()}
    tasks = [
        call(arguments={"day": "$(params.day)", "rows": [1, "$(tasks.a.outputs.rows)"]}, fingerprint="v1"),
        call(file="jobs/run.py", name="Job.run") | {"name": "c", "outputs": ["x", "y"]},
        A | {"outputs": ["rows"], "files": ["load.sql", "model.bin"]},
    ]
    given = {"files": FILES, "binaryFiles": binary, "parameters": [{"name": "day", "default": "x"}]}
    assert faults(*tasks, **given) == []


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"files": {"../x": ""}}, "spec.files.../x: must be a relative path of letters, digits, '.', '_' and '-'"),
        ({"files": {"a": "", "a/b/c": ""}}, "spec.files.a: is a file, and another file has it as its folder"),
        ({"files": {"a": ""}, "binaryFiles": {"a": ""}}, "spec.binaryFiles.a: stands under spec.files, too; keep one"),
        ({"binaryFiles": {"a": "ü"}}, "spec.binaryFiles.a: must be base64; write text under spec.files"),
        ({"files": {"a": "\ud800"}}, "spec.files.a: input should be a valid string"),
        ({"files": {str(n): "" for n in range(256)}, "binaryFiles": {"x": ""}}, "there are 257 files; 256 fit"),
        ({"files": {"a": "x" * (MAX_BYTES + 1)}}, f"spec.files: all files have {MAX_BYTES + 1} bytes; {MAX_BYTES} fit"),
    ],
)
def test_faults_of_files(spec, fault):
    (found,) = faults(A, **spec)
    assert fault in found


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        (call(file="elt.py"), "function.file: no file of this Workflow is called 'elt.py'; did you mean 'etl.py'?"),
        (call(file="load.sql"), "function.file: 'load.sql' cannot be imported; name it as a module"),
        (call(file="my-job.py"), "function.file: 'my-job.py' cannot be imported; name it as a module"),
        (call(name="load()"), "function.name: 'load()' is no name that a Python function can have"),
        (call(name="$(params.x)"), "function.name: '$(params.x)' is no name that a Python function can have"),
        (call(arguments={"max-rows": 1}), "function.arguments.max-rows: 'max-rows' is no name that an argument"),
        (call(arguments={"class": 1}), "function.arguments.class: 'class' is no name that an argument"),
        (call() | {"files": ["load.sql"]}, "files: a function has all files of the Workflow; leave this out"),
        (call() | {"shell": ["python3.13"]}, "shell: a function is called with the image's `python3`"),
        (call() | {"outputs": ["x"], "outputsFrom": "Log"}, "outputsFrom: a function hands on what it returns"),
        (call() | {"python": "1"}, "'b' has both `python` and `function`; keep one"),
        (call() | {"args": ["x"]}, "args: a function has no command or args"),
        ({"name": "b", "files": ["x.sql"]}, "files[0]: no file of this Workflow is called 'x.sql'"),
        (call(arguments={"x": "$(tasks.c.outputs.k)"}), "function.arguments.x: no task is called 'c'"),
        (call(arguments={"x": "$(param.day)"}), "function.arguments.x"),
    ],
)
def test_faults_of_tasks_that_use_them(task, fault):
    found = faults(A, {"image": "busybox"} | task, files=FILES, parameters=[{"name": "x", "default": ""}])
    assert len(found) == 1
    assert found[0].startswith("spec.tasks[1]")
    assert fault in found[0]
