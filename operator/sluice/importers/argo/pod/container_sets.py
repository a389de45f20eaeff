"""`containerSet`: containers of one pod. Here they run one after the other, all but the last as init containers.

https://argo-workflows.readthedocs.io/en/latest/container-set-template/
"""

from collections.abc import Iterable

from sluice.core import Json
from sluice.importers.argo.documents.source import Map, empty
from sluice.importers.argo.documents.text import Resolve
from sluice.importers.argo.pod.fields import container_fields
from sluice.importers.argo.pod.programs import Around, environment, program_of


def in_order(said: Map) -> list[Map]:
    """The containers, each after those that it depends on and with the mounts of all; `main` last if it can be."""
    left = {each.text("name"): each for each in said.maps("containers")}
    before = {name: set(map(str, each.values_of("dependencies"))) for name, each in left.items()}
    order: list[Map] = []
    while ready := [name for name in left if not left.keys() & before[name]]:
        order += [left.pop(name) for name in ready]
    order += left.values()
    if not any("main" in names for names in before.values()):
        order.sort(key=lambda each: each.text("name") == "main")
    return [_with_mounts(each, said) for each in order] or [empty(said.line)]


def _with_mounts(container: Map, said: Map) -> Map:
    if not said.maps("volumeMounts"):
        return container
    made = Map({**container, "volumeMounts": [*container.maps("volumeMounts"), *said.maps("volumeMounts")]})
    made.line, made.lines = container.line, container.lines
    return made


def init_containers(containers: Iterable[Map], resolve: Resolve) -> Json:
    """As fields of a task. Raises UnknownTag."""
    made = [_init_container(each, resolve) for each in containers]
    return {"podTemplate": {"spec": {"initContainers": made}}} if made else {}


def _init_container(container: Map, resolve: Resolve) -> Json:
    program = program_of(container, resolve, Around(), result=False, taken=())
    made = {"name": container.text("name"), **container_fields(container, resolve), **program.fields}
    made.pop("podTemplate", None)
    made["env"] = [*environment(program.refs), *made.get("env", ())]
    return {key: value for key, value in made.items() if value}
