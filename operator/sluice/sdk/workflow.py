"""`@workflow`: a function that is called once, while the manifest is made, to see which tasks it calls."""

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, Unpack, cast, overload

from sluice.api import API_VERSION
from sluice.api.task import ApprovalVerdict
from sluice.core import Json
from sluice.core.validation import workflow_faults
from sluice.sdk import types
from sluice.sdk.faults import Mistake, Place, WorkflowFault, fault, here
from sluice.sdk.fields import WorkflowFields, workflow_fields
from sluice.sdk.graph import TaskNode, WorkflowGraph, building, current
from sluice.sdk.loading import loading
from sluice.sdk.local import LocalWorkflow, Run, run_locally
from sluice.sdk.reference import Reference, Step
from sluice.sdk.source import Source

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

_IMAGE = "python:3.13-slim"


class Workflow(Generic[P, R_co]):
    """A workflow of a file. Calling it is a mistake: `sub` makes it a task of another one."""

    def __init__(
        self,
        function: Callable[P, R_co],
        fields: Mapping[str, Any],
        place: Place,
        answers: Mapping[str, ApprovalVerdict] | None = None,
        *,
        in_processes: bool = False,
    ) -> None:
        workflow_fields(fields)
        self._function, self._fields, self.place = function, fields, place
        self._answers, self._in_processes = answers or {}, in_processes
        functools.update_wrapper(self, function)
        self.__name__: str = getattr(function, "__name__", "workflow")
        self.name: str = fields.get("name") or self.__name__.strip("_").replace("_", "-").lower()

    def __call__(self, *_: P.args, **__: P.kwargs) -> R_co:
        if current() is None:
            raise fault(f"a workflow is not called; write: sluice render {Path(self.place.file).name}")
        raise fault(f"a workflow is not called in another one; write sub({self.__name__}, ...)")

    @property
    def returns(self) -> bool:
        """Does it say that it hands on a value?"""
        hint = types.hint_of(self._function, "return")
        return hint is not Any and not types.is_nothing(hint)

    def bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments by name. Raises WorkflowFault."""
        try:
            return dict(inspect.signature(self._function).bind(*args, **kwargs).arguments)
        except TypeError as error:
            raise fault(f"{self.__name__}: {error}") from None

    def locally(
        self, answers: Mapping[str, ApprovalVerdict] | None = None, *, subprocess: bool = False
    ) -> "Workflow[P, R_co]":
        """The same, for `local`: `answers` are what it takes as people's decisions, by the approval's name; with
        `subprocess` each function is called in a process of its own, as in a pod, which `timeout` and `failFast` end.
        """
        return Workflow(self._function, self._fields, self.place, answers, in_processes=subprocess)

    def local(self, *args: P.args, **kwargs: P.kwargs) -> Run:
        """Run it here and now, as the operator would: see `sluice.sdk.local`. Raises WorkflowFault if it cannot be
        built, or if only a cluster can run it.

        Where no type checker looks, `answers` and `subprocess` may be given here: see `locally`.
        """
        if current() is not None:
            raise fault("a workflow is not run while another is built; write sub(...)")
        self._not_while_loading()
        own: dict[str, Any] = dict(kwargs)
        how = {key: own.pop(key) for key in ("answers", "subprocess") if key in own and key not in self._takes()}
        if how:
            return self.locally(**how).local(*args, **own)
        arguments = {name: types.encode(value) for name, value in self.bound(args, own).items()}
        try:
            return run_locally(self._local({}), arguments, self._answers, in_processes=self._in_processes)
        except ValueError as error:
            raise fault(f"{self.__name__}: {error}") from error

    def _not_while_loading(self) -> None:
        if loading():
            raise fault(f"this would run {self.__name__} in every pod; put it below: if __name__ == '__main__':")

    def _takes(self) -> Collection[str]:
        return inspect.signature(self._function).parameters.keys()

    def _local(self, known: dict[str, LocalWorkflow]) -> LocalWorkflow:
        """`known` are the workflows by name, to which this one and all that it runs are added."""
        manifest, graph = self._built()
        nodes = graph.nodes.values()
        functions = {node.name: node.function.function for node in nodes if node.function is not None}
        known[self.name] = found = LocalWorkflow(manifest, functions, known)
        for node in nodes:
            if node.calls is not None and node.calls.name not in known:
                node.calls._local(known)
        return found

    def render(self) -> Json:
        """The manifest. Raises WorkflowFault with all mistakes."""
        self._not_while_loading()
        return self._built()[0]

    def _built(self) -> tuple[Json, WorkflowGraph]:
        source = Source.of(self._function, self._fields.get("include", ()))
        graph = WorkflowGraph(mistakes=[*source.mistakes_in(self._function.__name__)])
        parameters, references = self._parameters(graph)
        with building(graph):
            returned = cast("Callable[..., object]", self._function)(**references)
        outputs = {"value": returned._placeholder} if isinstance(returned, Reference) else None
        if returned is not None and not isinstance(returned, Step):
            graph.mistakes.append(
                Mistake(self.place, f"a workflow returns what a task returns, and not {returned!r:.60}")
            )
        tasks = [self._task(node, source, graph) for node in graph.nodes.values()]
        spec = workflow_fields(self._fields)
        spec |= {"parameters": parameters} if parameters else {}
        spec |= {"outputs": outputs} if outputs else {}
        if any("function" in task for task in tasks):
            spec["files"] = source.files
        if image := self._image(tasks):
            spec["defaults"] = {"image": image}
        spec["tasks"] = tasks
        manifest = {"apiVersion": API_VERSION, "kind": "Workflow", "metadata": {"name": self.name}, "spec": spec}
        if not graph.mistakes:
            graph.mistakes += self._invalid(manifest, list(graph.nodes.values()))
        if graph.mistakes:
            raise WorkflowFault(graph.mistakes)
        return manifest, graph

    def _parameters(self, graph: WorkflowGraph) -> tuple[list[Json], dict[str, Reference]]:
        declared, references = [], {}
        for name, each in inspect.signature(self._function).parameters.items():
            hint = types.hint_of(self._function, name)
            references[name] = Reference(f"params.{name}", hint)
            try:
                declared.append(types.parameter(name, hint, each.default))
            except WorkflowFault as refused:
                graph.mistakes += [Mistake(self.place, each.message) for each in refused.mistakes]
        return declared, references

    def _task(self, node: TaskNode, source: Source, graph: WorkflowGraph) -> Json:
        manifest = node.manifest()
        if node.function is None:
            return manifest
        name = source.name_of(node.function)
        if name is None:
            words = "a pod would not find this function; define it at the top of the workflow's file"
            graph.mistakes.append(Mistake(node.function.place, f"{node.function.__name__}: {words}"))
            return manifest
        arguments = manifest["function"]["arguments"]
        manifest["function"] = {
            "file": source.path,
            "name": name,
            **({"arguments": arguments} if arguments else {}),
            "fingerprint": source.fingerprint(name),
        }
        return manifest

    def _image(self, tasks: list[Json]) -> str:
        """Of the tasks that say none. Empty if there is no such task."""
        if given := self._fields.get("image"):
            return str(given)
        programs = [task for task in tasks if task.keys() & {"function", "bash"}]
        return _IMAGE if any("image" not in task for task in programs) else ""

    def _invalid(self, manifest: Json, nodes: list[TaskNode]) -> list[Mistake]:
        """What lint says, by the line of the task that it is about."""
        found = []
        for each in workflow_faults(manifest):
            number, bracket, field = each.path.removeprefix("spec.tasks[").partition("]")
            if each.path.startswith("spec.tasks[") and bracket and int(number) < len(nodes):
                node = nodes[int(number)]
                found.append(
                    Mistake(node.place, f"task '{node.name}'{f', {field[1:]}' if field else ''}: {each.message}")
                )
            else:
                found.append(Mistake(self.place, str(each)))
        return found


@overload
def workflow(function: Callable[P, R], /) -> Workflow[P, R]: ...
@overload
def workflow(**fields: Unpack[WorkflowFields]) -> Callable[[Callable[P, R]], Workflow[P, R]]: ...
def workflow(function: Any = None, /, **fields: Any) -> Any:
    """Make a function a workflow. Raises WorkflowFault for an unknown option."""
    place = here()
    if function is None:
        return lambda decorated: Workflow(decorated, fields, place)
    return Workflow(function, fields, place)
