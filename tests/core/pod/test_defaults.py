"""The chart's defaults for the pods of tasks lie under everything else."""

from __future__ import annotations

import pytest

from sluice.api.chart import TaskDefaults
from sluice.core.pod.builder import build_pod
from sluice.core.pod.defaults import NO_DEFAULTS, PodDefaults
from sluice.core.spec.definition import Definition
from tests.core.kubelet import RUN, TASK


def chart(image="", metadata=None, **spec):
    template = {"metadata": metadata or {}, "spec": spec}
    return PodDefaults.of(TaskDefaults.model_validate({"image": image, "podTemplate": template}))


def pod(defaults, *, of_workflow=None, **fields):
    (task,) = Definition.of({"defaults": of_workflow or {}, "tasks": [{"name": "a"} | fields]}).tasks
    return build_pod(RUN, task, 1, defaults=defaults)


def main(made):
    (container,) = made["spec"]["containers"]
    return container


def template(**spec):
    return {"podTemplate": {"spec": spec}}


def in_main(**fields):
    return {"containers": [{"name": "main", **fields}]}


def test_a_task_that_says_nothing_has_what_the_chart_says():
    pull = [{"name": "registry"}]
    made = pod(
        chart("python:3.13", {"labels": {"team": "data"}}, imagePullSecrets=pull, **in_main(resources={"limits": {}}))
    )
    assert main(made)["image"] == "python:3.13"
    assert main(made)["resources"] == {"limits": {}}
    assert made["spec"]["imagePullSecrets"] == pull
    assert made["metadata"]["labels"]["team"] == "data"


@pytest.mark.parametrize(
    ("of_workflow", "of_task", "image"),
    [
        ({}, {}, "chart"),
        ({"image": "workflow"}, {}, "workflow"),
        (template(**in_main(image="workflow")), {}, "workflow"),
        ({"image": "workflow"}, {"image": "task"}, "task"),
        (template(**in_main(image="workflow")), template(**in_main(image="task")), "task"),
        ({}, {"bash": "true", "image": "task"}, "task"),
    ],
)
def test_the_chart_gives_way_to_the_workflow_and_that_to_the_task(of_workflow, of_task, image):
    assert main(pod(chart("chart"), of_workflow=of_workflow, **of_task))["image"] == image


@pytest.mark.parametrize("layer", ["of_workflow", "of_task"])
@pytest.mark.parametrize(
    ("field", "ours", "theirs", "both"),
    [
        ("nodeSelector", {"disk": "hdd", "zone": "a"}, {"disk": "ssd"}, {"disk": "ssd", "zone": "a"}),
        ("tolerations", [{"key": "a"}], [{"key": "b"}], [{"key": "b"}]),
        ("priorityClassName", "low", "high", "high"),
        ("securityContext", {"runAsUser": 1, "fsGroup": 1}, {"runAsUser": 2}, {"runAsUser": 2, "fsGroup": 1}),
    ],
)
def test_what_is_said_in_both_is_merged(layer, field, ours, theirs, both):
    theirs = template(**{field: theirs})
    made = pod(chart("x", **{field: ours}), **({"of_workflow": theirs} if layer == "of_workflow" else theirs))
    assert both.items() <= made["spec"][field].items() if isinstance(both, dict) else made["spec"][field] == both


def test_a_tasks_own_fields_win_as_well():
    ours = {"requests": {"cpu": "1", "memory": "1Gi"}}
    made = pod(
        chart("x", nodeSelector={"disk": "hdd"}, **in_main(resources=ours)), resources={"requests": {"cpu": "2"}}
    )
    assert main(made)["resources"] == {"requests": {"cpu": "2", "memory": "1Gi"}}
    assert pod(chart("x", nodeSelector={"a": "b"}), nodeSelector={"a": "c"})["spec"]["nodeSelector"] == {"a": "c"}


def test_what_an_attempt_cannot_do_without_is_not_the_charts_to_say():
    forged = chart("x", {"labels": {"sluice.dev/task": "b"}}, restartPolicy="Always", **in_main(command=["forged"]))
    made = pod(forged, timeout="1m", bash="true")
    assert made["metadata"]["labels"]["sluice.dev/task"] == "a"
    assert (made["spec"]["restartPolicy"], made["spec"]["activeDeadlineSeconds"]) == ("Never", 60)
    assert main(made)["command"][0] == "sh"


def test_nothing_said_changes_nothing():
    assert build_pod(RUN, TASK, 1, defaults=chart()) == build_pod(RUN, TASK, 1, defaults=NO_DEFAULTS)


@pytest.mark.parametrize(
    ("defaults", "has"), [(chart(), False), (chart("x"), True), (chart(**in_main(image="x")), True)]
)
def test_whether_a_task_may_go_without_an_image(defaults, has):
    assert defaults.image is has
