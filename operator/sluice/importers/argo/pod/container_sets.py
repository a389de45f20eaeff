"""`containerSet`: containers of one pod. Here they run one after the other, all but the last as init containers.

https://argo-workflows.readthedocs.io/en/latest/container-set-template/
"""

from sluice.importers.argo.documents.source import Map, empty
from sluice.importers.argo.documents.text import Resolve
from sluice.importers.argo.pod.environment import Left, Reading, beside, environment_beside, of_run
from sluice.importers.argo.pod.fields import container_fields
from sluice.importers.argo.pod.programs import Around, TaskProgram, program_of


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


def init_container(container: Map, resolve: Resolve, left: Left) -> TaskProgram:
    """One of a set, with what is lost. Raises what `resolve` does."""
    reading = Reading(beside(resolve, container.line, left))
    own = container_fields(container, reading.resolve, of_run(resolve, container.line, left))
    taken = {str(each.get("name")) for each in own.get("env", ())}
    made = program_of(container, reading.within, Around(), result=False, taken=taken)
    (others,) = own.pop("podTemplate", {}).get("spec", {}).get("containers", ({},))
    made.fields = {**own, **others, **made.fields, "name": container.text("name")}
    made.fields["env"] = [*environment_beside(made.refs | reading.refs), *own.get("env", ())]
    made.fields = {key: made.fields[key] for key in ("name", *made.fields) if made.fields[key]}
    return made
