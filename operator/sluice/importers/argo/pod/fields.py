"""What a template says of its pod: the fields that tasks have, and all else as a `podTemplate`."""

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sluice.core import Json
from sluice.core.base.merge import merge
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.documents.text import Resolve, filled
from sluice.importers.argo.pod.environment import FILLED_BY_KUBELET, Left, Reading, beside, environment_beside, of_run

OF_TASK = ("nodeSelector", "tolerations", "serviceAccountName")
OF_POD = (
    *("affinity", "schedulerName", "priorityClassName", "priority", "hostAliases", "securityContext"),
    *("automountServiceAccountToken", "dnsPolicy", "dnsConfig", "hostNetwork", "imagePullSecrets"),
)
_BARE = re.compile(r"[:,\[]\s*\$\((?:tasks|params|item)\b")  # not in quotes, so it may be a map
_LISTS = ("env", "envFrom", "volumeMounts")
_OF_PROGRAM = ("name", "command", "args", "source", "dependencies", "image", "resources", *_LISTS)


def pod_fields(template: Map, resolve: Resolve, left: Left) -> Json:
    """Of a template, or of the spec of a workflow. Raises what `resolve` does."""
    in_beside, resolve = beside(resolve, template.line, left), of_run(resolve, template.line, left)
    fields: Json = {key: filled(template[key], resolve) for key in OF_TASK if template.get(key)}
    pod: Json = {key: filled(template[key], resolve) for key in OF_POD if template.get(key) is not None}
    if template.text("podPriorityClassName"):
        pod["priorityClassName"] = template.text("podPriorityClassName")
    mounts = next(
        (template.map(kind).get("volumeMounts") for kind in ("container", "script") if kind in template), None
    )
    for key, name in (("initContainers", "initContainers"), ("sidecars", "containers")):
        if template.maps(key):
            pod[name] = [_beside(each, mounts, in_beside, resolve) for each in template.maps(key)]
    metadata = filled(template.map("metadata") or template.map("podMetadata"), resolve)
    metadata = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    if patch := template.text("podSpecPatch"):
        try:
            pod = merge(pod, _patch(patch, resolve))
        except ValueError as error:
            left(template.line_of("podSpecPatch"), str(error), "left out")
    template_of_pod = {**({"metadata": metadata} if metadata else {}), **({"spec": pod} if pod else {})}
    return {**fields, **({"podTemplate": template_of_pod} if template_of_pod else {})}


def container_fields(container: Map, in_env: Resolve, resolve: Resolve) -> Json:
    """Of a `container` or `script`, without its program. Raises what the two do."""
    ways = {"env": in_env}
    fields: Json = {key: filled(container.maps(key), ways.get(key, resolve)) for key in _LISTS if container.maps(key)}
    fields |= {"image": filled(container.text("image"), resolve)} if container.text("image") else {}
    fields |= {"resources": filled(container.map("resources"), resolve)} if container.map("resources") else {}
    if "env" in fields:
        fields["env"] = [{**each, "value": _text(each["value"])} if "value" in each else each for each in fields["env"]]
    others = {key: filled(value, resolve) for key, value in container.items() if key not in _OF_PROGRAM and value}
    if others:
        fields["podTemplate"] = {"spec": {"containers": [{"name": "main", **others}]}}
    return fields


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else "" if value is None else str(value)


def _beside(container: Map, mounts: Any, in_container: Resolve, resolve: Resolve) -> Json:
    reading = Reading(in_container)
    made: Json = {
        key: filled(value, reading.resolve if key in FILLED_BY_KUBELET else resolve) for key, value in container.items()
    }
    if env := environment_beside(reading.refs):
        made["env"] = [*env, *(made.get("env") or ())]
    if made.pop("mirrorVolumeMounts", False) and isinstance(mounts, list):
        made["volumeMounts"] = [*made.get("volumeMounts", []), *filled(mounts, resolve)]
    return made


def _patch(text: str, resolve: Resolve) -> Json:
    """A podSpecPatch, in which the container `main` may be named. Raises ValueError."""
    written = filled(text, resolve)
    if _BARE.search(written):
        raise ValueError("a podSpecPatch with values that are no texts")
    try:
        patch = YAML(typ="safe").load(written)
    except YAMLError as error:
        raise ValueError("podSpecPatch is no YAML") from error
    if not isinstance(patch, dict):
        raise ValueError("podSpecPatch is no map")  # noqa: TRY004  # as above
    return patch


def merged(below: Json, above: Json) -> Json:
    """Fields of a task over others; a podTemplate's lists are merged by name, as in the pod itself."""
    made = {**below, **above}
    if "podTemplate" in below and "podTemplate" in above:
        made["podTemplate"] = merge(below["podTemplate"], above["podTemplate"])
    return made
