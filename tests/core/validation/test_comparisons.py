"""A text compared with a number in a `when`: a fault where it is certain, a warning where a script writes lines."""

import pytest

from sluice.core.validation import workflow_faults, workflow_warnings
from tests.core.validation.judged import A


def manifest(text, extract=None, **task):
    tasks = [A | {"name": "extract", "outputs": ["rows"]} | (extract or {}), A | {"name": "b", "when": text} | task]
    return {"metadata": {"name": "etl"}, "spec": {"tasks": tasks}}


RANGE, TEXTS, NUMBERS = (
    {"forEach": each} for each in ({"range": {"end": 9}}, {"items": ["a", "b"]}, {"items": [1, 2.5]})
)
MATRIX = {"forEach": {"matrix": {"size": [1, 2], "zone": ["eu", "us"]}}}
MAPS = {"forEach": {"items": [{"n": 1}, {"n": 2}]}}


@pytest.mark.parametrize(
    ("text", "task", "words"),
    [
        ("item > 3", RANGE, None),
        ("item in [1, 2]", RANGE, None),
        ("string(item) == '3'", RANGE, None),
        ("item == '3'", RANGE, "9: item is a number and '3' a text; write 3 without quotes"),
        ("'a' != item", RANGE, "1: item is a number and 'a' a text"),
        ("item in [1, '2']", RANGE, "13: item is a number and '2' a text; write 2 without quotes"),
        ("item == '3'", NUMBERS, "9: item is a number and '3' a text; write 3 without quotes"),
        ("item > 3", TEXTS, "1: item is a text and 3 a number; write int(item)"),
        ("int(item) > 3", TEXTS, None),
        ("item.size > 1 && item.zone == 'eu'", MATRIX, None),
        ("item.zone > 1", MATRIX, "5: item.zone is a text and 1 a number; write int(item.zone)"),
        ("item.n == '1'", MAPS, "11: item.n is a number and '1' a text; write 1 without quotes"),
        ("item == 3", {"forEach": {"items": ["a", 1]}}, None),  # who knows
        ("item == 3", {"forEach": {"range": {"end": 9}, "batch": 3}}, None),
        ("tasks.extract.exitCode == 3", {}, None),
        (
            "tasks.extract.exitCode == '3'",
            {},
            "27: tasks.extract.exitCode is a number and '3' a text; write 3 without quotes",
        ),
        (
            "tasks.extract.message == 3",
            {},
            "14: tasks.extract.message is a text and 3 a number; write int(tasks.extract.message)",
        ),
        ("tasks.extract.outputs.rows > 0", {}, None),  # it may be a number
    ],
)
def test_fault(text, task, words):
    found = [str(fault) for fault in workflow_faults(manifest(text, **task))]
    assert found == ([] if words is None else [f"spec.tasks[1].when: line 1, column {words}"])


LINES = {"bash": 'n=$(wc -l < data)\necho "rows=$n" >> "$SLUICE_OUTPUTS"'}
OBJECT = {"bash": 'rows=$(wc -l < data)\necho "{\\"rows\\": $rows}" > "$SLUICE_OUTPUTS"'}
IS_TEXT = "22: tasks.extract.outputs.rows is a text and 0 a number; write int(tasks.extract.outputs.rows)"


@pytest.mark.parametrize(
    ("text", "extract", "words"),
    [
        ("tasks.extract.outputs.rows > 0", LINES, IS_TEXT),
        ("tasks.extract.outputs.rows == 0", LINES, IS_TEXT),
        ("tasks.extract.outputs.rows > 0", {"command": ["sh", "-c", "echo rows=3 > $SLUICE_OUTPUTS"]}, IS_TEXT),
        ("tasks.extract.outputs.rows > 0", {"outputs": [{"name": "rows", "default": "0"}]}, IS_TEXT),
        ("tasks.extract.outputs.rows > 0", {"outputs": [{"name": "rows", "default": 0}]}, None),
        ("int(tasks.extract.outputs.rows) > 0", LINES, None),
        ("tasks.extract.outputs.rows == '0'", LINES, None),
        ("tasks.extract.outputs.rows > 0", OBJECT, None),
        ("tasks.extract.outputs.rows > 0", LINES | {"outputsFrom": "Log"}, None),
        ("tasks.extract.outputs.rows > 0", {"python": "json.dump({'rows': 3}, f)"}, None),
    ],
)
def test_warning(text, extract, words):
    asked = manifest(text, extract)
    assert workflow_faults(asked) == []
    found = [str(warning) for warning in workflow_warnings(asked)]
    assert found == ([] if words is None else [f"spec.tasks[1].when: line 1, column {words}"])
