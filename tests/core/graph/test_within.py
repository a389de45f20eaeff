"""Sub-workflows in place."""

from sluice.core.graph.layout.task import LayoutTask
from sluice.core.graph.layout.within import within


def edges(tasks):
    return {task.name: task.depends_on for task in tasks}


PARENT = [LayoutTask("get"), LayoutTask("load", ("get",)), LayoutTask("report", ("get", "load"))]


def test_the_tasks_of_the_child_run_stand_between_what_came_before_and_after():
    found = within(PARENT, "load", [LayoutTask("a"), LayoutTask("b", ("a",)), LayoutTask("c", ("a",))])
    assert edges(found) == {
        "get": (),
        "load/a": ("get",),
        "load/b": ("load/a",),
        "load/c": ("load/a",),
        "report": ("get", "load/b", "load/c"),
    }
    assert [task.group for task in found] == ["", "load", "load", "load", ""]


def test_its_finally_tasks_come_after_its_others_and_before_what_follows():
    found = within(
        PARENT, "load", [LayoutTask("a"), LayoutTask("tidy", final=True), LayoutTask("tell", ("tidy",), final=True)]
    )
    assert edges(found)["load/tidy"] == ("load/a",)
    assert edges(found)["load/tell"] == ("load/tidy",)
    assert edges(found)["report"] == ("get", "load/tell")
    assert not any(task.final for task in found)


def test_a_child_of_a_child_is_opened_the_same_way():
    once = within(PARENT, "load", [LayoutTask("a"), LayoutTask("b", ("a",))])
    assert edges(within(once, "load/a", [LayoutTask("x")])) == {
        "get": (),
        "load/a/x": ("get",),
        "load/b": ("load/a/x",),
        "report": ("get", "load/b"),
    }


def test_without_such_a_task_all_stays_as_it_is():
    assert within(PARENT, "other", [LayoutTask("a")]) == tuple(PARENT)
