"""The stub: it runs as in a pod, in a folder with an author's file and the inputs, by each Python that is here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sluice.stub import STUB


def is_here(python: str) -> bool:
    """Some are there in name only: tools that choose among versions put stand-ins on the path."""
    return (
        shutil.which(python) is not None
        and subprocess.run([python, "-V"], check=False, capture_output=True).returncode == 0
    )


VERSIONS = [sys.executable, *(f"python3.{minor}" for minor in (9, 10, 12, 13, 14) if is_here(f"python3.{minor}"))]
AUTHORS = ("etl.py", "helper.py")


@dataclass
class Called:
    code: int
    out: str
    err: str
    written: str

    @property
    def value(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.written)["value"]


@pytest.fixture(params=VERSIONS, ids=[Path(path).name for path in VERSIONS])
def call(request, tmp_path):
    folder = tmp_path / "sluice"
    (folder / "files").mkdir(parents=True)
    (folder / "stub.py").write_text(STUB)
    for name in AUTHORS:
        shutil.copy(Path(__file__).with_name("author") / name, folder / "files" / name)

    def run(name: str, outputs: tuple[str, ...] = ("value",), **arguments: Any) -> Called:
        function = {"file": "etl.py", "name": name, "arguments": arguments, "outputs": list(outputs)}
        (folder / "inputs.json").write_text(json.dumps({"function": function}))
        written = tmp_path / "written"
        written.write_text("")
        done = subprocess.run(
            [request.param, "-u", str(folder / "stub.py")],
            env=os.environ | {"SLUICE_OUTPUTS": str(written), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return Called(done.returncode, done.stdout, done.stderr, written.read_text())

    return run


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"n": "3", "f": "1.5", "b": "true", "s": 5}, "[3, 1.5, True, '5', "),
        ({"n": 3.0, "f": 2, "b": False}, "[3, 2.0, False, "),
        ({"d": "2026-03-01"}, "datetime.date(2026, 3, 1)"),
        ({"d": None}, "[0, 0.0, False, '', None, "),
        ({"p": "/data", "m": "1.10", "c": "red"}, "PosixPath('/data'), Decimal('1.10'), <Color.RED: 'red'>"),
        ({"row": {"id": "7", "tags": ["x"]}}, "Row(id=7, tags=['x'], parent=None)"),
        ({"row": '{"id": 7, "tags": [], "parent": {"id": 8, "tags": []}}'}, "parent=Row(id=8, tags=[], parent=None)"),
        ({"pair": [1, "b"]}, "Pair(a=1, b='b')"),
        ({"o": {"day": "2026-03-01"}}, "{'day': datetime.date(2026, 3, 1)}"),
        ({"many": "[1, 2]"}, "[1, 2], (0, '')"),
        ({"t": [1, "z"]}, "(1, 'z')"),
        ({"x": {"any": [None]}}, "{'any': [None]}"),
        ({"u": "text"}, "'text', "),
        ({"i": "5"}, ", 5, 0, None, 0]"),
        ({"dn": 5}, ", 5, None, 0]"),
        ({"rows": []}, ", 0, [], 0]"),
        ({"ds": 10**300}, f", None, {10**300}]"),
    ],
)
def test_arguments_are_what_the_annotations_say(call, given, shown):
    done = call("types", (), **given)
    assert done.code == 0, done.err
    assert shown in done.out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"n": "x"}, "types: argument n='x': "),
        ({"n": 1.5}, "types: argument n=1.5: must be int"),
        ({"n": True}, "types: argument n=True: must be int"),
        ({"c": "blue"}, "types: argument c='blue': is none of ['red']"),
        ({"row": {"id": 1, "tag": []}}, "has no field tag"),
        ({"t": [1]}, "must have 2 items"),
        ({"p": None}, "types: argument p=None: must be a text"),
        ({"d": 5}, "types: argument d=5: must be a text"),
        ({"row": []}, "types: argument row=[]: must be a map"),
        ({"zzz": 1}, "types: got an unexpected keyword argument 'zzz'"),
    ],
)
def test_an_argument_that_does_not_fit_fails_with_words(call, given, words):
    done = call("types", (), **given)
    assert done.code == 1
    assert words in done.err
    assert words in done.written  # the operator shows it


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("row", {"id": 1, "tags": ["a"], "parent": {"id": 2, "tags": [], "parent": None}}),
        ("pair", {"a": 1, "b": "x"}),
        ("date", "2026-01-02"),
        ("set", [1, 2]),
        ("decimal", "1.50"),
        ("path", "/a/b"),
        ("color", "red"),
        ("bytes", "AA=="),
        ("uuid", "00000000-0000-0000-0000-000000000001"),
        ("delta", 60.0),
        ("keys", {"1": 2}),
        ("none", None),
    ],
)
def test_what_it_returns_is_handed_on_as_json(call, kind, value):
    assert call("value", kind=kind).value == value


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("later", {"n": 1}, 2),
        ("many", {"n": "3"}, [0, 1, 2]),
        ("many_later", {"n": 2}, [0, 1]),
        ("Job.run", {}, ["etl", "helped"]),
        ("object_or_none", {}, None),
        ("choice_or_none", {}, None),
        ("pool", {"method": "fork"}, [1, 4, 9]),
        ("pool", {"method": "spawn"}, [1, 4, 9]),
        ("pool", {"method": "forkserver"}, [1, 4, 9]),
    ],
)
def test_every_kind_of_function(call, name, given, value):
    assert call(name, **given).value == value


def test_several_keys_are_those_of_the_map(call):
    assert json.loads(call("two", ("a", "b")).written) == {"a": 1, "b": [2]}
    done = call("two", ("a", "c"))
    assert done.code == 1
    assert "must return a map with the keys a, c" in done.written


def test_nothing_is_handed_on_where_nothing_is_declared(call):
    assert call("two", ()).written == ""


def test_what_is_too_large_for_the_file_goes_to_the_log(call):
    done = call("value", kind="big")
    (line,) = [line for line in done.out.split("\n") if line.startswith("::outputs::")]
    body = line.removeprefix("::outputs::")
    assert json.loads(body) == {"value": "x" * 3000}
    assert done.written == f"::outputs:: {len(body.encode())}"


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("value", {"kind": "nan"}, "value: returns what JSON has no word for"),
        ("value", {"kind": "object"}, "value: returns what JSON has no word for: <object object"),
        ("value", {"kind": "twice"}, "value: returns a map of which two keys are one in JSON: {1: 2, '1': 3}"),
        ("value", {"kind": "half"}, "value: returns what JSON has no word for"),
        ("value", {"kind": "huge"}, "bytes; 98304 fit. Write a file, and return its path"),
        ("missing", {}, "missing: returns None, and its annotation says <class 'int'>; is a `return` missing?"),
        ("fails", {}, "KeyError: 'no rows'"),
        ("leaves", {}, "leaves has called sys.exit() and returns nothing"),
        ("nothing", {}, "nothing: there is no such function in etl.py"),
        ("helper", {}, "helper: in etl.py it is no function"),
    ],
)
def test_failures_say_what_is_wrong(call, name, given, words):
    done = call(name, **given)
    assert done.code == 1
    assert words in done.written
    assert words in done.err


def test_a_traceback_is_the_authors(call):
    trace = call("fails").err
    assert 'files/etl.py", line ' in trace
    assert "stub.py" not in trace


def test_an_exit_code_stays(call):
    assert call("gives_up").code == 75


def test_no_image_needs_our_package_for_what_the_file_imports_from_it(call):
    assert call("doubled", n=2).value == 4
    assert call("quadrupled", n=2).value == 8  # another process has it, too
    assert call("sdk").value is False  # also where the package is installed
