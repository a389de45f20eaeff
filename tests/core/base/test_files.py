"""Files of a Workflow: paths, hashes, and the ConfigMap that holds them."""

import base64

import pytest

from sluice.core.base.files import config_map_data, contents, file_hash, file_hashes, holds, is_path
from sluice.core.base.naming import change_of, graph_of, revision_name

SPEC = {
    "files": {"etl.py": "print('ü')\n", "sql/load.sql": "select 1"},
    "binaryFiles": {"model.bin": base64.b64encode(bytes(range(256))).decode()},
}
HASHES = file_hashes(SPEC)


@pytest.mark.parametrize("path", ["etl.py", "a/b-c/d_e.F", ".env", "a/.b", "...", "x" * 253])
def test_paths(path):
    assert is_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a/..",
        "..",
        ".",
        "./a",
        "a//b",
        "a/",
        "a b",
        "a\nb",
        "ä",
        "$(params.x)",
        "x" * 254,
    ],
)
def test_what_is_no_path(path):
    assert not is_path(path)


def test_the_frozen_graph_has_the_hashes_alone():
    graph = graph_of({"tasks": [], **SPEC})
    assert graph == {"tasks": [], "files": HASHES}
    assert HASHES["etl.py"] == file_hash("print('ü')\n".encode())
    assert HASHES["model.bin"] == file_hash(bytes(range(256)))
    assert graph_of({"tasks": []}) == {"tasks": []}  # no revision changes where there are none


CALL = {"function": {"file": "etl.py", "name": "load"}}


@pytest.mark.parametrize(
    ("tasks", "changed", "is_change"),
    [
        ([CALL], "etl.py", True),
        ([CALL], "sql/load.sql", True),  # it may read any
        ([{"function": CALL["function"] | {"fingerprint": "v1"}}], "etl.py", False),
        ([{"function": CALL["function"] | {"fingerprint": "v1"}}, {"files": ["etl.py"]}], "etl.py", True),
        ([{"files": ["sql/load.sql"]}], "sql/load.sql", True),
        ([{"files": ["sql/load.sql"]}], "etl.py", False),
    ],
)
def test_a_changed_file_is_a_change_where_a_task_goes_by_it(tasks, changed, is_change):
    before = {"tasks": tasks, **SPEC}
    after = before | {"files": SPEC["files"] | {changed: "another"}}
    assert (change_of(graph_of(before)) != change_of(graph_of(after))) is is_change
    assert revision_name("etl", "u", graph_of(before)) != revision_name("etl", "u", graph_of(after))


def test_the_config_map_holds_the_files():
    data = config_map_data(SPEC, HASHES)
    assert data is not None
    assert data["data"].keys() | data["binaryData"].keys() == {"0", "1", "2"}
    assert holds({"immutable": True, **data}, HASHES)


@pytest.mark.parametrize(
    "change",
    [
        {"immutable": False},
        {"data": {"0": "print('ü')\n"}},
        {"data": {"0": "print('ü')", "2": "select 1"}},
        {"data": {"0": "print('ü')\n", "2": "select 1", "3": "more"}},
        {"binaryData": None},
    ],
    ids=["mutable", "missing", "changed", "more", "no-binary"],
)
def test_a_config_map_with_anything_else_does_not(change):
    assert not holds({"immutable": True, **(config_map_data(SPEC, HASHES) or {}), **change}, HASHES)


def test_of_other_files_there_is_no_config_map():
    assert config_map_data(SPEC | {"files": SPEC["files"] | {"etl.py": "x"}}, HASHES) is None
    assert config_map_data({}, HASHES) is None


def test_what_is_no_base64_counts_as_it_stands():
    assert list(contents({"binaryFiles": {"a": "?"}})) == [("a", b"?")]
