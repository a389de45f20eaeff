from sluice.core.spec.definition import Definition

GRAPH = {
    "parameters": [{"name": "day"}, {"name": "size", "default": "small"}],
    "defaults": {"image": "busybox", "retries": {"limit": 2}, "timeout": "1h", "env": [{"name": "A", "value": "1"}]},
    "tasks": [
        {"name": "a"},
        {
            "name": "b",
            "dependsOn": ["a"],
            "image": "python",
            "timeout": "90s",
            "retries": {"execution": "AtMostOnce"},
            "env": [{"name": "B", "value": "2"}],
        },
    ],
}


def test_task_has_its_defaults_unless_it_says_otherwise():
    a, b = Definition.of(GRAPH).tasks
    assert (a.fields["image"], a.retries.limit, a.retries.infrastructure, a.timeout_s) == ("busybox", 2, 5, 3600)
    assert (b.fields["image"], b.retries.limit, b.retries.infrastructure, b.timeout_s) == ("python", 0, 0, 90)
    assert [variable["name"] for variable in b.fields["env"]] == ["A", "B"]


def test_at_most_once_has_no_retries_whatever_the_defaults_say():
    assert [task.at_most_once for task in Definition.of(GRAPH).tasks] == [False, True]


def test_parameters_without_a_default_have_none():
    found = Definition.of(GRAPH).parameters
    assert {name: parameter.default for name, parameter in found.items()} == {"day": None, "size": "small"}


def test_graph_that_says_the_least():
    definition = Definition.of({"tasks": [{"name": "a", "image": "busybox"}]})
    (task,) = definition.tasks
    assert (task.retries.limit, task.retries.infrastructure, task.timeout_s) == (0, 5, None)
    assert definition.parameters == {}


def test_graph_of_a_newer_operator_is_read_as_far_as_it_is_known():
    newer = {"name": "a", "image": "busybox", "retries": {"limit": 2, "jitter": 1}, "layout": {"x": 1}}
    (task,) = Definition.of({"tasks": [newer], "files": {}}).tasks
    assert (task.retries.limit, task.fields["layout"]) == (2, {"x": 1})
