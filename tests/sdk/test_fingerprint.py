"""What counts as a change of a task: its function and what that reaches by name in the file."""

import pytest

from tests.sdk.author import render

TEXT = """
import os

LIMIT = 3

def helper(n):
    return min(n, LIMIT)

@task(retries=1)
def one(n: int) -> int:
    # as told
    return helper(n)

@task
def other(n: int) -> int:
    return n

@task
def opaque(n: int) -> int:
    return globals()["other"](n)

@workflow
def w():
    one(1)
    other(1)
    opaque(1)
"""


def fingerprints(folder, text):
    return {t["name"]: t["function"]["fingerprint"] for t in render(folder, text)[0]["spec"]["tasks"]}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("    # as told\n", "", set()),
        ("    one(1)\n", "    one(2)\n", set()),
        ("retries=1", "retries=2", set()),
        ("LIMIT = 3", "LIMIT = 3  # rows", set()),
        ("LIMIT = 3\n", "LIMIT = 3\n\nUNUSED = 1\n", {"opaque"}),
        ("LIMIT = 3", "LIMIT = 4", {"one", "opaque"}),
        ("min(n", "max(n", {"one", "opaque"}),
        ("    return n\n", "    return -n\n", {"other", "opaque"}),
        ("import os\n", "import os\nos.environ['X'] = '1'\n", {"one", "other", "opaque"}),
        ("import os\n", "import os\nif __name__ == '__main__':\n    one(1)\n", {"opaque"}),
    ],
)
def test_a_change_changes_the_tasks_that_it_reaches(tmp_path, before, after, changed):
    assert before in TEXT
    first, second = fingerprints(tmp_path, TEXT), fingerprints(tmp_path, TEXT.replace(before, after))
    assert {name for name in first if first[name] != second[name]} == changed
