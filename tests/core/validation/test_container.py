"""Faults of what a task runs: its image, its times, its template."""

import pytest

from sluice.core.validation import workflow_faults
from tests.core.validation.judged import A, faults


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        ({"image": None}, "spec.tasks[0]: 'a' has no image; set `image` here or in spec.defaults"),
        (
            {"bash": "ls", "python": "1"},
            "spec.tasks[0]: 'a' has both `bash` and `python`; keep one, and make another task of the other",
        ),
        (
            {"bash": "ls", "command": ["ls"]},
            "spec.tasks[0].command: a script has no command or args; say it in the script, or remove the script",
        ),
        (
            {"python": "1", "args": ["ls"]},
            "spec.tasks[0].args: a script has no command or args; say it in the script, or remove the script",
        ),
        (
            {"shell": ["zsh"]},
            "spec.tasks[0].shell: names the interpreter of a script, and there is none; add `bash`, or use `command`",
        ),
        (
            {"bash": "#" * 262144},
            (
                "spec.tasks[0]: the script and the parameters have 262144 bytes; 252 KiB fit. "
                "Put the program into an image"
            ),
        ),
    ],
)
def test_what_a_task_runs(task, fault):
    assert faults(A | task) == [fault]


def test_image_may_come_from_the_defaults():
    assert faults({"name": "a"}, defaults={"image": "busybox"}) == []


def test_image_may_come_from_the_chart():
    manifest = {"metadata": {"name": "etl"}, "spec": {"tasks": [{"name": "a"}]}}
    assert workflow_faults(manifest)
    assert workflow_faults(manifest, chart_has_image=True) == []


@pytest.mark.parametrize("field", ["timeout", "deadline"])
@pytest.mark.parametrize("timeout", ["0s", "0h0m", "99999999d"])
def test_timeout_that_no_pod_can_have(timeout, field):
    (fault,) = faults(A | {field: timeout})
    assert fault.startswith(f"spec.tasks[0].{field}: ")


@pytest.mark.parametrize("kind", [{"approval": {}}, {"join": {}}, {"wait": {"for": "1m"}}])
def test_deadline_of_what_has_no_attempts(kind):
    (fault,) = faults({"name": "a", "deadline": "1h"} | kind)
    assert fault.startswith("spec.tasks[0].deadline: ")
    assert faults({"name": "a"} | kind, defaults={"deadline": "1h"}) == []  # which is for the others


@pytest.mark.parametrize(
    "kind", [{"approval": {}}, {"join": {}}, {"wait": {"for": "1m"}}, {"workflow": {"name": "x"}}, {"image": "busybox"}]
)
def test_every_task_can_be_shown_in_a_group(kind):
    assert faults({"name": "a", "group": "load"} | kind) == []
    (fault,) = faults({"name": "a", "group": "$(params.x)"} | kind)
    assert fault.startswith("spec.tasks[0].group: must be lower-case letters and digits, with '-' between them")


def test_deadline_of_a_sub_workflow():
    assert faults({"name": "a", "deadline": "1h", "workflow": {"name": "child"}}) == []


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"containers": "x"}, "containers: must be a list"),
        ({"containers": [{"image": "x"}]}, "containers[0]: must be a map with a `name`"),
        ({"initContainers": [{"name": "x"}, None]}, "initContainers[1]: must be a map with a `name`"),
        ({"volumes": ["x"]}, "volumes[0]: must be a map with a `name`"),
    ],
)
@pytest.mark.parametrize("place", ["spec.tasks[0]", "spec.defaults"])
def test_pod_template_whose_items_cannot_be_told_apart(place, spec, fault):
    template = {"podTemplate": {"spec": spec}}
    own, defaults = (template, {}) if "tasks" in place else ({}, template)
    (found,) = faults(A | own, defaults=defaults)
    assert found.startswith(f"{place}.podTemplate.spec.{fault}")


@pytest.mark.parametrize("field", ["labels", "annotations"])
@pytest.mark.parametrize("place", ["spec.tasks[0]", "spec.defaults"])
def test_pod_template_must_not_write_the_operators_marks(place, field):
    template = {"podTemplate": {"metadata": {field: {"sluice.dev/pools": "x", "team": "data"}}}}
    own, defaults = (template, {}) if "tasks" in place else ({}, template)
    (found,) = faults(A | own, defaults=defaults)
    assert found.startswith(f"{place}.podTemplate.metadata.{field}.sluice.dev/pools: sluice.dev/ is the operator's own")
