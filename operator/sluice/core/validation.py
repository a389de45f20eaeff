"""Everything that is wrong with a manifest, at once, each with its path. The operator and `sluice lint` both ask here.

Each task is read by itself, so a task with a wrong field does not hide what is wrong with the others. Then the checks
run in order over what could be read.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.api.base import seconds
from sluice.api.crd import MAX_WORKFLOW_NAME
from sluice.api.run import WorkflowRunSpec
from sluice.api.task import Task, TaskTemplate
from sluice.api.workflow import Parameter, WorkflowSpec
from sluice.core import Json
from sluice.core.errors import Fault
from sluice.core.graph import cycles
from sluice.core.placeholders import PLACEHOLDER, SCRIPT_FIELDS, used
from sluice.core.pods import ANNOTATIONS_MAX_BYTES, parameter_variable
from sluice.core.shape import did_you_mean, read

_HINTS_AT_MOST = 20  # each compares a name with all others
_ANY_TASK: Json = {"name": "any"}  # where only the number of tasks counts


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What could be read.

    `names` has one entry a task, None where it has no usable name; `tasks` are those that are sound, by number.
    """

    raw: Json
    defaults: TaskTemplate | None
    parameters: dict[int, Parameter]
    names: list[str | None]
    tasks: dict[int, Task]


def workflow_faults(manifest: Json) -> list[Fault]:
    """All faults of a Workflow, in the order of their paths. An empty list means that it can run."""
    faults = list(_name_faults(manifest))
    raw = manifest.get("spec")
    if not isinstance(raw, dict):
        return [*faults, Fault("spec", "is required; it needs at least `tasks`")]
    parts: Json = {"tasks": [], "parameters": [], "defaults": {}}
    parts |= {name: raw[name] for name in parts if isinstance(raw.get(name), type(parts[name]))}
    empty = {"tasks": [_ANY_TASK] * len(parts["tasks"]), "parameters": [], "defaults": {}}
    read(WorkflowSpec, raw | {name: empty[name] for name in parts if raw.get(name) == parts[name]}, "spec", faults)
    tasks = {number: read(Task, task, f"spec.tasks[{number}]", faults) for number, task in enumerate(parts["tasks"])}
    parameters = {
        number: read(Parameter, parameter, f"spec.parameters[{number}]", faults)
        for number, parameter in enumerate(parts["parameters"])
    }
    found = _Manifest(
        raw=raw,
        defaults=read(TaskTemplate, parts["defaults"], "spec.defaults", faults),
        parameters={number: parameter for number, parameter in parameters.items() if parameter is not None},
        names=[_name(task) for task in parts["tasks"]],
        tasks={number: task for number, task in tasks.items() if task is not None},
    )
    faults += [fault for check in _CHECKS for fault in check(found)]
    return sorted(faults, key=_position)


def run_faults(spec: Json, parameters: Mapping[str, str | None]) -> list[Fault]:
    """All faults of a WorkflowRun, given the parameters of its Workflow with their defaults."""
    faults: list[Fault] = []
    found = read(WorkflowRunSpec, spec, "spec", faults)
    if found is None:
        return sorted(faults)
    given = found.parameters or {}
    for name in given.keys() - parameters.keys():
        hint = did_you_mean(name, parameters)
        faults.append(Fault(f"spec.parameters.{name}", f"the Workflow has no parameter called '{name}'{hint}"))
    for name, default in parameters.items():
        if default is None and name not in given:
            faults.append(Fault("spec.parameters", f"'{name}' has no default in the Workflow; give it a value here"))
    return sorted(faults)


# The checks: what takes more than one field to see.


def _name(task: Any) -> str | None:
    name = task.get("name") if isinstance(task, dict) else None
    return name if isinstance(name, str) else None


def _name_faults(manifest: Json) -> Iterator[Fault]:
    name = _name(manifest.get("metadata")) or ""
    if len(name) > MAX_WORKFLOW_NAME:
        yield Fault(
            "metadata.name", f"has {len(name)} characters; at most {MAX_WORKFLOW_NAME} fit, as runs are named after it"
        )


def _unique_names(found: _Manifest) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, name in enumerate(found.names):
        if name in first:
            yield Fault(
                f"spec.tasks[{number}].name", f"'{name}' is the name of tasks[{first[name]}] already; rename one"
            )
        elif name is not None:
            first[name] = number


def _known_dependencies(found: _Manifest) -> Iterator[Fault]:
    names = {name for name in found.names if name}
    hints = _HINTS_AT_MOST
    for number, task in found.tasks.items():
        for place, dependency in enumerate(task.depends_on or ()):
            path = f"spec.tasks[{number}].dependsOn[{place}]"
            if dependency == task.name:
                yield Fault(path, f"'{dependency}' waits for itself and could never start; remove it from the list")
            elif dependency not in names:
                hint = did_you_mean(dependency, names) if hints > 0 else ""
                hints -= 1
                yield Fault(path, f"no task is called '{dependency}'{hint}")
            elif dependency in (task.depends_on or ())[:place]:
                yield Fault(path, f"'{dependency}' stands in the list twice")


def _trigger_rules(found: _Manifest) -> Iterator[Fault]:
    final = {task.name for task in found.tasks.values() if task.finally_}
    for number, task in found.tasks.items():
        path = f"spec.tasks[{number}]"
        if task.run_if == "Always" and task.depends_on:
            yield Fault(
                f"{path}.runIf", "Always waits for nothing; remove `dependsOn`, or write AllDone to wait for all"
            )
        if task.run_if not in (None, "Always", "AllSucceeded") and not task.depends_on:
            yield Fault(f"{path}.runIf", f"{task.run_if} is about dependencies, and there are none; add `dependsOn`")
        for place, dependency in enumerate(task.depends_on or ()):
            if dependency in final and not task.finally_:
                words = f"'{dependency}' is a `finally` task, which starts after all others; only such may wait for it"
                yield Fault(f"{path}.dependsOn[{place}]", words)
            if task.finally_ and dependency in set(found.names) - final:
                words = (
                    f"a `finally` task waits for all others anyhow, also for '{dependency}'; remove it from the list"
                )
                yield Fault(f"{path}.dependsOn[{place}]", words)


def _no_cycles(found: _Manifest) -> Iterator[Fault]:
    known = {task.name: number for number, task in reversed(found.tasks.items())}
    edges = {
        name: [d for d in found.tasks[number].depends_on or () if d in known] for name, number in sorted(known.items())
    }
    for cycle in cycles(edges):
        number = known[cycle[0]]
        place = (found.tasks[number].depends_on or []).index(cycle[1])
        path = f"spec.tasks[{number}].dependsOn[{place}]"
        yield Fault(path, f"these tasks wait for each other in a circle: {' -> '.join(cycle)}; remove one dependency")


def _something_to_run(found: _Manifest) -> Iterator[Fault]:
    default_image = found.defaults is None or found.defaults.image  # defaults that are not sound may have one
    for number, task in found.tasks.items():
        path = f"spec.tasks[{number}]"
        if not (task.image or default_image):
            yield Fault(path, f"'{task.name}' has no image; set `image` here or in spec.defaults")
        if task.bash is not None and task.python is not None:
            yield Fault(
                path, f"'{task.name}' has both `bash` and `python`; keep one, and make another task of the other"
            )
        for field in ("command", "args"):
            if task.script is not None and getattr(task, field) is not None:
                yield Fault(
                    f"{path}.{field}", "a script has no command or args; say it in the script, or remove the script"
                )
        if task.shell is not None and task.script is None:
            yield Fault(
                f"{path}.shell", "names the interpreter of a script, and there is none; add `bash`, or use `command`"
            )


def _no_placeholder_in_scripts(found: _Manifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        script = task.script or ""
        for line, text in enumerate(script.splitlines(), start=1):
            for match in PLACEHOLDER.finditer(text):
                field = "bash" if task.bash is not None else "python"
                words = f"line {line} has the placeholder {match[0]}, and a value could become code there"
                yield Fault(f"spec.tasks[{number}].{field}", f"{words}; {_instead(match[1], field)}")


def _instead(placeholder: str, field: str) -> str:
    scope, name = placeholder.split(".", 1) if "." in placeholder else (placeholder, "")
    variable = parameter_variable(name) if scope == "params" and name else "SLUICE_RUN"
    if scope not in ("params", "run"):
        return "read /sluice/inputs.json instead"
    reading = f'"${variable}"' if field == "bash" else f'os.environ["{variable}"]'
    return f"write {reading} instead"


def _known_placeholders(found: _Manifest) -> Iterator[Fault]:
    declared = found.raw.get("parameters")
    names = map(_name, declared if isinstance(declared, list) else ())
    known = {"run.name", "run.phase"} | {f"params.{name}" for name in names if name}
    layers: dict[str, Json] = {f"spec.tasks[{number}]": found.raw["tasks"][number] for number in found.tasks}
    if found.defaults is not None:
        layers["spec.defaults"] = found.defaults.model_dump(by_alias=True, exclude_none=True)
    for path, fields in layers.items():
        for name, field in fields.items():
            if name in SCRIPT_FIELDS:
                continue
            for place, placeholder in used(field, f"{path}.{name}"):
                if placeholder == "run.phase" and not fields.get("finally"):
                    yield Fault(place, "$(run.phase) is known to `finally` tasks only, as the run has not ended before")
                elif placeholder not in known:
                    hint = did_you_mean(placeholder, known, form="$({})")
                    yield Fault(place, f"$({placeholder}) stands for nothing{hint}")


def _parameters(found: _Manifest) -> Iterator[Fault]:
    variables: dict[str, str] = {}
    for number, parameter in found.parameters.items():
        path = f"spec.parameters[{number}]"
        variable = parameter_variable(parameter.name)
        if variable in variables:
            yield Fault(
                f"{path}.name", f"'{parameter.name}' and '{variables[variable]}' are both {variable} in the environment"
            )
        variables.setdefault(variable, parameter.name)
        if parameter.default is None and found.raw.get("trigger") != "Manual":
            words = "has no default, so a run cannot start by itself; give one, or set spec.trigger: Manual"
            yield Fault(path, f"'{parameter.name}' {words}")


def _scripts_fit(found: _Manifest) -> Iterator[Fault]:
    values = sum(len((p.default or "").encode()) + len(p.name) for p in found.parameters.values())
    for number, task in found.tasks.items():
        size = len((task.script or "").encode()) + values
        if (
            task.script is not None and size > ANNOTATIONS_MAX_BYTES - 4096
        ):  # names, other annotations, JSON's own signs
            yield Fault(
                f"spec.tasks[{number}]",
                f"the script and the parameters have {size} bytes; 252 KiB fit. Put the program into an image",
            )


_QUANTITY = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?")


_LONGEST_TIMEOUT_S = 2**31 - 1


def _timeouts(found: _Manifest) -> Iterator[Fault]:
    layers: dict[str, TaskTemplate | None] = {f"spec.tasks[{number}]": task for number, task in found.tasks.items()}
    for path, layer in (layers | {"spec.defaults": found.defaults}).items():
        if layer is not None and layer.timeout is not None and not 0 < seconds(layer.timeout) <= _LONGEST_TIMEOUT_S:
            yield Fault(
                f"{path}.timeout", f"'{layer.timeout}' is no time that a pod can have; write for example 90s or 2h"
            )


def _quantities(found: _Manifest) -> Iterator[Fault]:
    layers = {f"spec.tasks[{number}]": task.resources for number, task in found.tasks.items()}
    layers["spec.defaults"] = found.defaults.resources if found.defaults else None
    for path, resources in layers.items():
        for kind in ("requests", "limits"):
            for name, quantity in (getattr(resources, kind, None) or {}).items():
                text = str(quantity)
                if not (_QUANTITY.fullmatch(text) or PLACEHOLDER.search(text)):
                    yield Fault(
                        f"{path}.resources.{kind}.{name}", f"'{text}' is not a quantity; write for example 500m or 64Mi"
                    )


def _pod_templates(found: _Manifest) -> Iterator[Fault]:
    """The lists that are merged by name need names; all else in a podTemplate is the API server's to judge."""
    layers: dict[str, TaskTemplate | None] = {f"spec.tasks[{number}]": task for number, task in found.tasks.items()}
    for path, layer in (layers | {"spec.defaults": found.defaults}).items():
        spec = (layer.pod_template.spec if layer and layer.pod_template else None) or {}
        for field in ("containers", "initContainers", "volumes", "imagePullSecrets"):
            where = f"{path}.podTemplate.spec.{field}"
            if not isinstance(spec.get(field, []), list):
                yield Fault(where, "must be a list")
                continue
            for number, item in enumerate(spec.get(field, [])):
                if _name(item) is None:
                    hint = "; the task's own container is called 'main'" if field == "containers" else ""
                    yield Fault(f"{where}[{number}]", f"must be a map with a `name`{hint}")


_CHECKS: tuple[Callable[[_Manifest], Iterator[Fault]], ...] = (
    _unique_names,
    _known_dependencies,
    _trigger_rules,
    _no_cycles,
    _something_to_run,
    _no_placeholder_in_scripts,
    _known_placeholders,
    _parameters,
    _scripts_fit,
    _timeouts,
    _quantities,
    _pod_templates,
)


def _position(fault: Fault) -> tuple[list[tuple[int, int | str]], str]:
    """Sorts `tasks[10]` after `tasks[9]`."""
    parts = re.findall(r"\d+|[^\d]+", fault.path)
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts], fault.message
