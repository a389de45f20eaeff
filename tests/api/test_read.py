"""What the API server holds is read leniently: it was accepted once, perhaps by an older or a newer operator."""

import pytest
from pydantic import ValidationError

from sluice.api.base import layered
from sluice.api.revision import FrozenGraph
from sluice.api.run import WorkflowRunSpec
from sluice.api.task import Retries
from sluice.api.workflow import WorkflowSettings, WorkflowStatus


def test_fields_that_nobody_knows_are_ignored_however_deep_they_stand():
    graph = {"tasks": [{"name": "a", "retries": {"limit": 2, "new": 1}, "new": {}}], "new": 3}
    (task,) = FrozenGraph.read(graph).tasks
    assert (task.name, task.retries.limit) == ("a", 2)


def test_a_field_that_cannot_be_read_counts_as_absent():
    spec = {"parallelism": 3, "timeout": 90, "schedule": {"cron": 7}}
    assert WorkflowSettings.read_usable(spec) == WorkflowSettings(parallelism=3)


def test_what_cannot_do_without_a_field_is_not_read():
    with pytest.raises(ValidationError):
        WorkflowRunSpec.read_usable({"workflow": 7, "state": "Stopped"})


def test_a_mark_that_cannot_be_read_is_not_taken_for_none():
    with pytest.raises(ValidationError):
        WorkflowStatus.read({"lastRun": {"name": "etl-g1-4f7a9"}})


def test_an_error_does_not_show_what_it_is_about():
    with pytest.raises(ValidationError) as refused:
        WorkflowRunSpec.model_validate({"workflow": "etl", "arguments": {"password": {1: "hunter2"}}})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("base", "over", "both"),
    [
        (None, None, None),
        ({"limit": 1}, None, {"limit": 1}),
        (None, {"limit": 2}, {"limit": 2}),
        ({"limit": 1, "infrastructure": 3}, {"limit": 0}, {"limit": 0, "infrastructure": 3}),
        ({"limit": 1}, {"limit": None}, {"limit": 1}),
        (
            {"backoff": {"factor": 3.0, "jitter": 0.5}},
            {"backoff": {"factor": 2.0}},
            {"backoff": {"factor": 2.0, "jitter": 0.5}},
        ),
        ({"endings": ["Error"]}, {"endings": []}, {"endings": []}),
    ],
)
def test_one_layer_over_another(base, over, both):
    layers = (None if layer is None else Retries.model_validate(layer) for layer in (base, over))
    found = layered(*layers)
    assert (None if found is None else found.model_dump(exclude_none=True)) == both
