"""A draft as a task of ours: its order, then what it runs, then its pod."""

import re
from functools import partial
from typing import Any

from sluice.core import Json
from sluice.importers.argo.documents.durations import duration
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import (
    FILL_IN,
    Resolve,
    filled,
    literal,
    parse,
    text_of,
    usual,
)
from sluice.importers.argo.expressions.scope import Draft
from sluice.importers.argo.graph.draft import BY_DEFAULT, NO_MEMORY, DraftGraph
from sluice.importers.argo.graph.outputs import is_fixed
from sluice.importers.argo.loops.after_loops import ALL
from sluice.importers.argo.pod.artifacts import attach
from sluice.importers.argo.pod.container_sets import in_order, init_container
from sluice.importers.argo.pod.environment import Left, Reading, environment, of_run
from sluice.importers.argo.pod.fetched import Attached
from sluice.importers.argo.pod.fields import container_fields, merged, pod_fields
from sluice.importers.argo.pod.programs import Around, program_of
from sluice.importers.argo.pod.retries import retried
from sluice.importers.argo.workflow.deadlines import shortest
from sluice.importers.argo.workflow.locks import LockPools, locks_of
from sluice.importers.argo.workflow.telling import telling

_ORDER = (
    *(
        "name",
        "dependsOn",
        "runIf",
        "when",
        "allowFailure",
        "finally",
        "forEach",
        "workflow",
        "approval",
        "join",
        "wait",
    ),
    *("pools", "priority", "retries", "timeout", "deadline", "image", "command", "args", "shell", "bash", "python"),
    *("files", "outputs", "outputsFrom", "env", "envFrom", "resources", "nodeSelector", "tolerations"),
    *("serviceAccountName", "volumes", "volumeMounts", "podTemplate"),
)


_JSON = re.compile(r"\bjson\.dump|\bJSON\.stringify|\bjq\b|\{\s*\\*\"\w+\\*\"\s*:")
"""Of a program that seems to hand on JSON."""


class TaskWriter:
    """Writes the tasks of one graph. `spec` is that of the whole workflow; `files` fills up, by path."""

    def __init__(self, graph: DraftGraph, pools: LockPools, spec: Map) -> None:
        self._graph, self._pools, self._spec = graph, pools, spec
        self.files: dict[str, str] = {}
        self.needs_claim = False

    def task(self, draft: Draft) -> Json:
        fields: Json = {"name": draft.name, **draft.fields}
        template = draft.template
        if "workflow" in fields or "join" in fields:
            pass
        elif template.kind == "suspend":
            pause = self._suspend(draft)
            without_meaning = {"forEach", "allowFailure"} if "wait" in pause else {"forEach"}
            fields = {key: value for key, value in fields.items() if key not in without_meaning} | pause
        else:
            fields = merged(fields, self._program(draft))
        return {key: fields[key] for key in _ORDER if key in fields}

    def _lose(self, draft: Draft, line: int, what: str, instead: str, *, left: bool = False) -> None:
        self._graph.lose(draft.template.document, line, what, instead, draft.name, left=left)

    def _left(self, draft: Draft) -> Left:
        return partial(self._lose, draft, left=True)

    def _suspend(self, draft: Draft) -> Json:
        suspend = draft.template.body.map("suspend")
        if suspend.text("duration"):
            length = parse(suspend.text("duration"), self._resolve(draft, suspend))
            if found := duration(usual(length) or ""):
                if literal(length) is None:
                    self._lose(draft, suspend.line, "suspend.duration", BY_DEFAULT)
                return {"wait": {"for": found}}
            self._lose(draft, suspend.line, "a duration that is known at run time", "an approval: somebody ends it")
        for output in draft.template.body.map("outputs").maps("parameters"):
            words = "it is a parameter of the run: who approves can give none"
            self._lose(draft, output.line, f"the value '{output.text('name')}' that is given on resuming", words)
        if draft.is_fan_out:
            self._lose(draft, draft.line, "a suspend in a loop", "one approval for all items", left=True)
        return {"approval": {}}

    def _resolve(self, draft: Draft, where: Map) -> Resolve:
        return telling(self._graph, draft.scope, draft.template.document, where.line, draft.name)

    def _program(self, draft: Draft) -> Json:
        template = draft.template
        container = template.body.map(template.kind)
        resolve = self._resolve(draft, container)
        init: Json = {}
        if template.kind == "containerSet":
            init, container = self._container_set(draft, container, resolve)
        around = Around()
        attached = self._attached(draft, around, resolve)
        outputs = self._outputs(draft, container, around)
        reading, only_run = Reading(resolve), of_run(resolve, container.line, self._left(draft))
        own_fields = container_fields(container, reading.resolve, only_run)
        fields = merged(merged(pod_fields(template.body, resolve, self._left(draft)), init), own_fields)
        own = {str(each.get("name")) for each in fields.get("env", ())}
        self._tell_of_json_in_lists(draft, container)
        reads_result = draft.result_read and not outputs
        program = program_of(container, resolve, around, result=reads_result, taken=own)
        for what, instead, left in program.losses:
            self._lose(draft, container.line, what, instead, left=left)
        fields |= program.fields
        if env := [*environment(program.refs | reading.refs), *fields.get("env", ())]:
            fields["env"] = env
        fields = _with(attached.fields, fields | self._handed_on(draft, container, outputs))
        return self._with_volumes(draft, fields | self._limits(draft, only_run), only_run)

    def _tell_of_json_in_lists(self, draft: Draft, container: Map) -> None:
        words = [container.text("source"), *container.values_of("command"), *container.values_of("args")]
        if draft.list_read and not draft.json_read and any(_JSON.search(text_of(each)) for each in words):
            instead = "JSON maps and lists in it are texts: Argo's list has them as they are"
            self._lose(draft, container.line, "the list of what its items hand on", instead)

    def _attached(self, draft: Draft, around: Around, resolve: Resolve) -> Attached:
        """What its artifacts need."""
        attached = attach(draft, around, resolve, self._left(draft))
        for line, what, instead, left in attached.losses:
            self._lose(draft, line, what, instead, left=left)
        self.files |= attached.files
        self.needs_claim = self.needs_claim or attached.needs_claim
        return attached

    def _handed_on(self, draft: Draft, container: Map, outputs: list[Any]) -> Json:
        """Its output parameters, or its standard output where that is read."""
        if not draft.result_read or outputs == ["result"]:
            return {"outputs": outputs} if outputs else {}
        if not outputs:
            return {"outputs": ["result"], "outputsFrom": "Stdout"}
        what, words = "standard output beside output parameters", "only the parameters are handed on"
        self._lose(draft, container.line, what, words, left=True)
        return {"outputs": [*outputs, {"name": "result", "default": FILL_IN}]}

    def _container_set(self, draft: Draft, said: Map, resolve: Resolve) -> tuple[Json, Map]:
        """The pod of all containers but the last, and that."""
        *first, last = in_order(said)
        if first:
            words = "its containers run one after the other; a failure before the last uses `retries.infrastructure`"
            self._lose(draft, said.line, "containerSet", words)
        if "retryStrategy" in said:
            words = "left out: a container of a pod is not tried again alone"
            self._lose(draft, said.line_of("retryStrategy"), "the retryStrategy of a containerSet", words)
        if last.text("name") != "main" and (draft.result_read or draft.template.body.map("outputs")):
            self._lose(draft, said.line, "outputs of the container 'main'", "those of the last container")
        made = [init_container(each, resolve, self._left(draft)) for each in first]
        for container, program in zip(first, made, strict=True):
            for what, instead, left in program.losses:
                self._lose(draft, container.line, what, instead, left=left)
        containers = [program.fields for program in made]
        return {"podTemplate": {"spec": {"initContainers": containers}}} if made else {}, last

    def _outputs(self, draft: Draft, container: Map, around: Around) -> list[Any]:
        found: list[Any] = []
        for output in draft.template.body.map("outputs").maps("parameters"):
            if is_fixed(output):
                continue
            name, source = output.text("name"), output.map("valueFrom")
            default = source.get("default", output.get("default"))
            path = source.text("path")
            if path and "{{" not in path:
                around.outputs[name] = path
            else:
                self._lose(
                    draft,
                    output.line,
                    f"the output '{name}'",
                    "its default, as it is no file's content",
                    left=default is None,
                )
                default = FILL_IN if default is None else default
            if draft.template.kind == "container" and path and not container.get("command") and default is None:
                default = FILL_IN  # nobody writes it
            found.append(name if default is None else {"name": name, "default": text_of(default)})
        if draft.map_read:
            around.all_as = ALL
            found.append(ALL)
        if draft.json_read and not found:
            around.json_as = "result"
            found.append("result")
        return found

    def _limits(self, draft: Draft, resolve: Resolve) -> Json:
        body, fields = draft.template.body, dict[str, Any]()
        if timeout := shortest(body, resolve, partial(self._lose, draft), is_late=True):
            fields["timeout"] = timeout
        holder = body if "retryStrategy" in body else self._spec
        if isinstance(strategy := holder.get("retryStrategy"), Map):
            made = retried(strategy, resolve)
            fields |= {"retries": made.retries} if made.retries else {}
            for what, instead, left in made.losses:
                self._lose(draft, strategy.line, what, instead, left=left)
        if body.get("memoize"):
            self._lose(draft, body.line_of("memoize"), "memoize", NO_MEMORY)
        pools = []
        for lock in locks_of(body.map("synchronization"), self._graph.library.config_maps, resolve):
            for what, instead in lock.losses:
                self._lose(draft, lock.line, what, instead, left=True)
            pools.append({"name": self._pools.hold(lock, by_runs=False)})
        return fields | ({"pools": pools} if pools else {})

    def _with_volumes(self, draft: Draft, fields: Json, resolve: Resolve) -> Json:
        """With those volumes of the template and the workflow that its containers mount."""
        pod = fields.get("podTemplate", {}).get("spec", {})
        beside = [each for key in ("initContainers", "containers") for each in pod.get(key, ())]
        mounts = [mount for each in (fields, *beside) for mount in each.get("volumeMounts", ())]
        named = {str(mount.get("name")) for mount in mounts if isinstance(mount, dict)}
        volumes = [*self._spec.maps("volumes"), *draft.template.body.maps("volumes")]
        by_name = {filled(each.text("name"), resolve): each for each in volumes}
        found = [filled(each, resolve) for name, each in by_name.items() if name in named]
        return fields | ({"volumes": [*found, *fields.get("volumes", ())]} if found else {})


def _with(attached: Json, fields: Json) -> Json:
    """Lists one after the other, and a podTemplate merged."""
    made = dict(fields)
    for key, value in attached.items():
        if isinstance(value, list):
            made[key] = [*fields.get(key, ()), *value]
        else:
            made |= merged({key: fields.get(key, {})}, {key: value})
    return made
