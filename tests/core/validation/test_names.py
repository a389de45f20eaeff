"""Names that no object can have, and marks that are no text."""

import pytest

from sluice.core.validation import metadata_faults

OBJECT = "must be lower-case letters and digits, with '-' between them, in parts divided by '.'"
LABEL = "must be lower-case letters and digits, with '-' between them"


@pytest.mark.parametrize(
    ("metadata", "fault"),
    [
        ({"name": "etl.v2"}, None),
        ({"name": "My_Workflow"}, f"metadata.name: {OBJECT}, not 'My_Workflow'"),
        ({"name": 'x"</b>\x1b[31m'}, f"metadata.name: {OBJECT}, not 'x\"</b>\\x1b[31m'"),
        ({"name": "etl\n"}, f"metadata.name: {OBJECT}, not 'etl\\n'"),
        ({"name": 3}, "metadata.name: must be a string; put it in quotes"),
        ({"name": "w" * 41}, "metadata.name: has 41 characters; at most 40 fit, as runs are named after it"),
        ({"generateName": "etl-"}, None),
        ({"generateName": "etl.v2--"}, None),
        ({"generateName": "Etl-"}, f"metadata.generateName: {OBJECT}, not 'Etl-'"),
        ({"name": "etl", "namespace": "data.team"}, f"metadata.namespace: {LABEL}, not 'data.team'"),
        ({"name": "etl", "labels": ["a"]}, "metadata.labels: must be a map"),
        ({"name": "etl", "labels": {"a.b/c": 1}}, "metadata.labels.a.b/c: must be a string; put it in quotes"),
        ({"name": "etl", "annotations": {"a": True}}, "metadata.annotations.a: must be a string; put it in quotes"),
        ({"name": "etl", "uid": 1}, None),
        ([], "metadata: must be a map"),
        ({}, None),
    ],
)
def test_metadata(metadata, fault):
    assert list(map(str, metadata_faults("Workflow", metadata))) == ([fault] if fault else [])


@pytest.mark.parametrize("kind", ["WorkflowRun", "Pool", "Backfill"])
def test_names_have_the_length_that_their_kind_allows(kind):
    assert list(metadata_faults(kind, {"name": "w" * 63})) == []
    (fault,) = metadata_faults(kind, {"name": "w" * 64})
    assert str(fault) == "metadata.name: has 64 characters; at most 63 fit"


def test_a_name_of_a_kind_that_is_not_known_is_only_looked_at():
    assert list(metadata_faults("Workflw", {"name": "w" * 100})) == []
