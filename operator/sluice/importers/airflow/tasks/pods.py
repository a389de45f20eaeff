"""KubernetesPodOperator, DockerOperator and their like: what the operator says of a pod, as a task says it."""

import shlex
from collections.abc import Callable, Iterator
from typing import Any

from sluice.core import Json
from sluice.importers.airflow.dags.dag import Translation
from sluice.importers.airflow.dags.values import duration, seconds_of
from sluice.importers.airflow.record.recording import RecordedTask
from sluice.importers.airflow.tasks.mapped_pods import expanded
from sluice.importers.airflow.tasks.pod_arguments import KNOWN, MEANINGLESS, OF_POD
from sluice.importers.airflow.texts.holes import InPod, env_entry, in_field, parts_of

_OLD_RESOURCES = {
    "request_cpu": ("requests", "cpu"),
    "request_memory": ("requests", "memory"),
    "limit_cpu": ("limits", "cpu"),
    "limit_memory": ("limits", "memory"),
}


def pod(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    items = expanded(task) if task.mapped else ({}, {})
    said = task.fields | (items[0] if items else {})

    def text(value: Any) -> str:
        try:
            return in_field(parts_of(value, marks), dag)
        except InPod as reason:
            dag.lose(task, "a template", f"left as it is: {reason}", left=True)
            return str(value["text"]) if isinstance(value, dict) and "text" in value else ""

    def variable(name: str, value: Any) -> Json:
        try:
            return env_entry(name, parts_of(value, marks), dag)
        except InPod:
            return {"name": name, "value": text(value)}

    def texts(value: Any) -> list[str]:
        words = shlex.split(value) if isinstance(value, str) else value if isinstance(value, list) else [value]
        return [text(each) for each in words]

    fields: Json = {}
    if said.get("image"):
        fields["image"] = text(said["image"])
    if said.get("cmds") or said.get("entrypoint"):
        fields["command"] = texts(said.get("cmds") or said["entrypoint"])
    if said.get("arguments") or said.get("command"):
        fields["args"] = texts(said.get("arguments") or said["command"])
    if env := _env(said, variable):
        fields["env"] = env
    if env_from := [_model(each) for each in _list(said.get("env_from"))] + _env_from(said):
        fields["envFrom"] = env_from
    if resources := _resources(said):
        fields["resources"] = resources
    _placement(said, fields)
    if do_push := said.get("do_xcom_push"):
        dag.lose(task, f"do_xcom_push={do_push}", "write one JSON object to $SLUICE_OUTPUTS instead of return.json")
    if dag.handed_on[task.id]:
        fields["outputs"] = dag.handed_on[task.id]
    if startup := seconds_of(said.get("startup_timeout_seconds")):
        fields["pendingTimeout"] = duration(startup)
    known = KNOWN | MEANINGLESS
    if unknown := sorted(name for name, value in said.items() if value and name not in known):
        dag.lose(task, ", ".join(unknown), "left out; `podTemplate` takes what a pod can say")
    if items is None:
        instead = f"the items are not known, or of several shapes; fill in the image {fields.get('image')}, and $(item)"
        dag.lose(task, f"expand of {task.operator}", instead, left=True)
        fields["image"] = ""
    return fields | (items[1] if items else {})


def override(said: Any) -> Json | None:
    """The `podTemplate`, and the `image`, of `executor_config={"pod_override": V1Pod(...)}`; None for anything else.
    Airflow calls the task's container `base`.
    """
    pod = said.get("pod_override") if isinstance(said, dict) and set(said) == {"pod_override"} else None
    if not isinstance(pod, dict) or pod.get("$k8s") != "V1Pod" or any("$unknown" in text for text in _keys(pod)):
        return None
    model: Json = _model(pod)
    template = {name: model[name] for name in ("metadata", "spec") if isinstance(model.get(name), dict)}
    if "metadata" in template:  # its name and its namespace are the operator's
        metadata = template.pop("metadata")
        kept = {name: metadata[name] for name in ("labels", "annotations") if name in metadata}
        template = {**({"metadata": kept} if kept else {}), **template}
    fields: Json = {"podTemplate": template} if template else {}
    for container in _list(template.get("spec", {}).get("containers")):
        if isinstance(container, dict) and container.get("name") == "base":
            container["name"] = "main"
            fields |= {"image": container.pop("image")} if "image" in container else {}
    return fields


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _keys(each)


def _env(said: Json, variable: Callable[[str, Any], Json]) -> list[Json]:
    found: list[Json] = []
    for name in ("env_vars", "environment", "private_environment"):
        given = said.get(name)
        if isinstance(given, dict) and "$unknown" not in given:
            found += [variable(key, value) for key, value in given.items()]
        for each in _list(given):
            model = _model(each)
            has_value = "value" in model and isinstance(model.get("name"), str)
            found.append(variable(model["name"], model["value"]) if has_value else model)
    for secret in _list(said.get("secrets")):
        fields = _fields(secret)
        if fields.get("deploy_type") == "env" and fields.get("deploy_target"):
            source = {"name": fields.get("secret"), "key": fields.get("key")}
            found.append({"name": fields["deploy_target"], "valueFrom": {"secretKeyRef": source}})
    return found


def _env_from(said: Json) -> list[Json]:
    maps = [{"configMapRef": {"name": name}} for name in _list(said.get("configmaps")) if isinstance(name, str)]
    secrets = [_fields(each) for each in _list(said.get("secrets"))]
    return maps + [
        {"secretRef": {"name": each.get("secret")}}
        for each in secrets
        if each.get("deploy_type") == "env" and not each.get("deploy_target")
    ]


def _resources(said: Json) -> Json:
    given = said.get("container_resources") or said.get("resources")
    if isinstance(given, dict) and "$k8s" in given:
        model = _model(given)
        return {name: model[name] for name in ("requests", "limits") if model.get(name)}
    found: Json = {}
    for name, (kind, resource) in _OLD_RESOURCES.items():
        if isinstance(given, dict) and given.get(name):
            found.setdefault(kind, {})[resource] = given[name]
    if isinstance(said.get("mem_limit"), str):
        found.setdefault("limits", {})["memory"] = said["mem_limit"]
    return found


def _placement(said: Json, fields: Json) -> None:
    selector = said.get("node_selector") or said.get("node_selectors")
    if isinstance(selector, dict) and selector:
        fields["nodeSelector"] = selector
    if tolerations := [_model(each) for each in _list(said.get("tolerations"))]:
        fields["tolerations"] = tolerations
    if isinstance(said.get("service_account_name"), str):
        fields["serviceAccountName"] = said["service_account_name"]
    mounts = [_model(each) for each in _list(said.get("volume_mounts"))]
    volumes = [_model(each) for each in _list(said.get("volumes"))]
    for secret in map(_fields, _list(said.get("secrets"))):
        if secret.get("deploy_type") == "volume":
            name = str(secret.get("secret"))
            volumes.append({"name": name, "secret": {"secretName": name}})
            mounts.append({"name": name, "mountPath": secret.get("deploy_target"), "readOnly": True})
    if volumes:
        fields["volumes"] = volumes
    if mounts:
        fields["volumeMounts"] = mounts
    template: Json = {}
    metadata = {
        name: said[name] for name in ("labels", "annotations") if isinstance(said.get(name), dict) and said[name]
    }
    if metadata:
        template["metadata"] = metadata
    spec: Json = {field: _model(said[name]) for name, field in OF_POD.items() if said.get(name)}
    if said.get("affinity"):
        spec["affinity"] = _model(said["affinity"])
    if pull_secrets := [
        _model(each) if isinstance(each, dict) else {"name": each} for each in _list(said.get("image_pull_secrets"))
    ]:
        spec["imagePullSecrets"] = pull_secrets
    if said.get("security_context"):
        spec["securityContext"] = _model(said["security_context"])
    pull_policy = said.get("image_pull_policy") or ("Always" if said.get("force_pull") else None)
    if pull_policy or said.get("container_security_context"):
        main: Json = {"name": "main"}
        if pull_policy:
            main["imagePullPolicy"] = pull_policy
        if said.get("container_security_context"):
            main["securityContext"] = _model(said["container_security_context"])
        spec["containers"] = [main]
    if spec:
        template["spec"] = spec
    if template:
        fields["podTemplate"] = template


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _fields(value: Any) -> Json:
    """Of an object of airflow's own: `Secret("env", "NAME", "secret", "key")`."""
    found = value.get("fields") if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _model(value: Any) -> Any:
    """A Kubernetes object in the manifest's spelling, from the client's models or a map."""
    if isinstance(value, dict):
        fields = value["fields"] if "$k8s" in value and isinstance(value.get("fields"), dict) else value
        return {_camel(name): _model(each) for name, each in fields.items() if each is not None}
    return [_model(each) for each in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    if "_" not in name.strip("_") or "/" in name:
        return name
    first, *rest = name.strip("_").split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
