"""Faults of parameters, placeholders and scripts."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sluice.api.for_each import ForEachSpec
from sluice.api.parameter import Parameter
from sluice.core import Json
from sluice.core.base.faults import Fault, Hint
from sluice.core.graph.placeholders import PLACEHOLDER, is_text, parts_of, placeholders_of, strings_in
from sluice.core.graph.references import ENDS, TaskRead
from sluice.core.pod.builder import parameter_variable
from sluice.core.pod.size import ANNOTATIONS_MAX_BYTES, EXEC_MAX_BYTES
from sluice.core.spec.arguments import value_faults
from sluice.core.spec.definition import Definition
from sluice.core.spec.parameter import BadValue, ParameterDeclaration, declarations, texts, typed, values_of_run
from sluice.core.spec.scheduled_time import SCHEDULE_VARIABLES as SCHEDULED
from sluice.core.validation.fan_out import item_sources
from sluice.core.validation.manifest import ParsedManifest, name_of

ITEM = re.compile(r"item(\..+)?$")
_POOL = re.compile(r"\.pools\[[0-9]+\]\.name$")
_ACCESS = re.compile(
    r"\.(serviceAccountName|queueName|secretName|claimName|(secretRef|secretKeyRef|imagePullSecrets\[[0-9]+\])\.name)$"
)
_ACCESS_OF_POD = re.compile(
    r"\.(serviceAccount|resourceClaimName|resourceClaimTemplateName"
    r"|(secret|[A-Za-z]*SecretRef|dataSource|dataSourceRef)\.name|labels\.kueue\.x-k8s\.io/queue-name)$"
)
"""Where a value decides which rights, quota, secrets or data a pod gets."""
_RUN_VARIABLES = {"name": "SLUICE_RUN", "phase": "SLUICE_RUN_PHASE"} | SCHEDULED
_AT_THE_END = ("run.phase", "run.duration")


def no_placeholder_in_scripts(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        script = task.script or ""
        for line, text in enumerate(script.splitlines(), start=1):
            for match in PLACEHOLDER.finditer(text):
                field = "bash" if task.bash is not None else "python"
                words = f"line {line} has the placeholder {match[0]}, and a value could become code there"
                yield Fault(
                    f"spec.tasks[{number}].{field}",
                    f"{words}; {_instead(match[1], field, in_fan_out=task.for_each is not None)}",
                )


def _instead(placeholder: str, field: str, *, in_fan_out: bool) -> str:
    if "??" in placeholder:
        return "choose here among what /sluice/inputs.json has"
    if read := TaskRead.of(placeholder):
        if in_fan_out and read.output:
            reading = '"$VALUE"' if field == "bash" else 'os.environ["VALUE"]'
            return f'write `env: [{{name: VALUE, value: "$({placeholder})"}}]`, and {reading} here'
        return f"read {placeholder} from /sluice/inputs.json, and say dependsOn: [{read.task}]"
    scope, name = placeholder.split(".", 1) if "." in placeholder else (placeholder, "")
    if placeholder == "item":
        return 'write "$ITEM" instead' if field == "bash" else 'write os.environ["ITEM"] instead'
    variable = parameter_variable(name) if scope == "params" and name else _RUN_VARIABLES.get(name)
    if scope not in ("params", "run") or variable is None:
        return f"read {placeholder} from /sluice/inputs.json instead"
    reading = f'"${variable}"' if field == "bash" else f'os.environ["{variable}"]'
    return f"write {reading} instead"


def known_placeholders(found: ParsedManifest) -> Iterator[Fault]:
    declared = found.raw.get("parameters")
    names = map(name_of, declared if isinstance(declared, list) else ())
    known = {f"run.{name}" for name in ("name", "startedAt", *SCHEDULED)} | {*_AT_THE_END}
    known |= {f"params.{name}" for name in names if name}
    sources = item_sources(found)
    known_items = {key: _Items.of(source) for key, source in {id(each): each for each in sources.values()}.items()}
    items = {f"spec.tasks[{number}]": known_items[id(source)] for number, source in sources.items()}
    for path, fields in found.layers.items():
        for place, words in placeholders_of(fields, path):
            for part in parts_of(words):
                if not is_text(part):
                    yield from _part(part, place, path, fields, known, items.get(path, _Items()))


def _part(part: str, place: str, path: str, fields: Json, known: Collection[str], items: "_Items") -> Iterator[Fault]:
    """Faults of a part of a placeholder in the fields at `path`."""
    if part in _AT_THE_END and not fields.get("finally"):
        yield Fault(place, f"$({part}) is known to `finally` tasks only, as the run has not ended before")
    elif part in _AT_THE_END and place.startswith((f"{path}.forEach", f"{path}.wait")):
        yield Fault(place, f"$({part}) is not known yet here; it reaches pods only")
    elif _POOL.search(place):
        yield Fault(place, f"$({part}) is not filled in here: a Pool is known before the run starts; write its name")
    elif place.startswith(f"{path}.outputs["):
        yield Fault(place, f"$({part}) is not filled in here: a default is handed on as it is written")
    elif not part.startswith("params.") and _gives_access(place):
        words = "is not filled in here: what a pod may do must not depend on a program; use a parameter"
        yield Fault(place, f"$({part}) {words}")
    elif TaskRead.of(part):
        if path == "spec.defaults":
            words = "every task would wait for that one, itself included; say it in the tasks that need it"
            yield Fault(place, f"$({part}) cannot be a default: {words}")
    elif part.startswith("tasks."):
        yield _no_read(place, part)
    elif ITEM.match(part):
        yield from _item(fields, items, part, place)
    elif part not in known:
        yield Fault(place, f"$({part}) stands for nothing", Hint(part, known, form="$({})"))


def _gives_access(place: str) -> bool:
    return bool(_ACCESS.search(place)) or (".podTemplate." in place and bool(_ACCESS_OF_POD.search(place)))


_OF_TASK = re.compile(r"tasks\.([a-z0-9-]+)\.([A-Za-z]+)")
_OURS = " or ".join(f"$(tasks.NAME.{field})" for field in ("outputs.KEY", *ENDS))


def _no_read(place: str, placeholder: str) -> Fault:
    words, otherwise = f"$({placeholder}) stands for nothing", f"; write {_OURS}"
    if (asked := _OF_TASK.fullmatch(placeholder)) is None:
        return Fault(place, words + otherwise)
    return Fault(place, words, Hint(asked[2], ENDS, f"$(tasks.{asked[1]}.{{}})", otherwise))


def _item(fields: Json, items: "_Items", placeholder: str, place: str) -> Iterator[Fault]:
    """Faults of a path with $(item), or one of its fields."""
    if fields.get("forEach") is None:
        words = "stands for an item of a fan-out, and there is none here; add `forEach` to the task"
        yield Fault(place, f"$({placeholder}) {words}")
        return
    if ".forEach" in place:
        yield Fault(place, f"$({placeholder}) is not known yet here")
        return
    _, _, key = placeholder.partition(".")
    if key and items.in_batches:
        yield Fault(place, f"$({placeholder}) is a field of one item, and with `batch` there are many; use $(item)")
    elif key and items.keys is not None and key not in items.keys:
        if items.keys:
            words = f"$({placeholder}) stands for nothing: the matrix has no key '{key}'"
            yield Fault(place, words, Hint(key, items.keys))
        else:
            yield Fault(place, f"$({placeholder}) stands for nothing: the items are no maps; use $(item)")


@dataclass(frozen=True, slots=True)
class _Items:
    """What a manifest says of a fan-out's items. `keys` are those of each item, None if they are not known."""

    in_batches: bool = False
    keys: frozenset[str] | None = None

    @classmethod
    def of(cls, for_each: ForEachSpec) -> "_Items":
        in_batches = for_each.batch is not None
        if for_each.matrix is not None:
            return cls(in_batches, frozenset(for_each.matrix))
        words = for_each.items is not None and not any(isinstance(item, dict) for item in for_each.items)
        return cls(in_batches, frozenset() if words or for_each.range is not None else None)


_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})


def placeholders_in_shell_commands(definition: Definition) -> Iterator[Fault]:
    """Not a fault: those who set the value and those who wrote the command may be the same."""
    for number, task in enumerate(definition.tasks):
        fields = {**task.defaults, **task.own}  # lists replace each other
        words = [
            (f"spec.tasks[{number}].{field}[{place}]", word)
            for field in ("command", "args")
            for place, word in enumerate(fields.get(field) or ())
        ]
        if not words or words[0][1].rpartition("/")[2] not in _SHELLS:
            continue
        flags = [place for place, (_, word) in enumerate(words) if re.fullmatch("-[a-z]*c", word)]
        for path, command in words[flags[0] + 1 : flags[0] + 2] if flags else ():
            for placeholder in dict.fromkeys(found[0] for found in PLACEHOLDER.finditer(command)):
                hint = f'write `env: [{{name: VALUE, value: "{placeholder}"}}]`, and "$VALUE" here'
                yield Fault(path, f"the shell takes what {placeholder} stands for as code; {hint}")


def parameters(found: ParsedManifest) -> Iterator[Fault]:
    variables: dict[str, str] = {}
    for number, parameter in found.parameters.items():
        path = f"spec.parameters[{number}]"
        variable = parameter_variable(parameter.name)
        if variable in variables:
            yield Fault(
                f"{path}.name", f"'{parameter.name}' and '{variables[variable]}' are both {variable} in the environment"
            )
        variables.setdefault(variable, parameter.name)
        yield from _of_its_type(parameter, path)
        if parameter.default is None and found.raw.get("trigger") != "Manual":
            by = next((field for field in ("schedule", "after") if field in found.raw), None)
            instead = f"take spec.{by} away" if by else "set spec.trigger: Manual"
            words = f"has no default, so a run cannot start by itself; give one, or {instead}"
            yield Fault(path, f"'{parameter.name}' {words}")


def _of_its_type(parameter: Parameter, path: str) -> Iterator[Fault]:
    sound = True
    for place, value in enumerate(parameter.enum or ()):
        try:
            typed(parameter.type or "String", value)
        except BadValue as error:
            sound = False
            yield Fault(f"{path}.enum[{place}]", str(error))
    if parameter.default is not None and sound:
        yield from value_faults(ParameterDeclaration.of(parameter), parameter.default, f"{path}.default")


def _defaults(found: ParsedManifest) -> dict[str, str]:
    """The text of each parameter in a run without arguments."""
    return texts(values_of_run(declarations(found.parameters.values()), {}))


def scripts_fit(found: ParsedManifest) -> Iterator[Fault]:
    values = sum(len(text.encode()) + len(name) for name, text in _defaults(found).items())
    for number, task in found.tasks.items():
        size = len((task.script or "").encode()) + values
        if (
            task.script is not None and size > ANNOTATIONS_MAX_BYTES - 4096
        ):  # names, other annotations, JSON's own signs
            yield Fault(
                f"spec.tasks[{number}]",
                f"the script and the parameters have {size} bytes; 252 KiB fit. Put the program into an image",
            )


def fit_for_exec(found: ParsedManifest) -> Iterator[Fault]:
    """Arguments and variables that no program can be given, as far as parameters and plain text say."""
    sizes = {f"params.{name}": len(text.encode()) for name, text in _defaults(found).items()}
    for path, fields in found.layers.items():
        given = {name: fields[name] for name in ("command", "args", "env") if name in fields}
        for place, text in strings_in(given, path):
            if (size := _size_filled(text, sizes)) > EXEC_MAX_BYTES:
                fits = f"a program can be given {EXEC_MAX_BYTES} in one argument or variable"
                yield Fault(
                    place, f"has {size} bytes with its parameters; {fits}. Let a script read /sluice/inputs.json"
                )


def _size_filled(text: str, sizes: Mapping[str, int]) -> int:
    """In bytes, with the values of those sizes. The text itself may be a thousand times as long as what is written."""
    size = len(text.encode())
    for match in PLACEHOLDER.finditer(text) if "$(" in text else ():
        if match[1] in sizes:
            size += sizes[match[1]] - len(match[0])
    return size
