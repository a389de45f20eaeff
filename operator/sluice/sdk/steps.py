"""Tasks that are no Python functions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, ParamSpec, TypeVar, Unpack, cast

from sluice.api.task import RunIf
from sluice.core import Json
from sluice.sdk import types
from sluice.sdk.faults import fault, here
from sluice.sdk.fields import TaskFields, task_fields
from sluice.sdk.graph import TaskNode
from sluice.sdk.reference import Reference, Step, as_condition, describe, filled, graph_for, nodes_of, script
from sluice.sdk.task import OUTPUT, _argument
from sluice.sdk.workflow import Workflow

P = ParamSpec("P")
R = TypeVar("R")


def bash(name: str, text: str, /, **fields: Unpack[TaskFields]) -> Step:
    """A shell script. It has values by `env={"DAY": day}`, as "$DAY"."""
    return _add("bash", name, {"bash": script(text)}, fields)


def container(
    name: str,
    image: str,
    /,
    command: Sequence[object] = (),
    args: Sequence[object] = (),
    **fields: Unpack[TaskFields],
) -> Step:
    """What an image does. `command` and `args` may hold references."""
    words = {"command": command, "args": args}
    own = {key: [str(filled(each)) for each in given] for key, given in words.items() if given}
    return _add("container", name, {"image": image, **own}, fields)


def approval(
    name: str, message: str = "", *, timeout: str = "", default: Literal["Approve", "Reject", ""] = ""
) -> Step:
    """A decision that a person takes. Without a default it has failed when the time is up."""
    said = {"message": filled(message), "timeout": timeout, "default": default}
    return _add("approval", name, {"approval": {key: value for key, value in said.items() if value}}, {})


def join(name: str, *, run_if: RunIf = "AllSucceeded") -> Step:
    """A place where branches meet: `run_if="NoneFailedOneSucceeded"` if only one of them is taken."""
    return _add("join", name, {"join": {}}, {} if run_if == "AllSucceeded" else {"run_if": run_if})


def wait(name: str, *, for_: str = "", until: object = "") -> Step:
    """Time that passes: `for_` a duration such as 10m, or `until` a time."""
    said = {"for": for_, "until": str(filled(until))}
    return _add("wait", name, {"wait": {key: value for key, value in said.items() if value}}, {})


def branch(value: object, choices: Mapping[Any, object]) -> None:
    """Run the tasks of one choice only: `branch(kind, {"csv": load_csv(file), "json": [parse(file), check]})`.

    `value` is what a task returns, or a parameter. The tasks of the other choices are skipped, and so is what waits for
    them, unless it says `run_if="NoneFailedOneSucceeded"`.
    """
    graph_for("branch")
    if not isinstance(value, Reference):
        raise fault(f"branch asks what a task returns or what a parameter is, and this is known now: {describe(value)}")
    for choice, steps in choices.items():
        condition = as_condition(f"{value} == {json.dumps(types.encode(choice))}")
        for node in nodes_of(steps):
            before = node.fields.get("when")
            node.fields["when"] = f"({before}) && {condition}" if before else condition


@contextmanager
def group(name: str) -> Iterator[None]:
    """The tasks made in this block are shown together."""
    graph = graph_for("group")
    if graph.group is not None:
        raise fault(f"groups do not nest: '{name}' is in '{graph.group}'")
    graph.group = name
    try:
        yield
    finally:
        graph.group = None


def sub(workflow: Workflow[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """A run of another Workflow, whose end is the task's end. Its value is what that one's function returns."""
    graph = graph_for("sub")
    arguments = {name: _argument(value) for name, value in workflow.bound(args, kwargs).items()}
    called: Json = {"name": workflow.name} | ({"arguments": arguments} if arguments else {})
    fields: Json = {"workflow": called} | ({"outputs": [OUTPUT]} if workflow.returns else {})
    node = TaskNode(workflow.name, here(), fields, calls=workflow)
    graph.add(node)
    return cast("R", Reference(f"tasks.{node.name}.outputs.{OUTPUT}", Any, node) if workflow.returns else Step(node))


def _add(what: str, name: str, own: Json, fields: Mapping[str, Any]) -> Step:
    graph = graph_for(what)
    node = TaskNode(name, here(), own | task_fields(fields))
    graph.add(node)
    return Step(node)
