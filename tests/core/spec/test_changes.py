"""What a manifest changes, in words."""

from sluice.core.spec.changes import changes_of_settings, changes_of_tasks
from sluice.core.spec.definition import Definition
from tests.core.world import graph


def said(old, new):
    found = changes_of_tasks(None if old is None else Definition.of(old), Definition.of(new))
    return [f"{change.sign} {change.name} {change.words}" for change in found]


def test_tasks_are_new_changed_the_same_or_gone():
    old = graph("extract >> clean; old-check", clean={"image": "pipelines:1.4"})
    new = graph("extract >> clean >> audit", clean={"image": "pipelines:1.5"})
    assert said(old, new) == [
        "= extract unchanged",
        "~ clean image pipelines:1.4 → pipelines:1.5",
        "+ audit new, after clean",
        "- old-check gone",
    ]
    assert said(None, graph("a")) == ["+ a new"]


def test_a_changed_default_changes_all_tasks():
    assert said(graph("a, b"), graph("a, b", every={"image": "alpine"})) == [
        "~ a image busybox → alpine",
        "~ b image busybox → alpine",
    ]


def test_scripts_and_lists_are_not_printed_and_many_changes_are_counted():
    old = graph("a", a={"bash": "one", "resources": {"requests": {"cpu": "1"}}, "env": [{"name": "A", "value": "1"}]})
    new = graph("a", a={"bash": "two", "resources": {"requests": {"cpu": "2"}}, "timeout": "5m", "priority": 3})
    assert said(old, new) == ["~ a bash changed, resources.requests.cpu 1 → 2, timeout none → 5m and 2 more"]


def test_caps_are_no_part_of_the_graph():
    found = changes_of_settings(
        {"parallelism": 8, "tasks": [1], "ttl": "1d"}, {"parallelism": 16, "tasks": [2], "timeout": "1h"}
    )
    assert [(change.name, change.words) for change in found] == [
        ("parallelism", "8 → 16"),
        ("timeout", "none → 1h"),
        ("ttl", "1d → none"),
    ]
