"""Faults of volumes, and a warning about volumes that pods on two nodes could need at the same time."""

from collections.abc import Iterator
from typing import Any

from sluice.core import Json
from sluice.core.base.faults import Fault, Hint
from sluice.core.base.foreign import mapping
from sluice.core.pod.volumes import for_one_node, mounted
from sluice.core.spec.definition import Definition
from sluice.core.validation.manifest import ParsedManifest, name_of

_OURS = "sluice"  # the volume of a task's script


def claim_templates(found: ParsedManifest) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, name in enumerate(_templates(found)):
        path = f"spec.volumeClaimTemplates[{number}].metadata.name"
        if name in first:
            yield Fault(path, f"'{name}' is the name of volumeClaimTemplates[{first[name]}] already; rename one")
        elif name == _OURS:
            yield Fault(path, f"'{_OURS}' is the volume of a task's script; choose another name")
        elif name is not None:
            first[name] = number
    yield from _access_modes(found)
    layers = {"spec.defaults": _defaults(found)} | {f"spec.tasks[{n}]": found.raw["tasks"][n] for n in found.tasks}
    for layer, fields in layers.items():
        for name in sorted(_volumes(fields) & first.keys()):
            words = f"'{name}' is one of the volumes of {layer} too; rename one"
            yield Fault(f"spec.volumeClaimTemplates[{first[name]}].metadata.name", words)


def _access_modes(found: ParsedManifest) -> Iterator[Fault]:
    templates = found.raw.get("volumeClaimTemplates")
    for number, template in enumerate(templates if isinstance(templates, list) else ()):
        modes = mapping(mapping(template).get("spec")).get("accessModes")
        if modes is not None and not (isinstance(modes, list) and all(isinstance(mode, str) for mode in modes)):
            path = f"spec.volumeClaimTemplates[{number}].spec.accessModes"
            yield Fault(path, "must be a list of strings such as [ReadWriteOnce]")


def known_volumes(found: ParsedManifest) -> Iterator[Fault]:
    """Checks the tasks' own mounts. Those of a podTemplate are left to the API server."""
    for_all = set(filter(None, _templates(found))) | _volumes(_defaults(found))
    for number, task in found.tasks.items():
        known = for_all | _volumes(found.raw["tasks"][number])
        for place, mount in enumerate(task.volume_mounts or ()):
            name = name_of(mount)
            if name is not None and name not in known:
                path = f"spec.tasks[{number}].volumeMounts[{place}].name"
                yield Fault(path, f"no volume is called '{name}'", Hint(name, known))


def one_node_at_a_time(definition: Definition) -> Iterator[Fault]:
    """Not a fault: it works on a cluster of one node, or if the pods are placed on the same node."""
    claims = {name: place for place, (name, template) in enumerate(definition.claims.items()) if for_one_node(template)}
    users: dict[str, list[int]] = {name: [] for name in claims}
    for number, task in enumerate(definition.tasks if claims else ()):
        for name in mounted(task.fields, claims):
            users[name].append(number)
    for name, place in claims.items():
        for both in _at_the_same_time(definition, users[name]):
            words = (
                f"{both} can run at the same time, and only one node at a time can have '{name}'; "
                "let one wait for the other, or use ReadWriteMany where the storage has it"
            )
            yield Fault(f"spec.volumeClaimTemplates[{place}].spec.accessModes", words)


def _at_the_same_time(definition: Definition, users: list[int]) -> Iterator[str]:
    """One example each: of two tasks, of two `finally` tasks, and of a fan-out."""
    tasks = definition.tasks
    for final in (False, True):
        pair = definition.graph.unordered([n for n in users if tasks[n].final is final])
        if pair is not None:
            yield " and ".join(f"'{tasks[n].name}'" for n in pair)
    fans = (tasks[n] for n in users if (each := tasks[n].for_each) is not None and each.parallelism != 1)
    if (fan := next(fans, None)) is not None:
        yield f"the items of '{fan.name}'"


def _templates(found: ParsedManifest) -> list[str | None]:
    """Their names, None where there is no usable one."""
    templates = found.raw.get("volumeClaimTemplates")
    listed = templates if isinstance(templates, list) else []
    return [name_of(template.get("metadata")) if isinstance(template, dict) else None for template in listed]


def _defaults(found: ParsedManifest) -> Json:
    fields = found.raw.get("defaults")
    return fields if found.defaults is not None and isinstance(fields, dict) else {}


def _volumes(fields: Json) -> set[str]:
    """The names of a task's volumes."""
    spec: Any = (fields.get("podTemplate") or {}).get("spec") or {}
    lists = (fields.get("volumes"), spec.get("volumes"))
    return {name for volumes in lists if isinstance(volumes, list) for volume in volumes if (name := name_of(volume))}
