"""What `{{…}}` stands for in a template: parameters, other tasks, the item of a loop, the workflow.

https://argo-workflows.readthedocs.io/en/latest/variables/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sluice.core import Json
from sluice.core.pod.builder import parameter_variable
from sluice.importers.argo.documents.library import Template
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Ref, Text, UnknownTag, usual
from sluice.importers.argo.expressions.depends import Dependency
from sluice.importers.argo.expressions.functions import to_json
from sluice.importers.argo.expressions.parser import parse
from sluice.importers.argo.expressions.tree import Constant, Untranslatable, Value, go_text


@dataclass(frozen=True, slots=True)
class ArtifactPlace:
    """Where an artifact can be read: from the task that made it, or from what its template says (`raw`, ...)."""

    draft: "Draft | None" = None
    name: str = ""
    source: Map | None = None
    sub_path: str = ""


_PODS = ("container", "script", "containerSet")


@dataclass(eq=False, slots=True)
class Draft:
    """A task of ours in the making. `fields` are those that the graph decides; the pod's are added at the end, when it
    is known which of its results others read.
    """

    name: str
    template: Template
    scope: "Scope"
    line: int
    fields: Json = field(default_factory=dict)
    may_skip: bool = False
    result_read: bool = False
    json_read: bool = False
    """Does a loop read fields of what it prints?"""
    map_read: bool = False
    """Does a loop go over its output parameters, each item a map of all?"""
    list_read: bool = False
    """Is the list of what its items hand on read as a text?"""
    artifacts_read: set[str] = field(default_factory=set)

    @property
    def is_fan_out(self) -> bool:
        return "forEach" in self.fields

    @property
    def has_exit_code(self) -> bool:
        return self.template.kind in _PODS and not self.fields.keys() & {"forEach", "workflow", "join"}


@dataclass(eq=False, slots=True)
class Converted:
    """What a step or a task has become: one task of ours, or those of its template. `outputs` are by parameter."""

    drafts: list[Draft]
    roots: list[Draft]
    leaves: list[Draft]
    outputs: dict[str, Text] = field(default_factory=dict)
    artifacts: dict[str, ArtifactPlace] = field(default_factory=dict)
    dependency: Dependency = field(default_factory=lambda: Dependency(""))
    after: list[Draft] = field(default_factory=list)
    """What runs when it has ended, which those after it wait for: its exit handler."""

    @property
    def only(self) -> Draft | None:
        return self.drafts[0] if len(self.drafts) == 1 else None

    def read(self, keys: list[str], tag: str) -> Text:
        """Raises UnknownTag."""
        draft = self.only
        match keys:
            case ["outputs", "parameters", *name] if name and ".".join(name) in self.outputs:
                return self.outputs[".".join(name)]
            case ["outputs", "result"] if draft is not None and draft.template.kind in _PODS:
                draft.result_read = True
                return (Ref.to("tasks", draft.name, "outputs", "result"),)
            case ["exitCode"] | ["outputs", "exitCode"] if draft is not None and draft.has_exit_code:
                return (Ref.to("tasks", draft.name, "exitCode", number=True),)
            case ["status"] if draft is not None:
                return (Ref.to("tasks", draft.name, "phase"),)
        raise UnknownTag(tag)


@dataclass(frozen=True, slots=True)
class LoopItem:
    """What `{{item}}` stands for, and `{{item.name}}` where that is no field of the item."""

    whole: Ref | None
    fields: Mapping[str, Ref] | None = None

    def read(self, keys: list[str], tag: str) -> Text:
        """Raises UnknownTag."""
        found = self.whole
        if keys:
            found = Ref.to("item", *keys) if self.fields is None else self.fields.get(".".join(keys))
        if found is None:
            raise UnknownTag(tag)
        return (found,)


_RUN: Mapping[str, Ref] = {
    "name": Ref.to("run", "name", variable="SLUICE_RUN"),
    "uid": Ref.to("run", "name", variable="SLUICE_RUN"),
    "status": Ref.to("run", "phase", variable="SLUICE_RUN_PHASE"),
    "duration": Ref.to("run", "duration"),
    "failures": Ref((), variable="SLUICE_FAILED_TASKS", source={}),
    "creationTimestamp": Ref.to("run", "startedAt"),
    "scheduledTime": Ref.to("run", "scheduledTime", variable="SLUICE_SCHEDULED_TIME"),
}
_POD: Mapping[str, Ref] = {
    "pod.name": Ref((), variable="POD_NAME", source={"fieldRef": {"fieldPath": "metadata.name"}}),
    "workflow.namespace": Ref((), variable="POD_NAMESPACE", source={"fieldRef": {"fieldPath": "metadata.namespace"}}),
    "workflow.serviceAccountName": Ref(
        (), variable="SERVICE_ACCOUNT", source={"fieldRef": {"fieldPath": "spec.serviceAccountName"}}
    ),
}
_ROOTS = ("inputs", "outputs", "workflow", "steps", "tasks", "item", "pod", "node", "retries", "lastRetry")
_RESERVED = frozenset(
    {"PATH", "HOME", "USER", "SHELL", "PWD", "IFS", "LANG", "TERM", "HOSTNAME", "TMPDIR", "PYTHONPATH", "ITEM"}
)


def parameter(name: str, default: str | None = None) -> Ref:
    """A parameter of our Workflow."""
    return replace(Ref.to("params", name, variable=parameter_variable(name)), default=default)


@dataclass(frozen=True, slots=True)
class Scope:
    """`workflow` are the values of the whole workflow, by what follows `workflow.` `by_default`: a parameter is what it
    is where nobody says otherwise.
    """

    template: Template
    inputs: Mapping[str, Text] = field(default_factory=dict)
    workflow: dict[str, Text] = field(default_factory=dict)
    artifacts: Mapping[str, ArtifactPlace] = field(default_factory=dict)
    global_artifacts: dict[str, ArtifactPlace] = field(default_factory=dict)
    nodes: Mapping[str, Converted] = field(default_factory=dict)
    item: LoopItem | None = None
    by_default: bool = False

    def resolve(self, words: str, is_expression: bool) -> Text | None:  # noqa: FBT001  # the signature of `text.Resolve`
        """Raises UnknownTag, and Untranslatable."""
        found = self._found(words, is_expression)
        known = usual(found) if self.by_default and found is not None else None
        return found if known is None else (known,)

    def _found(self, words: str, is_expression: bool) -> Text | None:  # noqa: FBT001  # as above
        if is_expression:
            return self._computed(words)
        tag = f"{{{{{words}}}}}"
        keys = words.split(".")
        match keys:
            case ["inputs", "parameters", *name] if name:
                return self._input(".".join(name), tag)
            case ["inputs" | "outputs", "artifacts" | "parameters", *name, "path"] if name:
                return (self._path(keys[0], keys[1], ".".join(name), tag),)
            case ["steps" | "tasks", name, *rest] if name in self.nodes:
                node = self.nodes[name]
                if node.only is not None and node.only.is_fan_out and rest[:1] == ["outputs"]:
                    node.only.list_read = True
                return node.read(rest, tag)
            case ["item", *fields] if self.item is not None:
                return self.item.read(fields, tag)
            case ["workflow", "parameters"] | ["workflow", "parameters", "json"] if self.by_default:
                return (self._parameters(tag),)
            case ["workflow", *rest] if ".".join(rest) in self.workflow:
                return self.workflow[".".join(rest)]
            case ["workflow", name] if name in _RUN:
                return (_RUN[name],)
            case ["retries"]:
                return (Ref((), variable="SLUICE_ATTEMPT", source={}),)
            case ["node", "name"]:
                return (Ref((), variable="SLUICE_TASK", source={}),)
        if words in _POD:
            return (_POD[words],)
        if keys[0] in _ROOTS:
            raise UnknownTag(tag)
        return None

    def _computed(self, words: str) -> Text:
        match parse(words, self.resolve):
            case Constant(value):
                return (go_text(value),)
            case Value(text):
                return text
        raise Untranslatable("is computed of what the run decides")

    def _parameters(self, tag: str) -> str:
        """All of the workflow as JSON, by their defaults."""
        named = {key: usual(text) for key, text in self.workflow.items() if key.startswith("parameters.")}
        if None in named.values():
            raise UnknownTag(tag)
        return to_json([{"name": key.removeprefix("parameters."), "value": value} for key, value in named.items()])

    def _input(self, name: str, tag: str) -> Text:
        if name not in self.inputs:
            raise UnknownTag(tag)
        text = self.inputs[name]
        if len(text) == 1 and isinstance(text[0], Ref) and not text[0].variable:
            hint = parameter_variable(name).removeprefix("PARAM_").replace(".", "_")
            return (replace(text[0], hint=f"{hint}_VALUE" if hint in _RESERVED else hint),)
        return text

    def _path(self, side: str, kind: str, name: str, tag: str) -> str:
        for each in self.template.body.map(side).maps(kind):
            if each.text("name") == name:
                path = each.text("path") or each.map("valueFrom").text("path")
                if path and "{{" not in path:
                    return path
        raise UnknownTag(tag)
